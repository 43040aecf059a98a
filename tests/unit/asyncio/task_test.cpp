// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/task.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "coroute/asyncio/semaphore.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "support/async_test.hpp"
#include "support/delayed.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::give_after;
using coroute::testing::outcome_of;

namespace {

Async<int> fail_after(Clock::duration delay) {
  co_await sleep(delay);
  throw std::runtime_error("failed");
}

Async<std::string> name_of_current() {
  co_return current_task()->name();
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE("task: its body doesn't run inside create_task (test_bare_create_task)") {
  std::string log;
  auto body = [&log]() -> Async<void> {
    log += "body";
    co_return;
  };
  Task<void> task = create_task(body());
  CHECK(log.empty());
  CHECK_FALSE(task.done());
  co_await task;
  CHECK(log == "body");
  CHECK(task.done());
}

ASYNC_TEST_CASE("task: tasks begin in the order in which they were created") {
  std::string log;
  auto body = [&log](char letter) -> Async<void> {
    log += letter;
    co_return;
  };
  std::vector<Task<void>> tasks;
  for (const char letter : std::string("abcde"))
    tasks.push_back(create_task(body(letter)));
  co_await sleep(0s);
  CHECK(log == "abcde");
}

ASYNC_TEST_CASE("task: has a name of its own, or the one it is given (test_bare_create_named_task)") {
  Task<std::string> named = create_task(name_of_current(), "worker");
  Task<std::string> first = create_task(name_of_current());
  Task<std::string> second = create_task(name_of_current());
  const std::string inside = co_await named;
  CHECK(inside == "worker");
  CHECK(named.name() == "worker");
  const std::string first_name = co_await first;
  const std::string second_name = co_await second;
  CHECK(first_name == "Task-" + std::to_string(first.id()));
  CHECK(second_name == "Task-" + std::to_string(second.id()));
  CHECK(first.id() < second.id());
}

TEST_CASE("task: create_task and current_task outside a loop (test_current_task_no_running_loop)") {
  CHECK_FALSE(current_task().has_value());
  CHECK_THROWS_AS(create_task(name_of_current()), RuntimeError);
}

ASYNC_TEST_CASE("task: no task is current in a callback of the loop") {
  bool in_task = true;
  EventLoop::current().call_soon([&in_task] { in_task = current_task().has_value(); });
  co_await sleep(0s);
  CHECK_FALSE(in_task);
}

ASYNC_TEST_CASE("task: the current one is right while tasks interleave (test_current_task_with_interleaving_tasks)") {
  std::vector<std::string> log;
  auto body = [&log]() -> Async<void> {
    for (int i = 0; i < 3; ++i) {
      log.push_back(current_task()->name());
      co_await sleep(0s);
    }
  };
  Task<void> a = create_task(body(), "a");
  Task<void> b = create_task(body(), "b");
  co_await a;
  co_await b;
  CHECK(log == std::vector<std::string>{"a", "b", "a", "b", "a", "b"});
}

ASYNC_TEST_CASE("task: awaiting itself throws RuntimeError (test_task_awaits_on_itself)") {
  std::optional<Task<std::string>> task;
  auto body = [&task]() -> Async<std::string> {
    std::string outcome = "no error";
    try {
      co_await *task;
    } catch (const RuntimeError& error) {
      outcome = error.what();
    }
    co_await sleep(1ms);  // the task is not broken by it
    co_return outcome;
  };
  task = create_task(body(), "narcissus");
  const std::string outcome = co_await *task;
  CHECK(outcome == "task 'narcissus' cannot await itself");
}

ASYNC_TEST_CASE("task: can be awaited by many and again when it is done (test_wait_for_many)") {
  Task<int> task = create_task(give_after(1s, 5));
  auto waiter = [&task]() -> Async<int> {
    const int value = co_await task;
    co_return value;
  };
  Task<int> a = create_task(waiter());
  Task<int> b = create_task(waiter());
  int sum = co_await a;
  sum += co_await b;
  sum += co_await task;
  sum += task.result();
  CHECK(sum == 20);
}

ASYNC_TEST_CASE("task: waiters go on in the order in which they began to wait") {
  Task<int> task = create_task(give_after(1s, 5));
  std::string log;
  auto waiter = [&](char letter) -> Async<void> {
    co_await task;
    log += letter;
  };
  std::vector<Task<void>> waiters;
  for (const char letter : std::string("abcd"))
    waiters.push_back(create_task(waiter(letter)));
  for (const Task<void>& one : waiters)
    co_await one;
  CHECK(log == "abcd");
}

ASYNC_TEST_CASE("task: result and exception of one that is not done throw RuntimeError") {
  Task<int> task = create_task(give_after(1s, 5));
  CHECK_THROWS_WITH_AS(static_cast<void>(task.result()), "the task is not done yet: co_await it", RuntimeError);
  CHECK_THROWS_AS(task.exception(), RuntimeError);
  co_await task;
  CHECK(task.result() == 5);
  CHECK(task.exception() == nullptr);
  CHECK_FALSE(task.cancelled());
}

ASYNC_TEST_CASE("task: of a failed one, await, result and exception give the error, as often as asked") {
  Task<int> task = create_task(fail_after(1s));
  const std::string first = co_await outcome_of(task);
  const std::string second = co_await outcome_of(task);
  CHECK(first == "error: failed");
  CHECK(second == "error: failed");
  CHECK_THROWS_WITH_AS(static_cast<void>(task.result()), "failed", std::runtime_error);
  CHECK(describe_exception(task.exception()) == "failed");
  CHECK_FALSE(task.cancelled());
}

ASYNC_TEST_CASE("task: of a cancelled one, await, result and exception throw Cancelled") {
  Task<int> task = create_task(give_after(1s, 5));
  co_await sleep(0s);
  task.cancel(CancelReason::Overload);
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(overload)");
  CHECK(task.cancelled());
  CHECK_THROWS_AS(static_cast<void>(task.result()), Cancelled);
  CHECK_THROWS_AS(task.exception(), Cancelled);
}

ASYNC_TEST_CASE("task: a result that can only be moved is given once") {
  auto make = []() -> Async<std::unique_ptr<int>> { co_return std::make_unique<int>(6); };
  Task<std::unique_ptr<int>> task = create_task(make());
  const std::unique_ptr<int> owned = co_await task;
  CHECK(*owned == 6);
  CHECK(task.result() == nullptr);
}

ASYNC_TEST_CASE("task: runs on when its last handle is dropped, and frees everything at its end") {
  auto token = std::make_shared<int>(0);
  auto body = [](std::shared_ptr<int> shared) -> Async<std::shared_ptr<int>> {
    co_await sleep(1s);
    ++*shared;
    co_return shared;
  };
  create_task(body(token));
  CHECK(token.use_count() == 2);
  co_await sleep(2s);
  CHECK(*token == 1);
  CHECK(token.use_count() == 1);
}

ASYNC_TEST_CASE("task: one awaited as a temporary gives its result") {
  const int value = co_await create_task(give_after(1s, 3));
  CHECK(value == 3);
}

ASYNC_TEST_CASE("task: its arguments are destroyed at its end, not with the handle") {
  auto token = std::make_shared<int>(0);
  auto body = [](std::shared_ptr<int>) -> Async<void> { co_return; };
  Task<void> task = create_task(body(token));
  co_await task;
  CHECK(token.use_count() == 1);
  CHECK(task.done());
}

ASYNC_TEST_CASE("task: an error of moving its result out is the task's error") {
  struct Throwing {
    Throwing() = default;
    Throwing(Throwing&& other) : moves(other.moves + 1) {
      if (moves > 1) throw std::runtime_error("move failed");
    }
    int moves = 0;
  };
  auto make = []() -> Async<Throwing> { co_return Throwing{}; };
  Task<Throwing> task = create_task(make());
  const std::string outcome = co_await outcome_of(std::move(task));
  CHECK(outcome == "error: move failed");
}

ASYNC_TEST_CASE("task: 100,000 of them, one after the other") {
  long sum = 0;
  auto one = []() -> Async<int> { co_return 1; };
  for (int i = 0; i < 100'000; ++i)
    sum += co_await create_task(one());
  CHECK(sum == 100'000);
  CHECK(EventLoop::current().task_count() == 1);
}

ASYNC_TEST_CASE("task: 10,000 at the same time") {
  std::vector<Task<int>> tasks;
  for (int i = 0; i < 10'000; ++i)
    tasks.push_back(create_task(give_after(std::chrono::milliseconds(i % 7), i)));
  CHECK(EventLoop::current().task_count() == 10'001);
  long sum = 0;
  for (const Task<int>& task : tasks)
    sum += co_await task;
  CHECK(sum == 9'999L * 10'000 / 2);
  CHECK(EventLoop::current().task_count() == 1);
}

ASYNC_TEST_CASE("task: a chain of 10,000 that await one another ends without recursion") {
  std::vector<Task<int>> tasks;
  tasks.push_back(create_task(give_after(1s, 0)));
  auto next = [&tasks](std::size_t before) -> Async<int> {
    const Task<int> earlier = tasks[before];
    const int value = co_await earlier;
    co_return value + 1;
  };
  for (std::size_t i = 0; i < 10'000; ++i)
    tasks.push_back(create_task(next(i)));
  const int value = co_await tasks.back();
  CHECK(value == 10'000);
}

TEST_SUITE_END();
