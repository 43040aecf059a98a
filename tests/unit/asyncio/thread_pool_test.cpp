// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/thread_pool.hpp"

#include <atomic>
#include <limits>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "coroute/asyncio/run.hpp"
#include "coroute/asyncio/sleep.hpp"
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

ASYNC_TEST_CASE("to_thread: gives the function's result, from another thread (test_to_thread)") {
  const int sum = co_await to_thread(add, 40, 2);
  CHECK(sum == 42);
  const std::thread::id here = std::this_thread::get_id();
  const std::thread::id there = co_await to_thread([] { return std::this_thread::get_id(); });
  CHECK(there != here);
  CHECK(std::this_thread::get_id() == here);
  CHECK(EventLoop::current_or_null() != nullptr);
}

ASYNC_TEST_CASE("to_thread: throws the function's error (test_to_thread_exception)") {
  auto fail = [](const std::string& text) -> int { throw std::runtime_error(text); };
  const std::string outcome = co_await outcome_of(to_thread(fail, std::string("from the thread")));
  CHECK(outcome == "error: from the thread");
}

ASYNC_TEST_CASE("to_thread: calls the function once, without a result too (test_to_thread_once)") {
  std::atomic<int> calls{0};
  auto count = [&calls] { ++calls; };
  co_await to_thread(count);
  CHECK(calls == 1);
}

ASYNC_TEST_CASE(
    "to_thread: arguments are moved in, references go by std::ref, results may be move-only "
    "(test_to_thread_args_kwargs)") {
  auto take = [](MoveOnly owned, std::string& text) {
    text += "!";
    return MoveOnly(*owned.value + 1);
  };
  std::string text = "seen";
  MoveOnly argument(6);
  const MoveOnly result = co_await to_thread(take, std::move(argument), std::ref(text));
  CHECK(*result.value == 7);
  CHECK(text == "seen!");
}

ASYNC_TEST_CASE("to_thread: an lvalue argument is copied, so that the function can't see it change") {
  std::string text = "before";
  auto read = [](const std::string& value) { return value; };
  Async<std::string> call = to_thread(read, text);
  text = "after";
  const std::string seen = co_await std::move(call);
  CHECK(seen == "before");
}

ASYNC_TEST_CASE("to_thread: the loop goes on meanwhile") {
  Blocker blocker;
  Task<void> task = create_task(to_thread(std::ref(blocker)));
  int turns = 0;
  for (; turns < 10; ++turns)
    co_await sleep(0s);
  CHECK_FALSE(task.done());
  blocker.release();
  co_await task;
  CHECK(turns == 10);
}

ASYNC_TEST_CASE("to_thread: in virtual time the clock stands still while the function runs") {
  Blocker blocker;
  const auto began = EventLoop::current().time();
  Task<void> other = create_task(detail::as_async(sleep(1h)));
  Task<void> task = create_task(to_thread(std::ref(blocker)));
  std::thread releaser([&blocker] {
    blocker.wait_started();
    blocker.release();
  });
  co_await task;
  releaser.join();
  CHECK(EventLoop::current().time() == began);
  CHECK_FALSE(other.done());
}

ASYNC_TEST_CASE("thread_pool: as many jobs as can be counted may wait") {
  ThreadPool pool({.name = "unlimited", .threads = 2, .max_queued = std::numeric_limits<std::size_t>::max()});
  Blocker first;
  Blocker second;
  Task<void> a = create_task(to_thread(pool, std::ref(first)));
  Task<void> b = create_task(to_thread(pool, std::ref(second)));
  Task<int> c = create_task(to_thread(pool, &add, 1, 2));
  co_await sleep(0s);
  first.release();
  second.release();
  const std::string outcome = co_await outcome_of(gather(a, b));
  CHECK(outcome == "returned");
  const int sum = co_await c;
  CHECK(sum == 3);
}

