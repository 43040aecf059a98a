// SPDX-License-Identifier: BSL-1.0
#include <atomic>
#include <latch>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "coroute/asyncio/run.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/thread_pool.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "support/async_test.hpp"
#include "support/blocker.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::Blocker;
using coroute::testing::outcome_of;

namespace {

int add(int a, int b) {
  return a + b;
}

struct MoveOnly {
  explicit MoveOnly(int value) : value(std::make_unique<int>(value)) {}
  std::unique_ptr<int> value;
};

}  // namespace

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE(
    "to_thread: cancelled, it waits for the function; the cancellation comes at the next await "
    "(unlike test_run_in_executor_cancel)") {
  Blocker blocker;
  std::vector<std::string> log;
  auto body = [&]() -> Async<void> {
    log.push_back(co_await outcome_of(to_thread(std::ref(blocker))));
    log.push_back(co_await outcome_of(sleep(1s)));
  };
  Task<void> task = create_task(body());
  co_await sleep(0s);
  blocker.wait_started();
  CHECK(task.cancel());
  co_await sleep(0s);
  co_await sleep(0s);
  CHECK(log.empty());
  blocker.release();
  co_await task;
  CHECK(log == std::vector<std::string>{"returned", "Cancelled(user)"});
}

ASYNC_TEST_CASE("to_thread: a function with a stop_token learns of the cancellation") {
  std::latch started(1);
  auto work = [&started](std::stop_token stop, int step) {
    started.count_down();
    int steps = 0;
    while (!stop.stop_requested()) {
      steps += step;
      std::this_thread::yield();
    }
    return steps >= 0;
  };
  bool stopped = false;
  auto body = [&]() -> Async<void> { stopped = co_await to_thread(work, 1); };
  Task<void> task = create_task(body());
  co_await sleep(0s);
  started.wait();
  task.cancel();
  co_await task;
  CHECK(stopped);
}

ASYNC_TEST_CASE("to_thread: a timeout stops a function with a stop_token, and its result is kept") {
  std::latch started(1);
  auto work = [&started](std::stop_token stop) {
    started.count_down();
    while (!stop.stop_requested())
      std::this_thread::yield();
    return 3;
  };
  auto body = [&](Timeout& limit) -> Async<int> {
    const int value = co_await to_thread(work);
    CHECK(limit.expired());
    co_return value;
  };
  const Task<int> task = create_task(timeout(0s, body));
  EventLoop::current().call_soon([&started] { started.wait(); });  // before it expires, in the next round
  const int value = co_await task;
  CHECK(value == 3);
  CHECK(task.cancelling() == 0);
}

ASYNC_TEST_CASE("to_thread: with a cancellation pending the function is not called") {
  std::atomic<bool> called{false};
  auto work = [&called] { called = true; };
  auto body = [&]() -> Async<void> {
    current_task()->cancel();
    co_await to_thread(work);
  };
  Task<void> task = create_task(body());
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(user)");
  CHECK_FALSE(called);
}

ASYNC_TEST_CASE("to_thread: cancelled while it waits for a thread, it ends at once and is never called") {
  ThreadPool pool({.name = "busy", .threads = 1, .max_queued = 2});
  Blocker blocker;
  std::atomic<int> calls{0};
  auto count = [&calls] { ++calls; };
  const Task<void> busy = create_task(to_thread(pool, std::ref(blocker)));
  co_await sleep(0s);
  blocker.wait_started();
  const Task<void> plain = create_task(to_thread(pool, count));
  const Task<void> abandonable = create_task(to_thread(abandon_on_cancel, pool, count));
  co_await sleep(0s);
  CHECK(pool.queued() == 2);
  const std::string full = co_await outcome_of(to_thread(pool, count));
  CHECK(full.starts_with("ThreadPoolFull"));
  plain.cancel();
  CHECK(pool.queued() == 1);
  const std::string first = co_await outcome_of(plain);
  abandonable.cancel();
  const std::string second = co_await outcome_of(abandonable);
  CHECK(first == "Cancelled(user)");
  CHECK(second == "Cancelled(user)");
  CHECK(pool.queued() == 0);
  const Task<void> next = create_task(to_thread(pool, count));  // there is room again
  co_await sleep(0s);
  blocker.release();
  co_await next;
  co_await busy;
  CHECK(calls == 1);
}

