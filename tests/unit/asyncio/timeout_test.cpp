// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/timeout.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "coroute/asyncio/semaphore.hpp"
#include "coroute/asyncio/shield.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "support/async_test.hpp"
#include "support/delayed.hpp"
#include "support/outcome.hpp"
#include "support/timer_call.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::give_after;
using coroute::testing::now;
using coroute::testing::outcome_of;
using coroute::testing::TimerCall;

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE("timeout: an await that lasts longer ends with TimeoutError, at the limit (test_timeout_basic)") {
  const auto began = now();
  const std::string outcome = co_await outcome_of(timeout(10ms, sleep(10s)));
  CHECK(outcome == "TimeoutError");
  CHECK(now() - began == 10ms);
  CHECK(current_task()->cancelling() == 0);
}

ASYNC_TEST_CASE("timeout: an await that ends in time gives its result (test_timeout_not_called)") {
  const int value = co_await timeout(10s, give_after(10ms, 5));
  CHECK(value == 5);
  co_await sleep(20s);  // the limit is gone
  CHECK(current_task()->cancelling() == 0);
}

ASYNC_TEST_CASE("timeout: at the limit it expires, a nanosecond before not") {
  const int in_time = co_await timeout(1s, give_after(1s - 1ns, 5));
  CHECK(in_time == 5);
  const std::string at_limit = co_await outcome_of(timeout(1s, give_after(1s, 5)));
  CHECK(at_limit == "TimeoutError");
  const std::string after = co_await outcome_of(timeout(1s, give_after(1s + 1ns, 5)));
  CHECK(after == "TimeoutError");
}

ASYNC_TEST_CASE("timeout: gives what can only be moved") {
  auto make = []() -> Async<std::unique_ptr<int>> {
    co_await sleep(1ms);
    co_return std::make_unique<int>(3);
  };
  const std::unique_ptr<int> owned = co_await timeout(1s, make());
  CHECK(*owned == 3);
}

ASYNC_TEST_CASE("timeout_at: the limit is a moment, and the body sees it (test_timeout_at_basic)") {
  const auto deadline = now() + 10ms;
  bool expired = false;
  auto body = [&](Timeout& limit) -> Async<void> {
    CHECK(limit.when() == deadline);
    CHECK_FALSE(limit.expired());
    try {
      co_await sleep(10s);
    } catch (const Cancelled& cancelled) {
      expired = limit.expired() && cancelled.reason() == CancelReason::Deadline;
      throw;
    }
  };
  const std::string outcome = co_await outcome_of(timeout_at(deadline, body));
  CHECK(outcome == "TimeoutError");
  CHECK(expired);
  CHECK(now() == deadline);
}

ASYNC_TEST_CASE("timeout_at: nullopt is no limit (test_timeout_disabled, test_timeout_at_disabled)") {
  auto body = [](Timeout& limit) -> Async<int> {
    CHECK_FALSE(limit.when().has_value());
    co_await sleep(1000h);
    CHECK_FALSE(limit.expired());
    co_return 1;
  };
  const int value = co_await timeout_at(std::nullopt, body);
  CHECK(value == 1);
}

ASYNC_TEST_CASE(
    "timeout: zero and the past expire at the next await (test_timeout_zero, test_timeout_zero_sleep_zero, "
    "test_timeout_in_the_past_sleep_zero)") {
  const auto began = now();
  const std::string long_sleep = co_await outcome_of(timeout(0s, sleep(10s)));
  CHECK(long_sleep == "TimeoutError");
  const std::string no_sleep = co_await outcome_of(timeout(0s, sleep(0s)));
  CHECK(no_sleep == "TimeoutError");
  const std::string past = co_await outcome_of(timeout(-11s, sleep(0s)));
  CHECK(past == "TimeoutError");
  CHECK(now() == began);
  CHECK(current_task()->cancelling() == 0);
}

ASYNC_TEST_CASE("timeout: zero lets a body without a wait finish") {
  const int value = co_await timeout(0s, Async<int>::ready(5));
  CHECK(value == 5);
  co_await sleep(1ms);
  CHECK(current_task()->cancelling() == 0);
}

ASYNC_TEST_CASE("timeout: the longest duration there is doesn't overflow") {
  co_await sleep(1s);
  const int value = co_await timeout(Clock::duration::max(), give_after(1000h, 5));
  CHECK(value == 5);
}