ASYNC_TEST_CASE("thread_pool: shows its name, limits and what runs and waits") {
  ThreadPool pool({.name = "disk", .threads = 2, .max_queued = 3});
  CHECK(pool.name() == "disk");
  CHECK(pool.max_threads() == 2);
  CHECK(pool.max_queued() == 3);
  CHECK(pool.running() == 0);
  CHECK(pool.queued() == 0);
  Blocker first;
  Blocker second;
  Blocker third;
  Task<void> a = create_task(to_thread(pool, std::ref(first)));
  Task<void> b = create_task(to_thread(pool, std::ref(second)));
  Task<void> c = create_task(to_thread(pool, std::ref(third)));
  co_await sleep(0s);
  first.wait_started();
  second.wait_started();
  CHECK(pool.running() == 2);
  CHECK(pool.queued() == 1);
  third.release();
  first.release();
  co_await c;
  second.release();
  co_await a;
  co_await b;
  CHECK(pool.running() == 0);
  CHECK(pool.queued() == 0);
}

ASYNC_TEST_CASE("thread_pool: one job more than may wait is refused with ThreadPoolFull and never runs") {
  for (const std::size_t max_queued : {std::size_t{0}, std::size_t{1}, std::size_t{3}}) {
    ThreadPool pool({.name = "small", .threads = 2, .max_queued = max_queued});
    std::vector<std::unique_ptr<Blocker>> blockers;
    std::vector<Task<void>> tasks;
    for (std::size_t i = 0; i < 2 + max_queued; ++i) {  // one below and at the limit
      blockers.push_back(std::make_unique<Blocker>());
      tasks.push_back(create_task(to_thread(pool, std::ref(*blockers.back()))));
    }
    co_await sleep(0s);
    std::atomic<bool> ran{false};
    auto extra = [&ran] { ran = true; };
    const std::string refused = co_await outcome_of(to_thread(pool, extra));
    CHECK(refused == "ThreadPoolFull: thread pool 'small': all 2 threads are busy and " + std::to_string(max_queued) +
                         " jobs wait already");
    for (const auto& blocker : blockers)
      blocker->release();
    for (const Task<void>& task : tasks)
      co_await task;
    CHECK_FALSE(ran);
    co_await to_thread(pool, extra);
    CHECK(ran);
  }
}

ASYNC_TEST_CASE("thread_pool: without a queue, one call after the other is never refused") {
  ThreadPool pool({.name = "one", .threads = 1, .max_queued = 0});
  int sum = 0;
  for (int i = 0; i < 500; ++i)
    sum += co_await to_thread(pool, add, i, 1);
  CHECK(sum == 499 * 500 / 2 + 500);
}

ASYNC_TEST_CASE("thread_pool: a refused call leaves the task able to be cancelled and to wait") {
  ThreadPool pool({.name = "none", .threads = 1, .max_queued = 0});
  Blocker blocker;
  Task<void> busy = create_task(to_thread(pool, std::ref(blocker)));
  co_await sleep(0s);
  std::vector<std::string> log;
  auto body = [&]() -> Async<void> {
    log.push_back((co_await outcome_of(to_thread(pool, add, 1, 2))).substr(0, 14));
    current_task()->cancel();
    log.push_back(co_await outcome_of(sleep(1s)));
  };
  Task<void> task = create_task(body());
  co_await task;
  CHECK(log == std::vector<std::string>{"ThreadPoolFull", "Cancelled(user)"});
  blocker.release();
  co_await busy;
}

ASYNC_TEST_CASE("thread_pool: uses no more threads than it may, and no more than are needed") {
  ThreadPool pool({.name = "three", .threads = 3, .max_queued = 100});
  std::mutex mutex;
  std::set<std::thread::id> ids;
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  auto work = [&] {
    const int now = ++inside;
    int seen = most;
    while (now > seen && !most.compare_exchange_weak(seen, now)) {
    }
    {
      const std::lock_guard lock(mutex);
      ids.insert(std::this_thread::get_id());
    }
    --inside;
  };
  co_await to_thread(pool, work);
  co_await to_thread(pool, work);
  CHECK(ids.size() == 1);
  std::vector<Async<void>> calls;
  for (int i = 0; i < 90; ++i)
    calls.push_back(to_thread(pool, work));
  co_await gather(std::move(calls));
  CHECK(most <= 3);
  CHECK(ids.size() <= 3);
}

