// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/as_completed.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/semaphore.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "support/async_test.hpp"
#include "support/delayed.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::fail_after;
using coroute::testing::give_after;
using coroute::testing::now;
using coroute::testing::outcome_of;

namespace {

/// Tasks that end after as many seconds as the numbers say, and give them.
std::vector<Task<int>> tasks_of(std::vector<int> seconds) {
  std::vector<Task<int>> tasks;
  for (const int number : seconds)
    tasks.push_back(create_task(give_after(std::chrono::seconds(number), number)));
  return tasks;
}

/// The name of the step's task, "end", or what the step threw.
template <class T>
Async<std::string> step(detail::NextCompleted<T> next) {
  std::string text = "end";
  try {
    const std::optional<Task<T>> task = co_await next;
    if (task) text = std::to_string(task->result());
  } catch (const TimeoutError&) {
    text = "TimeoutError";
  } catch (const Cancelled&) {
    text = "Cancelled";
  }
  co_return text;
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE("as_completed: in the order in which they end (test_as_completed, test_as_completed_reverse_wait)") {
  const auto began = now();
  std::vector<Async<int>> coroutines;
  for (const int seconds : {3, 1, 2})
    coroutines.push_back(give_after(std::chrono::seconds(seconds), seconds));
  auto finished = as_completed(coroutines);
  std::string order;
  while (auto task = co_await finished.next()) {
    const int value = co_await *task;
    order += std::to_string(value) + "@" + std::to_string((now() - began) / 1s) + " ";
  }
  CHECK(order == "1@1 2@2 3@3 ");
  const std::string after = co_await step(finished.next());
  CHECK(after == "end");
}

ASYNC_TEST_CASE("as_completed: gives the tasks that it was given (test_as_completed_same_tasks_in_as_out)") {
  const std::vector<Task<int>> tasks = tasks_of({2, 1});
  auto finished = as_completed(tasks);
  const std::optional<Task<int>> first = co_await finished.next();
  const std::optional<Task<int>> second = co_await finished.next();
  CHECK(first->id() == tasks[1].id());
  CHECK(second->id() == tasks[0].id());
}

ASYNC_TEST_CASE(
    "as_completed: coroutines begin at once, before the first await (test_as_completed_coroutine_use_running_loop)") {
  const auto began = now();
  std::vector<Async<int>> coroutines;
  coroutines.push_back(give_after(2s, 1));
  auto finished = as_completed(std::move(coroutines));
  co_await sleep(5s);
  const std::string first = co_await step(finished.next());
  CHECK(first == "1");
  CHECK(now() - began == 5s);
}

ASYNC_TEST_CASE("as_completed: failures come as tasks too") {
  std::vector<Task<int>> tasks{create_task(give_after(2s, 2)), create_task(fail_after(1s, "crash"))};
  auto finished = as_completed(tasks);
  const std::optional<Task<int>> first = co_await finished.next();
  REQUIRE(first);
  const std::string outcome = co_await outcome_of(*first);
  CHECK(outcome == "error: crash");
  const std::string second = co_await step(finished.next());
  CHECK(second == "2");
}

ASYNC_TEST_CASE("as_completed: TimeoutError once for each that is late; they run on (test_as_completed_with_timeout)") {
  const auto began = now();
  const std::vector<Task<int>> tasks = tasks_of({1, 5, 6});
  auto finished = as_completed(tasks, 2s);
  std::vector<std::string> steps;
  for (int i = 0; i < 4; ++i)
    steps.push_back(co_await step(finished.next()));
  CHECK(steps == std::vector<std::string>{"1", "TimeoutError", "TimeoutError", "end"});
  CHECK(now() - began == 2s);
  CHECK(tasks[1].cancelling() == 0);
  auto results = co_await gather(tasks);
  CHECK(results == std::vector<int>{1, 5, 6});
}

ASYNC_TEST_CASE("as_completed: the timeout counts from the call; what ended in time is given after it") {
  const std::vector<Task<int>> tasks = tasks_of({1, 10});
  auto finished = as_completed(tasks, 2s);
  co_await sleep(5s);
  std::vector<std::string> steps;
  for (int i = 0; i < 3; ++i)
    steps.push_back(co_await step(finished.next()));
  CHECK(steps == std::vector<std::string>{"1", "TimeoutError", "end"});
}

ASYNC_TEST_CASE(
    "as_completed: a timeout that isn't reached leaves nothing behind (test_as_completed_with_unused_timeout)") {
  auto finished = as_completed(tasks_of({1}), 1h);
  const std::string first = co_await step(finished.next());
  const std::string second = co_await step(finished.next());
  CHECK(first == "1");
  CHECK(second == "end");
}

ASYNC_TEST_CASE("as_completed: dropped with its timer running") {
  const std::vector<Task<int>> tasks = tasks_of({1});
  {
    auto finished = as_completed(tasks, 500ms);
  }
  co_await sleep(2s);
  CHECK(tasks[0].result() == 1);
}

ASYNC_TEST_CASE("as_completed: may be gone on with later (test_as_completed_resume_iterator)") {
  auto finished = as_completed(tasks_of({1, 2, 3, 4}));
  std::string order;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 2; ++i)
      order += co_await step(finished.next()) + " ";
    order += "| ";
    co_await sleep(1s);
  }
  order += co_await step(finished.next());
  CHECK(order == "1 2 | 3 4 | end");
}

