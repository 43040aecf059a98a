// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/wait_for.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "coroute/asyncio/semaphore.hpp"
#include "coroute/asyncio/shield.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "support/async_test.hpp"
#include "support/delayed.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::give_after;
using coroute::testing::now;
using coroute::testing::outcome_of;

namespace {

/// Runs for `duration` whatever cancels it.
Async<void> run_stubbornly(Clock::duration duration, bool& exited) {
  const auto end = now() + duration;
  while (now() < end)
    co_await outcome_of(sleep(end - now()));
  exited = true;
}

/// Sleeps; cleans up for a second when it is cancelled.
Async<int> clean_up_slowly(bool& cleaned_up) {
  std::exception_ptr cancelled;
  try {
    co_await sleep(1h);
  } catch (const Cancelled&) {
    cancelled = std::current_exception();
  }
  co_await sleep(1s);
  cleaned_up = true;
  if (cancelled) std::rethrow_exception(cancelled);
  co_return 1;
}

Async<int> fail_in_cleanup() {
  co_await outcome_of(sleep(1h));
  throw std::runtime_error("cleanup");
}

Async<int> give_in_spite_of_cancel(int value) {
  co_await outcome_of(sleep(1h));
  co_return value;
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE("wait_for: cancelled from outside, it waits for what is inside (test_asyncio_wait_for_cancelled)") {
  const auto began = now();
  bool exited = false;
  Task<std::string> task = create_task(outcome_of(wait_for(run_stubbornly(2s, exited), 4s)));
  co_await sleep(0s);
  task.cancel();
  co_await task;
  CHECK(exited);
  CHECK(now() - began == 2s);
}

ASYNC_TEST_CASE(
    "wait_for: at the limit it waits for what is inside, whose end in spite of it counts "
    "(test_asyncio_wait_for_timeout)") {
  const auto began = now();
  bool exited = false;
  const std::string outcome = co_await outcome_of(wait_for(run_stubbornly(2s, exited), 1s));
  CHECK(outcome == "returned");
  CHECK(exited);
  CHECK(now() - began == 2s);
  CHECK(current_task()->cancelling() == 0);
}

ASYNC_TEST_CASE(
    "wait_for: with a limit of zero or less, a task that is done gives its result "
    "(test_wait_for_timeout_less_then_0_or_0_future_done)") {
  Task<int> done = create_task(give_after(0s, 5));
  co_await done;
  for (const Clock::duration limit : {Clock::duration(0s), Clock::duration(-1s)}) {
    const int value = co_await wait_for(done, limit);
    CHECK(value == 5);
  }
}

ASYNC_TEST_CASE(
    "wait_for: with a limit of zero or less, a coroutine is not begun "
    "(test_wait_for_timeout_less_then_0_or_0_coroutine_do_not_started)") {
  auto token = std::make_shared<int>(0);
  bool begun = false;
  auto body = [&begun](std::shared_ptr<int>) -> Async<int> {
    begun = true;
    co_return 1;
  };
  for (const Clock::duration limit : {Clock::duration(0s), Clock::duration(-1s)}) {
    const std::string outcome = co_await outcome_of(wait_for(body(token), limit));
    CHECK(outcome == "TimeoutError");
  }
  co_await sleep(1s);
  CHECK_FALSE(begun);
  CHECK(token.use_count() == 1);
}

ASYNC_TEST_CASE(
    "wait_for: with a limit of zero or less, a task that runs is cancelled (test_wait_for_timeout_less_then_0_or_0)") {
  for (const Clock::duration limit : {Clock::duration(0s), Clock::duration(-1s)}) {
    const auto began = now();
    Task<int> task = create_task(give_after(10s, 1));
    co_await sleep(0s);
    const std::string outcome = co_await outcome_of(wait_for(task, limit));
    CHECK(outcome == "TimeoutError");
    CHECK(task.cancelled());
    CHECK(now() == began);
    CHECK(current_task()->cancelling() == 0);
  }
}

ASYNC_TEST_CASE("wait_for: with a limit of zero, a task that was not begun never is") {
  bool begun = false;
  auto body = [&begun]() -> Async<int> {
    begun = true;
    co_return 1;
  };
  const std::string outcome = co_await outcome_of(wait_for(create_task(body()), 0s));
  CHECK(outcome == "TimeoutError");
  CHECK_FALSE(begun);
}

ASYNC_TEST_CASE("wait_for: at the limit the task is cancelled (test_wait_for)") {
  const auto began = now();
  Task<int> task = create_task(give_after(10s, 1));
  const std::string outcome = co_await outcome_of(wait_for(task, 100ms));
  CHECK(outcome == "TimeoutError");
  CHECK(task.cancelled());
  CHECK(now() - began == 100ms);
}

ASYNC_TEST_CASE("wait_for: the limit counts from the await") {
  const auto began = now();
  auto waiting = wait_for(sleep(1h), 2s);
  co_await sleep(10s);
  const std::string outcome = co_await outcome_of(std::move(waiting));
  CHECK(outcome == "TimeoutError");
  CHECK(now() - began == 12s);
}

ASYNC_TEST_CASE("wait_for: without a limit (test_wait_for_blocking)") {
  const int value = co_await wait_for(give_after(1h, 3), std::nullopt);
  CHECK(value == 3);
  auto owned = co_await wait_for([]() -> Async<std::unique_ptr<int>> { co_return std::make_unique<int>(4); }(), 1s);
  CHECK(*owned == 4);
}

ASYNC_TEST_CASE("wait_for: what ends in time gives its result (test_wait_for_race_condition)") {
  Semaphore gate(0);
  EventLoop::current().call_later(100ms, [&gate] { gate.release(); });
  const Permit permit = co_await wait_for(gate.acquire(), 200ms);
  CHECK(static_cast<bool>(permit));
}

ASYNC_TEST_CASE(
    "wait_for: a result in spite of the cancellation is the result (test_wait_for_cancellation_race_condition, "
    "test_wait_for_cancel_suppressed)") {
  const int of_coroutine = co_await wait_for(give_in_spite_of_cancel(42), 100ms);
  CHECK(of_coroutine == 42);
  const int of_task = co_await wait_for(create_task(give_in_spite_of_cancel(43)), 100ms);
  CHECK(of_task == 43);
  Task<int> task = create_task(give_in_spite_of_cancel(44));
  co_await sleep(0s);
  const int at_once = co_await wait_for(task, 0s);
  CHECK(at_once == 44);
  const std::string next = co_await outcome_of(sleep(1s));
  CHECK(next == "returned");
}

ASYNC_TEST_CASE("wait_for: waits for the cleanup (test_wait_for_waits_for_task_cancellation)") {
  bool cleaned_up = false;
  const std::string outcome = co_await outcome_of(wait_for(create_task(clean_up_slowly(cleaned_up)), 1ms));
  CHECK(outcome == "TimeoutError");
  CHECK(cleaned_up);
}

ASYNC_TEST_CASE(
    "wait_for: waits for the cleanup with a limit of zero (test_wait_for_waits_for_task_cancellation_w_timeout_0)") {
  bool cleaned_up = false;
  Task<int> task = create_task(clean_up_slowly(cleaned_up));
  co_await sleep(1ms);
  const std::string outcome = co_await outcome_of(wait_for(task, 0s));
  CHECK(outcome == "TimeoutError");
  CHECK(cleaned_up);
}

ASYNC_TEST_CASE("wait_for: an error of the cleanup goes first (test_wait_for_reraises_exception_during_cancellation)") {
  const std::string of_task = co_await outcome_of(wait_for(create_task(fail_in_cleanup()), 1ms));
  CHECK(of_task == "error: cleanup");
  Task<int> task = create_task(fail_in_cleanup());
  co_await sleep(0s);
  const std::string at_once = co_await outcome_of(wait_for(task, 0s));
  CHECK(at_once == "error: cleanup");
  CHECK(current_task()->cancelling() == 0);
}

ASYNC_TEST_CASE("wait_for: cancelled before it begins, it leaves the task alone (test_wait_for_self_cancellation)") {
  auto inner = []() -> Async<int> {
    for (int i = 0; i < 3; ++i)
      co_await outcome_of(sleep(300ms));
    co_return 42;
  };
  Task<int> task = create_task(inner());
  Task<int> waiting = create_task(wait_for(task, 100ms));
  waiting.cancel();
  const std::string outcome = co_await outcome_of(waiting);
  CHECK(outcome == "Cancelled(user)");
  const int value = co_await task;
  CHECK(value == 42);
}

ASYNC_TEST_CASE(
    "wait_for: cancelled from outside, it cancels the task (test_cancel_blocking_wait_for, test_cancel_wait_for)") {
  for (const std::optional<Clock::duration> limit :
       {std::optional<Clock::duration>(), std::optional<Clock::duration>(60s)}) {
    Task<int> task = create_task(give_after(1h, 1));
    Task<int> waiting = create_task(wait_for(task, limit));
    EventLoop::current().call_soon([waiting] { waiting.cancel(); });
    co_await sleep(1s);
    const std::string outcome = co_await outcome_of(waiting);
    CHECK(outcome == "Cancelled(user)");
    CHECK(task.cancelled());
  }
}

ASYNC_TEST_CASE("wait_for: cancelled from outside while it waits after a limit of zero") {
  bool cleaned_up = false;
  Task<int> task = create_task(give_in_spite_of_cancel(1));
  Task<int> slow = create_task(clean_up_slowly(cleaned_up));
  co_await sleep(0s);
  Task<int> waiting = create_task(wait_for(slow, 0s));
  co_await sleep(500ms);
  waiting.cancel(CancelReason::Disconnect);
  const std::string outcome = co_await outcome_of(waiting);
  CHECK(outcome == "Cancelled(disconnect)");
  CHECK(slow.cancelled());
  task.cancel();
}

ASYNC_TEST_CASE(
    "wait_for: cancelled in the step in which the inner one ended, the next await throws (test_wait_for_issue86296)") {
  bool reached_end = false;
  auto inner = []() -> Async<void> { co_return; };
  auto body = [&]() -> Async<void> {
    co_await wait_for(create_task(inner()), 100s);
    co_await sleep(1s);
    reached_end = true;
  };
  Task<void> task = create_task(body());
  co_await sleep(0s);
  CHECK_FALSE(task.done());
  task.cancel();
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(user)");
  CHECK_FALSE(reached_end);
}

ASYNC_TEST_CASE("wait_for: a task that was cancelled by somebody else is no TimeoutError") {
  Task<int> task = create_task(give_after(10s, 1));
  EventLoop::current().call_later(1s, [task] { task.cancel(CancelReason::Overload); });
  const std::string outcome = co_await outcome_of(wait_for(task, 5s));
  CHECK(outcome == "Cancelled(overload)");
  const std::string before = co_await outcome_of(wait_for(task, 0s));  // it is done
  CHECK(before == "Cancelled(overload)");
}

ASYNC_TEST_CASE("wait_for: of the task that awaits it throws RuntimeError and cancels nothing") {
  std::optional<Task<std::string>> self;
  auto body = [&]() -> Async<std::string> { co_return co_await outcome_of(wait_for(*self, 0s)); };
  self = create_task(body(), "snake");
  const std::string outcome = co_await *self;
  CHECK(outcome == "RuntimeError: task 'snake' cannot await itself");
  CHECK(self->cancelling() == 0);
}

ASYNC_TEST_CASE(
    "wait_for: of a shield leaves the task alone (WaitForShieldTests: test_zero_timeout, test_none_timeout, "
    "test_shielded_timeout, test_cancel_wait_for)") {
  Task<int> task = create_task(give_after(100ms, 5));
  const std::string at_once = co_await outcome_of(wait_for(shield(task), 0s));
  CHECK(at_once == "TimeoutError");
  const std::string expired = co_await outcome_of(wait_for(shield(task), 10ms));
  CHECK(expired == "TimeoutError");
  auto body = [&]() -> Async<void> { co_await wait_for(shield(task), 1h); };
  Task<void> waiting = create_task(body());
  co_await sleep(0s);
  waiting.cancel();
  const std::string cancelled = co_await outcome_of(waiting);
  CHECK(cancelled == "Cancelled(user)");
  CHECK_FALSE(task.done());
  CHECK(task.cancelling() == 0);
  const int value = co_await wait_for(shield(task), std::nullopt);
  CHECK(value == 5);
}

TEST_SUITE_END();