ASYNC_TEST_CASE("to_thread: several at the same time (test_to_thread_concurrent)") {
  std::atomic<int> calls{0};
  auto work = [&calls] { ++calls; };
  std::vector<Async<void>> concurrent;
  for (int i = 0; i < 10; ++i)
    concurrent.push_back(to_thread(work));
  co_await gather(std::move(concurrent));
  CHECK(calls == 10);
}

ASYNC_TEST_CASE(
    "to_thread: the function sees the task's variables, what it sets stays there (test_to_thread_contextvars)") {
  const ContextVar<std::string> variable("variable", "-");
  auto exchange = [&variable](std::string value) {
    std::string seen = variable.get();
    variable.set(value);
    return seen + ", then " + variable.get();
  };
  ThreadPool pool({.name = "one", .threads = 1});
  variable.set("parrot");
  const std::string first = co_await to_thread(pool, exchange, std::string("from the thread"));
  CHECK(first == "parrot, then from the thread");
  const std::string abandonable = co_await to_thread(abandon_on_cancel, pool, exchange, std::string("again"));
  CHECK(abandonable == "parrot, then again");
  CHECK(variable.get() == "parrot");
  auto body = [&]() -> Async<std::string> {
    variable.set("of another task");
    std::string seen = co_await to_thread(pool, exchange, std::string("there"));
    co_return seen;
  };
  const std::string other = co_await create_task(body());
  CHECK(other == "of another task, then there");
}

ASYNC_TEST_CASE("to_thread: no task is current in the function, and no loop") {
  auto look = [] { return !current_task().has_value() && EventLoop::current_or_null() == nullptr; };
  const bool alone = co_await to_thread(look);
  CHECK(alone);
}

TEST_CASE(
    "thread_pool: its destructor runs what is queued to its end, however long that takes "
    "(test_shutdown_default_executor_timeout, which we have no limit for)") {
  std::atomic<int> ran{0};
  struct Job : detail::PoolJob {
    explicit Job(std::atomic<int>& ran) : PoolJob(&step_of), ran(&ran) {}
    static void step_of(detail::Runnable& node) noexcept { ++*static_cast<Job&>(node).ran; }
    std::atomic<int>* ran;
  };
  std::vector<std::unique_ptr<Job>> jobs;
  {
    ThreadPool pool({.name = "ending", .threads = 1, .max_queued = 100});
    for (int i = 0; i < 100; ++i) {
      jobs.push_back(std::make_unique<Job>(ran));
      pool.submit(*jobs.back());
    }
  }
  CHECK(ran == 100);
}

TEST_CASE("thread_pool: the default one has Python's number of threads, and one serves every loop") {
  ThreadPool& pool = ThreadPool::default_pool();
  CHECK(&pool == &ThreadPool::default_pool());
  CHECK(pool.name() == "default");
  CHECK(pool.max_threads() >= 5);
  CHECK(pool.max_threads() <= 32);
  CHECK(pool.max_queued() == 1024);
}

TEST_CASE("thread_pool: serves three loops at the same time") {
  ThreadPool pool({.name = "shared", .threads = 2, .max_queued = 1'000});
  auto main = [&pool]() -> Async<int> {
    int sum = 0;
    for (int i = 0; i < 100; ++i)
      sum += co_await to_thread(pool, add, i, 0);
    co_return sum;
  };
  std::vector<int> sums(3);
  std::vector<std::thread> threads;
  for (int& sum : sums)
    threads.emplace_back([&sum, &main] { sum = run(main()); });
  for (std::thread& thread : threads)
    thread.join();
  CHECK(sums == std::vector<int>{4'950, 4'950, 4'950});
}

TEST_CASE("to_thread: another pool may become the default one (test_set_default_executor)") {
  ThreadPool mine({.name = "mine", .threads = 1, .max_queued = 1});
  ThreadPool::set_default_pool(&mine);
  auto main = [&]() -> Async<std::size_t> {
    auto running = [&] { return mine.running(); };
    co_return co_await to_thread(running);
  };
  const std::size_t inside = run(main());
  ThreadPool::set_default_pool(nullptr);
  CHECK(inside == 1);
  CHECK(ThreadPool::default_pool().name() == "default");
}

TEST_SUITE_END();