ASYNC_TEST_CASE("as_completed: several steps awaited at once get different tasks (test_as_completed_concurrent)") {
  auto finished = as_completed(tasks_of({2, 1}));
  auto steps = co_await gather(step(finished.next()), step(finished.next()), step(finished.next()));
  CHECK(steps == std::tuple<std::string, std::string, std::string>("1", "2", "end"));
}

ASYNC_TEST_CASE("as_completed: all steps that wait get TimeoutError") {
  auto finished = as_completed(tasks_of({1, 10, 11}), 5s);
  auto steps = co_await gather(step(finished.next()), step(finished.next()), step(finished.next()));
  CHECK(steps == std::tuple<std::string, std::string, std::string>("1", "TimeoutError", "TimeoutError"));
  const std::string after = co_await step(finished.next());
  CHECK(after == "end");
}

ASYNC_TEST_CASE("as_completed: the same task twice is given once (test_as_completed_duplicate_coroutines)") {
  const std::vector<Task<int>> tasks = tasks_of({1, 2});
  auto finished = as_completed(std::vector<Task<int>>{tasks[0], tasks[1], tasks[0]});
  std::string order;
  for (int i = 0; i < 3; ++i)
    order += co_await step(finished.next()) + " ";
  CHECK(order == "1 2 end ");
}

ASYNC_TEST_CASE(
    "as_completed: of nothing ends at once; of a used coroutine is refused and begins none "
    "(test_as_completed_invalid_args)") {
  auto none = as_completed(std::vector<Task<int>>{}, 1s);
  const std::string first = co_await step(none.next());
  CHECK(first == "end");
  bool begun = false;
  auto body = [&begun]() -> Async<int> {
    begun = true;
    co_return 1;
  };
  std::vector<Async<int>> coroutines;
  coroutines.push_back(body());
  coroutines.push_back(give_after(0s, 1));
  co_await coroutines[1];
  CHECK_THROWS_AS(as_completed(coroutines), RuntimeError);
  co_await sleep(1s);
  CHECK_FALSE(begun);
}

ASYNC_TEST_CASE("as_completed: those that have ended before come first, in the order given, without suspending") {
  const std::vector<Task<int>> tasks = tasks_of({3, 2, 1});
  co_await sleep(2500ms);
  auto finished = as_completed(tasks);
  bool other_ran = false;
  EventLoop::current().call_soon([&other_ran] { other_ran = true; });
  const std::optional<Task<int>> first = co_await finished.next();
  const std::optional<Task<int>> second = co_await finished.next();
  CHECK_FALSE(other_ran);
  co_await sleep(0s);
  CHECK(other_ran);
  CHECK(first->result() == 2);
  CHECK(second->result() == 1);
  const std::string third = co_await step(finished.next());
  CHECK(third == "3");
}

ASYNC_TEST_CASE("as_completed: a cancelled step loses no task") {
  const std::vector<Task<int>> tasks = tasks_of({5});
  auto finished = as_completed(tasks);
  Task<std::string> waiting = create_task(step(finished.next()));
  co_await sleep(1s);
  const std::string surplus = co_await step(finished.next());
  CHECK(surplus == "end");  // the only one is waited for
  waiting.cancel();
  const std::string cancelled = co_await waiting;
  CHECK(cancelled == "Cancelled");
  CHECK(tasks[0].cancelling() == 0);
  const std::string again = co_await step(finished.next());
  CHECK(again == "5");
}

ASYNC_TEST_CASE("as_completed: cancelled in the step in which its task ended, it gives it and the next await throws") {
  Semaphore gate(0);
  auto pass = [&gate]() -> Async<int> {
    const Permit permit = co_await gate.acquire();
    co_return 1;
  };
  std::vector<Async<int>> coroutines;
  coroutines.push_back(pass());
  auto finished = as_completed(coroutines);
  std::vector<std::string> log;
  auto body = [&]() -> Async<void> {
    log.push_back(co_await step(finished.next()));
    log.push_back(co_await outcome_of(sleep(1s)));
  };
  Task<void> waiting = create_task(body());
  co_await sleep(1s);
  gate.release();
  co_await sleep(0s);
  CHECK_FALSE(waiting.done());
  waiting.cancel();
  co_await waiting;
  CHECK(log == std::vector<std::string>{"1", "Cancelled(user)"});
}