ASYNC_TEST_CASE(
    "timeout: another error passes, before the limit and at it (test_foreign_exception_passed, "
    "test_foreign_exception_on_timeout)") {
  auto fail = []() -> Async<void> {
    throw std::runtime_error("foreign");
    co_return;
  };
  const std::string before = co_await outcome_of(timeout(10ms, fail()));
  CHECK(before == "error: foreign");
  auto fail_in_cleanup = []() -> Async<void> {
    try {
      co_await sleep(1s);
    } catch (const Cancelled&) {
      throw std::runtime_error("cleanup");
    }
  };
  const std::string at_limit = co_await outcome_of(timeout(10ms, fail_in_cleanup()));
  CHECK(at_limit == "error: cleanup");
  CHECK(current_task()->cancelling() == 0);  // its request was taken back
  co_await sleep(1s);
}

ASYNC_TEST_CASE("timeout: a TimeoutError of the body is not its own") {
  auto fail = []() -> Async<void> {
    throw TimeoutError("of the database");
    co_return;
  };
  std::string text;
  try {
    co_await timeout(1s, fail());
  } catch (const TimeoutError& error) {
    text = error.what();
  }
  CHECK(text == "of the database");
}

ASYNC_TEST_CASE(
    "timeout: a cancellation from outside stays Cancelled, the limit has not expired "
    "(test_foreign_cancel_doesnt_timeout_if_not_expired)") {
  bool expired = true;
  auto body = [&expired](Timeout& limit) -> Async<void> {
    current_task()->cancel();
    try {
      co_await sleep(10s);
    } catch (const Cancelled&) {
      expired = limit.expired();
      throw;
    }
  };
  auto work = [&]() -> Async<void> { co_await timeout(10s, body); };
  Task<void> task = create_task(work());
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(user)");
  CHECK_FALSE(expired);
  CHECK(task.cancelled());
}

ASYNC_TEST_CASE("timeout: cancelled from outside at the moment it expires stays Cancelled") {
  auto work = []() -> Async<void> { co_await timeout(1s, sleep(10s)); };
  Task<void> task = create_task(work());
  co_await sleep(0s);
  const TimerCall cancel(now() + 1s, [task] { task.cancel(CancelReason::Shutdown); });
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(shutdown)");
  CHECK(task.cancelling() == 1);
}

ASYNC_TEST_CASE("timeout: the task that it expires in is not cancelled itself (test_outer_task_is_not_cancelled)") {
  Task<std::string> task = create_task(outcome_of(timeout(1ms, sleep(10s))));
  const std::string outcome = co_await task;
  CHECK(outcome == "TimeoutError");
  CHECK(task.done());
  CHECK_FALSE(task.cancelled());
}

ASYNC_TEST_CASE("timeout: waits for the cleanup of what it cancels (test_waiter_cancelled)") {
  const auto began = now();
  bool cleaned_up = false;
  auto body = [&cleaned_up]() -> Async<void> {
    const std::string outcome = co_await outcome_of(sleep(10s));
    co_await sleep(5s);
    cleaned_up = true;
    if (outcome == "Cancelled(deadline)") throw Cancelled(CancelReason::Deadline);
  };
  const std::string outcome = co_await outcome_of(timeout(1s, body()));
  CHECK(outcome == "TimeoutError");
  CHECK(cleaned_up);
  CHECK(now() - began == 6s);
}

ASYNC_TEST_CASE("timeout: a body that swallows the cancellation and finishes keeps its result") {
  auto body = []() -> Async<int> {
    const std::string outcome = co_await outcome_of(sleep(10s));
    co_return outcome == "Cancelled(deadline)" ? 7 : 0;
  };
  const int value = co_await timeout(1s, body());
  CHECK(value == 7);
  CHECK(current_task()->cancelling() == 0);
  co_await sleep(1s);  // nothing is left of it
}

