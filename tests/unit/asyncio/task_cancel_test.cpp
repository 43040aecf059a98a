// SPDX-License-Identifier: BSL-1.0
#include <stdexcept>
#include <string>
#include <vector>

#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/semaphore.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "support/async_test.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::outcome_of;

namespace {

Async<int> sleep_then(Clock::duration delay, int value) {
  co_await sleep(delay);
  co_return value;
}

/// Catches the first cancellation and then goes on for a second.
Async<int> catch_once(int value) {
  try {
    co_await sleep(100s);
  } catch (const Cancelled&) {
  }
  co_await sleep(1s);
  co_return value;
}

Async<int> await_task(Task<int> task) {
  const int value = co_await task;
  co_return value;
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE("cancel: ends the innermost await with Cancelled (test_cancel)") {
  Task<int> task = create_task(sleep_then(10s, 1));
  co_await sleep(1s);
  CHECK(task.cancel());
  CHECK_FALSE(task.done());
  CHECK(task.cancelling() == 1);
  const auto before = EventLoop::current().time();
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(user)");
  CHECK(task.done());
  CHECK(task.cancelled());
  CHECK(EventLoop::current().time() == before);
  CHECK_FALSE(task.cancel());  // done already
}

ASYNC_TEST_CASE("cancel: carries its reason to the task (test_cancel_with_message_then_future_exception)") {
  for (const CancelReason reason : {CancelReason::User, CancelReason::Deadline, CancelReason::Disconnect,
                                    CancelReason::Overload, CancelReason::Shutdown}) {
    Task<int> task = create_task(sleep_then(10s, 1));
    co_await sleep(0s);
    task.cancel(reason);
    const std::string outcome = co_await outcome_of(task);
    CHECK(outcome == std::string("Cancelled(") + to_string(reason) + ")");
  }
}

ASYNC_TEST_CASE(
    "cancel: before the first step, the body is never entered "
    "(test_cancel_with_message_before_starting_task)") {
  bool entered = false;
  auto token = std::make_shared<int>(0);
  auto body = [&entered](std::shared_ptr<int>) -> Async<void> {
    entered = true;
    co_return;
  };
  Task<void> task = create_task(body(token));
  task.cancel(CancelReason::Disconnect);
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(disconnect)");
  CHECK_FALSE(entered);
  CHECK(token.use_count() == 1);
}

ASYNC_TEST_CASE("cancel: of the current task is delivered at its next await (test_cancel_current_task)") {
  std::string log;
  auto body = [&log]() -> Async<void> {
    current_task()->cancel();
    log += "goes on, ";
    const std::string outcome = co_await outcome_of(sleep(100s));
    log += outcome;
    current_task()->cancel();
    co_await sleep(0s);
  };
  Task<void> task = create_task(body());
  const std::string outcome = co_await outcome_of(task);
  CHECK(log == "goes on, Cancelled(user)");
  CHECK(outcome == "Cancelled(user)");
}

ASYNC_TEST_CASE("cancel: of a task that then returns without an await: the result stands (unlike test_cancel_at_end)") {
  auto body = []() -> Async<int> {
    current_task()->cancel();
    co_return 12;
  };
  Task<int> task = create_task(body());
  const int value = co_await task;
  CHECK(value == 12);
  CHECK_FALSE(task.cancelled());
  CHECK(task.cancelling() == 1);
}

ASYNC_TEST_CASE("cancel: caught and not rethrown, the task goes on and may await (test_cancel_task_catching)") {
  Task<int> task = create_task(catch_once(42));
  co_await sleep(1s);
  const auto began = EventLoop::current().time();
  task.cancel();
  const int value = co_await task;
  CHECK(value == 42);
  CHECK(EventLoop::current().time() - began == 1s);
  CHECK_FALSE(task.cancelled());
  CHECK(task.cancelling() == 1);
}

ASYNC_TEST_CASE("cancel: a second one interrupts the cleanup after the first (test_cancel_task_ignoring)") {
  Task<int> task = create_task(catch_once(42));
  co_await sleep(1s);
  task.cancel();
  co_await sleep(1ms);
  task.cancel();
  CHECK(task.cancelling() == 2);
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(user)");
}

ASYNC_TEST_CASE("cancel: several before the task runs again are delivered as one") {
  Task<int> task = create_task(catch_once(42));
  co_await sleep(1s);
  task.cancel();
  task.cancel();
  task.cancel(CancelReason::Shutdown);
  CHECK(task.cancelling() == 3);
  const int value = co_await task;  // the cleanup was not interrupted
  CHECK(value == 42);
  Task<int> unstarted = create_task(sleep_then(1s, 1));
  unstarted.cancel();
  unstarted.cancel();
  const std::string outcome = co_await outcome_of(unstarted);
  CHECK(outcome == "Cancelled(user)");
}

ASYNC_TEST_CASE("cancel: another error during the cleanup is the task's error (test_baseexception_during_cancel)") {
  auto body = []() -> Async<void> {
    try {
      co_await sleep(10s);
    } catch (const Cancelled&) {
      throw std::runtime_error("cleanup failed");
    }
  };
  Task<void> task = create_task(body());
  co_await sleep(0s);
  task.cancel();
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "error: cleanup failed");
  CHECK_FALSE(task.cancelled());
}

ASYNC_TEST_CASE("cancel: of a task that awaits another cancels that one (test_cancel_awaited_task)") {
  Task<int> inner = create_task(sleep_then(10s, 1));
  Task<int> outer = create_task(await_task(inner));
  co_await sleep(1s);
  outer.cancel(CancelReason::Disconnect);
  CHECK(inner.cancelling() == 1);
  const std::string outcome = co_await outcome_of(outer);
  CHECK(outcome == "Cancelled(disconnect)");
  CHECK(inner.cancelled());
  CHECK(outer.cancelled());
}

ASYNC_TEST_CASE("cancel: of both the task and the one it awaits (test_cancel_both_task_and_inner_future)") {
  Task<int> inner = create_task(sleep_then(10s, 1));
  Task<int> outer = create_task(await_task(inner));
  co_await sleep(1s);
  inner.cancel();
  outer.cancel();
  const std::string outcome = co_await outcome_of(outer);
  CHECK(outcome == "Cancelled(user)");
  CHECK(inner.cancelled());
}

ASYNC_TEST_CASE(
    "cancel: of only the awaited task throws Cancelled in the awaiting one, which is not cancelled "
    "(test_cancel_inner_future)") {
  Task<int> inner = create_task(sleep_then(10s, 1));
  std::string log;
  auto body = [&]() -> Async<void> {
    log = co_await outcome_of(inner);
    co_await sleep(1s);
    log += ", goes on";
  };
  Task<void> outer = create_task(body());
  co_await sleep(1s);
  inner.cancel();
  co_await outer;
  CHECK(log == "Cancelled(user), goes on");
  CHECK(outer.cancelling() == 0);
}

ASYNC_TEST_CASE("cancel: an awaited task that swallows it gives its result to the cancelled one") {
  Task<int> inner = create_task(catch_once(7));
  Task<int> outer = create_task(await_task(inner));
  co_await sleep(1s);
  outer.cancel();
  const int value = co_await outer;
  CHECK(value == 7);
}

ASYNC_TEST_CASE("cancel: waits for the cleanup of the awaited task") {
  bool cleaned_up = false;
  auto body = [&cleaned_up]() -> Async<int> {
    const std::string outcome = co_await outcome_of(sleep(10s));
    co_await sleep(3s);
    cleaned_up = outcome == "Cancelled(user)";
    throw Cancelled();
  };
  Task<int> inner = create_task(body());
  Task<int> outer = create_task(await_task(inner));
  co_await sleep(1s);
  outer.cancel();
  const std::string outcome = co_await outcome_of(outer);
  CHECK(outcome == "Cancelled(user)");
  CHECK(cleaned_up);
}

ASYNC_TEST_CASE("cancel: pending when a task is awaited, it goes to that task") {
  Task<int> inner = create_task(sleep_then(10s, 1));
  auto body = [&inner]() -> Async<std::string> {
    current_task()->cancel();
    std::string outcome = co_await outcome_of(inner);
    co_return outcome;
  };
  co_await sleep(1s);
  Task<std::string> outer = create_task(body());
  const std::string outcome = co_await outer;
  CHECK(outcome == "Cancelled(user)");
  CHECK(inner.cancelled());
}

ASYNC_TEST_CASE("cancel: forwarded to a task that ends before it can be delivered, it is thrown at the next await") {
  Semaphore gate(0);
  auto body = [&gate]() -> Async<int> {
    const Permit permit = co_await gate.acquire();
    co_return 5;
  };
  Task<int> inner = create_task(body());
  std::vector<std::string> log;
  auto waiting = [&]() -> Async<void> {
    const int value = co_await inner;
    log.push_back(std::to_string(value));
    log.push_back(co_await outcome_of(sleep(1s)));
  };
  Task<void> outer = create_task(waiting());
  co_await sleep(1s);
  gate.release();  // the inner task has its permit and is about to return
  outer.cancel();
  co_await outer;
  CHECK(log == std::vector<std::string>{"5", "Cancelled(user)"});
}

ASYNC_TEST_CASE("cancel: when the awaited task is done but the awaiting one has not run, comes at the next await") {
  Task<int> inner = create_task(sleep_then(1s, 5));
  std::vector<std::string> log;
  auto waiting = [&]() -> Async<void> {
    const int value = co_await inner;
    log.push_back(std::to_string(value));
    log.push_back(co_await outcome_of(sleep(1s)));
  };
  Task<void> outer = create_task(waiting());
  auto canceller = [&]() -> Async<void> {
    co_await inner;
    outer.cancel();
  };
  co_await sleep(0s);
  Task<void> first = create_task(canceller());
  co_await sleep(0s);
  co_await outer;
  CHECK(log == std::vector<std::string>{"5", "Cancelled(user)"});
}

ASYNC_TEST_CASE("cancel: passes down a chain of 50,000 tasks that await one another, without recursion") {
  std::vector<Task<int>> tasks;
  tasks.push_back(create_task(sleep_then(1000s, 0)));
  for (int i = 0; i < 100'000; ++i)
    tasks.push_back(create_task(await_task(tasks.back())));
  co_await sleep(1s);
  tasks.back().cancel();
  CHECK(tasks.front().cancelling() == 1);
  const std::string outcome = co_await outcome_of(tasks.back());
  CHECK(outcome == "Cancelled(user)");
  CHECK(tasks.front().cancelled());
}

ASYNC_TEST_CASE("cancel: reaches a task that two cancelled ones await, once") {
  Task<int> shared = create_task(sleep_then(1000s, 0));
  auto both = [&]() -> Async<void> { co_await gather(await_task(shared), await_task(shared)); };
  Task<void> task = create_task(both());
  co_await sleep(1s);
  task.cancel();
  CHECK(shared.cancelling() == 1);
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(user)");
  CHECK(shared.cancelled());
}

TEST_SUITE_END();