ASYNC_TEST_CASE(
    "as_completed: a long row of finished tasks gives way to others and loses none to a cancellation (fairness)") {
  std::vector<Task<int>> tasks;
  for (int i = 0; i < 1'000; ++i)
    tasks.push_back(create_task(give_after(0s, i)));
  co_await sleep(1s);
  auto finished = as_completed(tasks);
  std::vector<int> order;
  auto drain = [&]() -> Async<void> {
    while (auto task = co_await finished.next())
      order.push_back(task->result());
  };
  Task<void> first = create_task(drain());
  co_await sleep(0s);
  CHECK(order.size() > 1);
  CHECK(order.size() < 1'000);
  first.cancel();  // while it only gives way: it goes on to the next await that has to wait
  co_await outcome_of(first);
  co_await drain();
  bool in_order = order.size() == 1'000;
  for (int i = 0; in_order && i < 1'000; ++i)
    in_order = order[static_cast<std::size_t>(i)] == i;
  CHECK(in_order);
}

ASYNC_TEST_CASE("as_completed: a pending cancellation at a step that has to give way leaves its task to the next one") {
  std::vector<Task<int>> tasks;
  for (int i = 0; i < 1'000; ++i)
    tasks.push_back(create_task(give_after(0s, i)));
  co_await sleep(1s);
  auto finished = as_completed(tasks, 1h);
  std::vector<int> order;
  auto drain = [&]() -> Async<void> {
    current_task()->cancel();
    while (auto task = co_await finished.next())
      order.push_back(task->result());
  };
  const std::string outcome = co_await outcome_of(create_task(drain()));
  CHECK(outcome == "Cancelled(user)");
  CHECK(order.size() < 1'000);
  while (auto task = co_await finished.next())
    order.push_back(task->result());
  bool in_order = order.size() == 1'000;
  for (int i = 0; in_order && i < 1'000; ++i)
    in_order = order[static_cast<std::size_t>(i)] == i;
  CHECK(in_order);
}

ASYNC_TEST_CASE("as_completed: a pending cancellation takes none of the TimeoutErrors") {
  auto finished = as_completed(tasks_of(std::vector<int>(500, 100)), 1s);
  co_await sleep(2s);
  int expired = 0;
  auto drain = [&]() -> Async<void> {
    for (std::string text; text != "end";) {
      text = co_await step(finished.next());
      if (text == "Cancelled") throw Cancelled();
      if (text == "TimeoutError") ++expired;
    }
  };
  auto cancelled = [&]() -> Async<void> {
    current_task()->cancel();
    co_await drain();
  };
  const std::string outcome = co_await outcome_of(create_task(cancelled()));
  CHECK(outcome == "Cancelled(user)");
  CHECK(expired > 0);
  CHECK(expired < 500);
  co_await drain();
  CHECK(expired == 500);
}

ASYNC_TEST_CASE("as_completed: a step goes on when the object is gone") {
  std::optional<AsCompleted<int>> finished = as_completed(tasks_of({2}));
  Task<std::string> waiting = create_task(step(finished->next()));
  co_await sleep(1s);
  finished.reset();
  const std::string text = co_await waiting;
  CHECK(text == "2");
}

ASYNC_TEST_CASE("as_completed: a step under a timeout of its own") {
  auto finished = as_completed(tasks_of({5}));
  const std::string early = co_await outcome_of(timeout(1s, finished.next()));
  CHECK(early == "TimeoutError");
  const std::string later = co_await step(finished.next());
  CHECK(later == "5");
}

ASYNC_TEST_CASE("as_completed: of tasks without a result; a step on another loop is refused") {
  std::vector<Task<void>> tasks{create_task([]() -> Async<void> { co_await sleep(1s); }())};
  auto finished = as_completed(tasks);
  std::string refused;
  std::thread other([&] { refused = run(outcome_of(finished.next())); });
  other.join();
  CHECK(refused == "RuntimeError: an AsCompleted belongs to the loop on which it was made");
  const std::optional<Task<void>> first = co_await finished.next();
  CHECK(first->id() == tasks[0].id());
}

TEST_CASE("as_completed: tasks of another loop") {
  EventLoop other;
  std::thread thread([&other] {
    other.run();
    other.cancel_all_tasks();
  });
  std::vector<Task<int>> tasks{create_task_on(other, give_after(1h, 1)), create_task_on(other, give_after(1ms, 2))};
  auto main = [&]() -> Async<std::string> {
    auto finished = as_completed(tasks);
    std::string text = co_await step(finished.next());
    co_return text;
  };
  CHECK(run(main()) == "2");
  CHECK_FALSE(tasks[0].done());
  other.stop();
  thread.join();
}

TEST_SUITE_END();