ASYNC_TEST_CASE("to_thread: of 1,000 calls that wait every other one is cancelled, the rest run in order") {
  ThreadPool pool({.name = "busy", .threads = 1, .max_queued = 1'000});
  Blocker blocker;
  std::vector<int> order;
  auto note = [&order](int number) { order.push_back(number); };
  const Task<void> busy = create_task(to_thread(pool, std::ref(blocker)));
  std::vector<Task<void>> tasks;
  for (int i = 0; i < 1'000; ++i)
    tasks.push_back(create_task(to_thread(pool, note, i)));
  co_await sleep(0s);
  blocker.wait_started();
  for (std::size_t i = 0; i < tasks.size(); i += 2)
    tasks[i].cancel();
  CHECK(pool.queued() == 500);
  blocker.release();
  std::vector<int> expected;
  for (int i = 1; i < 1'000; i += 2)
    expected.push_back(i);
  co_await gather(std::move(tasks[1]), std::move(tasks[999]));
  co_await busy;
  CHECK(order == expected);
}

ASYNC_TEST_CASE("to_thread: a timeout ends a call that waits for a thread, at its time") {
  ThreadPool pool({.name = "busy", .threads = 1});
  Blocker blocker;
  const Task<void> busy = create_task(to_thread(pool, std::ref(blocker)));
  co_await sleep(0s);
  const std::string outcome = co_await outcome_of(timeout(0s, to_thread(pool, add, 1, 2)));
  CHECK(outcome == "TimeoutError");
  blocker.release();
  co_await busy;
}

TEST_CASE("to_thread: a task whose function has ended is cancelled after the pool is gone") {
  std::optional<Task<int>> task;
  auto main = [&]() -> Async<void> {
    ThreadPool pool({.name = "short", .threads = 1});
    task = create_task(to_thread(pool, add, 1, 2));
    co_await sleep(0s);
  };
  run(main());
  CHECK(task->result() == 3);
}

ASYNC_TEST_CASE("to_thread, abandon_on_cancel: not cancelled, it is like the other one") {
  auto take = [](MoveOnly owned, const std::string& text) {
    return MoveOnly(*owned.value + static_cast<int>(text.size()));
  };
  auto fail = []() -> int { throw std::runtime_error("from the thread"); };
  auto nothing = [] {};
  const MoveOnly result = co_await to_thread(abandon_on_cancel, take, MoveOnly(4), std::string("abc"));
  CHECK(*result.value == 7);
  const std::string failed = co_await outcome_of(to_thread(abandon_on_cancel, fail));
  CHECK(failed == "error: from the thread");
  co_await to_thread(abandon_on_cancel, nothing);
  ThreadPool none({.name = "none", .threads = 1, .max_queued = 0});
  Blocker blocker;
  const Task<void> busy = create_task(to_thread(none, std::ref(blocker)));
  co_await sleep(0s);
  const std::string full = co_await outcome_of(to_thread(abandon_on_cancel, none, add, 1, 2));
  CHECK(full.starts_with("ThreadPoolFull"));
  blocker.release();
  co_await busy;
}

ASYNC_TEST_CASE(
    "to_thread, abandon_on_cancel: cancelled, it ends at once while the function runs on and keeps what it owns "
    "(test_run_in_executor_cancel)") {
  ThreadPool pool({.name = "abandoning", .threads = 1});
  auto blocker = std::make_shared<Blocker>();
  auto token = std::make_shared<int>(0);
  std::atomic<bool> ended{false};
  auto work = [&ended](std::shared_ptr<Blocker> shared, std::shared_ptr<int> owned) {
    (*shared)();
    ++*owned;
    ended = true;
    return owned;
  };
  const auto began = EventLoop::current().time();
  Task<std::shared_ptr<int>> task = create_task(to_thread(abandon_on_cancel, pool, work, blocker, token));
  co_await sleep(0s);
  blocker->wait_started();
  CHECK(token.use_count() == 2);
  CHECK(task.cancel(CancelReason::Disconnect));
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(disconnect)");
  CHECK_FALSE(ended);
  CHECK(token.use_count() == 2);
  co_await sleep(1h);  // virtual time goes on without it
  CHECK(EventLoop::current().time() - began == 1h);
  blocker->release();
  co_await to_thread(pool, add, 1, 2);  // the pool's only thread is free again
  CHECK(ended);
  while (token.use_count() > 1)
    std::this_thread::yield();
  CHECK(*token == 1);
}

ASYNC_TEST_CASE("to_thread, abandon_on_cancel: the function learns of it by its stop_token") {
  ThreadPool pool({.name = "abandoning", .threads = 1});
  auto started = std::make_shared<std::latch>(1);
  std::atomic<bool> stopped{false};
  auto work = [&stopped](std::stop_token stop, std::shared_ptr<std::latch> shared) {
    shared->count_down();
    while (!stop.stop_requested())
      std::this_thread::yield();
    stopped = true;
  };
  const Task<void> task = create_task(to_thread(abandon_on_cancel, pool, work, started));
  co_await sleep(0s);
  started->wait();
  task.cancel();
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(user)");
  co_await to_thread(pool, add, 1, 2);
  CHECK(stopped);
}

ASYNC_TEST_CASE("to_thread, abandon_on_cancel: an error after it was abandoned goes to the exception handler") {
  std::vector<std::string> reported;
  set_exception_handler([&](const ExceptionContext& context) {
    reported.push_back(context.message + ": " + describe_exception(context.error));
  });
  {
    ThreadPool pool({.name = "abandoning", .threads = 1});
    auto blocker = std::make_shared<Blocker>();
    auto work = [](std::shared_ptr<Blocker> shared) {
      (*shared)();
      throw std::runtime_error("too late");
    };
    const Task<void> task = create_task(to_thread(abandon_on_cancel, pool, work, blocker));
    co_await sleep(0s);
    blocker->wait_started();
    task.cancel();
    const std::string outcome = co_await outcome_of(task);
    CHECK(outcome == "Cancelled(user)");
    blocker->release();
  }
  set_exception_handler({});
  CHECK(reported == std::vector<std::string>{"exception in a function that to_thread had abandoned: too late"});
}

ASYNC_TEST_CASE("to_thread, abandon_on_cancel: a timeout ends the wait though the function goes on") {
  ThreadPool pool({.name = "abandoning", .threads = 1});
  auto blocker = std::make_shared<Blocker>();
  auto work = [](std::shared_ptr<Blocker> shared) { (*shared)(); };
  const Task<void> task = create_task(timeout(0s, to_thread(abandon_on_cancel, pool, work, blocker)));
  EventLoop::current().call_soon([&blocker] { blocker->wait_started(); });  // before it expires, in the next round
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "TimeoutError");
  CHECK(task.cancelling() == 0);
  blocker->release();
}

ASYNC_TEST_CASE("to_thread, abandon_on_cancel: cancelled after the function has ended, its result is kept") {
  ThreadPool pool({.name = "abandoning", .threads = 1});
  std::vector<std::string> log;
  auto body = [&]() -> Async<void> {
    log.push_back(co_await outcome_of(to_thread(abandon_on_cancel, pool, add, 1, 2)));
    log.push_back(co_await outcome_of(sleep(1s)));
  };
  const Task<void> task = create_task(body());
  EventLoop::current().call_soon([&] {
    while (pool.running() + pool.queued() > 0)
      std::this_thread::yield();
    // Another job of the only thread has run: the first one's task has been woken.
    std::latch second(1);
    struct Job : detail::PoolJob {
      explicit Job(std::latch& done) : PoolJob(&step_of), done(&done) {}
      static void step_of(detail::Runnable& node) noexcept { static_cast<Job&>(node).done->count_down(); }
      std::latch* done;
    } job(second);
    pool.submit(job);
    second.wait();
    task.cancel();
  });
  co_await task;
  CHECK(log == std::vector<std::string>{"returned", "Cancelled(user)"});
}

ASYNC_TEST_CASE("to_thread, abandon_on_cancel: with a cancellation pending the function is not called") {
  std::atomic<bool> called{false};
  auto work = [&called] { called = true; };
  ThreadPool pool({.name = "abandoning", .threads = 1});
  auto body = [&]() -> Async<void> {
    current_task()->cancel();
    co_await to_thread(abandon_on_cancel, pool, work);
  };
  const std::string outcome = co_await outcome_of(create_task(body()));
  CHECK(outcome == "Cancelled(user)");
  co_await to_thread(pool, add, 1, 2);
  CHECK_FALSE(called);
}

TEST_CASE("to_thread, abandon_on_cancel: run ends while the function goes on") {
  ThreadPool pool({.name = "abandoning", .threads = 1});
  auto blocker = std::make_shared<Blocker>();
  auto token = std::make_shared<int>(0);
  auto work = [](std::shared_ptr<Blocker> shared, std::shared_ptr<int> owned) {
    (*shared)();
    return owned;
  };
  auto main = [&]() -> Async<AnyTask> {
    Task<std::shared_ptr<int>> task = create_task(to_thread(abandon_on_cancel, pool, work, blocker, token));
    co_await sleep(0s);
    blocker->wait_started();
    co_return task;
  };
  const AnyTask task = run(main());
  CHECK(task.cancelled());
  CHECK(pool.running() == 1);
  CHECK(token.use_count() == 2);
  blocker->release();
  while (token.use_count() > 1)
    std::this_thread::yield();
}

TEST_CASE("to_thread, abandon_on_cancel: cancellations race with the ends of functions, nothing is lost") {
  auto token = std::make_shared<int>(0);
  std::atomic<int> calls{0};
  int returned = 0;
  int cancelled = 0;
  constexpr int rounds = 200;
  constexpr int calls_per_round = 8;
  {
    ThreadPool pool({.name = "racing", .threads = 3, .max_queued = 100});
    auto work = [&calls](std::shared_ptr<int> owned, int spins) {
      for (int i = 0; i < spins; ++i)
        std::this_thread::yield();
      ++calls;
      return owned;
    };
    auto main = [&]() -> Async<void> {
      for (int round = 0; round < rounds; ++round) {
        std::vector<Task<std::shared_ptr<int>>> tasks;
        for (int i = 0; i < calls_per_round; ++i)
          tasks.push_back(create_task(to_thread(abandon_on_cancel, pool, work, token, i % 4)));
        for (int turns = 0; turns < round % 5; ++turns)
          co_await sleep(0s);
        for (const auto& task : tasks)
          task.cancel();
        for (const auto& task : tasks) {
          const std::string outcome = co_await outcome_of(task);
          ++(outcome == "returned" ? returned : cancelled);
        }
      }
      create_task(to_thread(abandon_on_cancel, pool, work, token, 50));  // and one at the end of the loop
      co_await sleep(0s);
    };
    run(main());
  }
  CHECK(returned + cancelled == rounds * calls_per_round);
  CHECK(calls >= returned);
  CHECK(calls <= rounds * calls_per_round + 1);
  CHECK(token.use_count() == 1);
}

TEST_SUITE_END();