ASYNC_TEST_CASE("timeout: one that expires while the body can't be interrupted leaves nothing behind") {
  Semaphore gate(0);
  EventLoop& loop = EventLoop::current();
  // The permit comes with the expiry and first: the await completes, the cancellation stays pending.
  const TimerCall first(loop.time() + 1s, [&gate] { gate.release(); });
  auto body = [&gate](Timeout& limit) -> Async<bool> {
    const Permit permit = co_await gate.acquire();
    CHECK(limit.expired());
    co_return true;
  };
  const bool finished = co_await timeout_at(loop.time() + 1s, body);
  CHECK(finished);
  CHECK(current_task()->cancelling() == 0);
  const std::string next = co_await outcome_of(sleep(1s));
  CHECK(next == "returned");

  const TimerCall second(loop.time() + 1s, [&gate] { gate.release(); });
  auto failing = [&gate](Timeout&) -> Async<void> {
    const Permit permit = co_await gate.acquire();
    throw std::runtime_error("foreign");
  };
  const std::string foreign = co_await outcome_of(timeout_at(loop.time() + 1s, failing));
  CHECK(foreign == "error: foreign");
  const std::string after = co_await outcome_of(sleep(1s));
  CHECK(after == "returned");
}

ASYNC_TEST_CASE("timeout: reschedule moves the limit, takes it away, brings it back (test_reschedule)") {
  const auto began = now();
  auto body = [&](Timeout& limit) -> Async<void> {
    limit.reschedule(began + 20s);
    CHECK(limit.when() == began + 20s);
    co_await sleep(15s);
    limit.reschedule(std::nullopt);
    CHECK_FALSE(limit.when().has_value());
    co_await sleep(15s);
    CHECK_FALSE(limit.expired());
    limit.reschedule(began + 31s);
    co_await sleep(15s);
  };
  const std::string outcome = co_await outcome_of(timeout(10s, body));
  CHECK(outcome == "TimeoutError");
  CHECK(now() - began == 31s);
}

ASYNC_TEST_CASE("timeout: reschedule into the past expires at the next await") {
  const auto began = now();
  auto body = [&](Timeout& limit) -> Async<void> {
    limit.reschedule(began - 1s);
    co_await sleep(0s);
  };
  const std::string outcome = co_await outcome_of(timeout(10s, body));
  CHECK(outcome == "TimeoutError");
  CHECK(now() == began);
}

ASYNC_TEST_CASE(
    "timeout: reschedule of one that has expired or ended throws RuntimeError (test_timeout_finished, "
    "test_timeout_expiring, "
    "test_timeout_expired)") {
  std::string expired;
  auto body = [&](Timeout& limit) -> Async<void> {
    const std::string outcome = co_await outcome_of(sleep(10s));
    try {
      limit.reschedule(std::nullopt);
    } catch (const RuntimeError& error) {
      expired = error.what();
    }
  };
  co_await timeout(1s, body);
  CHECK(expired == "cannot reschedule a timeout that has expired or ended");
  Timeout ended(now() + 1s);
  CHECK_FALSE(ended.exit(false));
  CHECK_THROWS_AS(ended.reschedule(std::nullopt), RuntimeError);
  CHECK_FALSE(ended.expired());
}

TEST_CASE("timeout: outside a task throws RuntimeError (test_timeout_without_task)") {
  CHECK_THROWS_AS(Timeout{std::nullopt}, RuntimeError);
}

ASYNC_TEST_CASE("timeout: cancels the task that its body awaits, and waits for it") {
  Task<int> inner = create_task(give_after(10s, 1));
  const std::string outcome = co_await outcome_of(timeout(1s, inner));
  CHECK(outcome == "TimeoutError");
  CHECK(inner.cancelled());
}

ASYNC_TEST_CASE("timeout: a cancellation that waits for its delivery is not lost in a block that expires") {
  auto block = []() -> Async<void> {
    co_await shielded(sleep(1s));
    co_await timeout(1s, shielded(sleep(2s)));  // expires, and ends in time all the same
    co_await sleep(1h);
  };
  Task<void> task = create_task(block());
  const auto began = now();
  co_await sleep(500ms);
  task.cancel();
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome.starts_with("Cancelled"));
  CHECK(now() - began == 3s);
}

ASYNC_TEST_CASE("timeout: a cancellation that waited for its delivery stays one when its cleanup outlasts the limit") {
  auto cleaning_up = []() -> Async<void> {
    try {
      co_await sleep(1h);
    } catch (const Cancelled&) {
    }
    co_await sleep(2s);
    throw Cancelled(CancelReason::User);
  };
  auto block = [&]() -> Async<void> {
    co_await shielded(sleep(1s));
    co_await timeout(1s, cleaning_up());
  };
  Task<void> task = create_task(block());
  co_await sleep(500ms);
  task.cancel();
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome.starts_with("Cancelled"));
}

TEST_SUITE_END();
