// SPDX-License-Identifier: BSL-1.0
#include <string>
#include <vector>

#include "coroute/asyncio/semaphore.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/timeout.hpp"
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

ASYNC_TEST_CASE(
    "timeout: nested with one deadline, only the outermost converts and both have expired "
    "(test_nested_timeouts)") {
  const auto deadline = now() + 10ms;
  std::string seen;
  bool both_expired = false;
  auto outer = [&](Timeout& outer_limit) -> Async<void> {
    auto inner = [&](Timeout& inner_limit) -> Async<void> {
      try {
        co_await sleep(10s);
      } catch (const Cancelled&) {
        both_expired = outer_limit.expired() && inner_limit.expired();
        throw;
      }
    };
    try {
      co_await timeout_at(deadline, inner);
    } catch (const Cancelled&) {
      seen = "Cancelled";
      throw;
    } catch (const TimeoutError&) {
      seen = "TimeoutError";
      throw;
    }
  };
  const std::string outcome = co_await outcome_of(timeout_at(deadline, outer));
  CHECK(outcome == "TimeoutError");
  CHECK(seen == "Cancelled");
  CHECK(both_expired);
  CHECK(current_task()->cancelling() == 0);
}

ASYNC_TEST_CASE("timeout: nested, both zero, only the outermost converts") {
  std::string seen;
  auto outer = [&]() -> Async<void> {
    seen = co_await outcome_of(timeout(0s, sleep(1s)));
    throw Cancelled(CancelReason::Deadline);
  };
  const std::string outcome = co_await outcome_of(timeout(0s, outer()));
  CHECK(outcome == "TimeoutError");
  CHECK(seen == "Cancelled(deadline)");
  CHECK(current_task()->cancelling() == 0);
}

ASYNC_TEST_CASE(
    "timeout: nested, the outer one first: the inner lets Cancelled pass (test_nested_timeouts_concurrent)") {
  std::string seen;
  auto outer = [&]() -> Async<void> {
    seen = co_await outcome_of(timeout(100ms, sleep(1s)));
    throw Cancelled();
  };
  const std::string outcome = co_await outcome_of(timeout(2ms, outer()));
  CHECK(outcome == "TimeoutError");
  CHECK(seen == "Cancelled(deadline)");
}

ASYNC_TEST_CASE(
    "timeout: nested, the inner one first: the outer goes on and expires in its turn "
    "(test_nested_timeouts_loop_busy)") {
  const auto began = now();
  std::vector<std::string> seen;
  auto outer = [&]() -> Async<void> {
    seen.push_back(co_await outcome_of(timeout(10ms, sleep(1s))));
    CHECK(now() - began == 10ms);
    seen.push_back(co_await outcome_of(timeout(10ms, sleep(1s))));
    CHECK(now() - began == 20ms);
    co_await sleep(10s);
  };
  const std::string outcome = co_await outcome_of(timeout(100ms, outer()));
  CHECK(outcome == "TimeoutError");
  CHECK(seen == std::vector<std::string>{"TimeoutError", "TimeoutError"});
  CHECK(now() - began == 100ms);
}

ASYNC_TEST_CASE("timeout: a loop that was busy beyond both limits (test_nested_timeouts_loop_busy)") {
  EventLoop& loop = EventLoop::current();
  std::string seen;
  auto outer = [&]() -> Async<void> {
    seen = co_await outcome_of(timeout_at(loop.time() - 1s, sleep(1s)));
    throw Cancelled(CancelReason::Deadline);
  };
  const std::string outcome = co_await outcome_of(timeout_at(loop.time() - 2s, outer()));
  CHECK(outcome == "TimeoutError");
  CHECK(seen == "Cancelled(deadline)");
  CHECK(current_task()->cancelling() == 0);
}

ASYNC_TEST_CASE("timeout: inside the cleanup of another one (test_nested_timeout_in_finally)") {
  const auto began = now();
  std::string in_cleanup;
  auto body = [&]() -> Async<void> {
    const std::string outcome = co_await outcome_of(sleep(1s));
    in_cleanup = co_await outcome_of(timeout(10ms, sleep(10s)));
    throw Cancelled();
  };
  const std::string outcome = co_await outcome_of(timeout(10ms, body()));
  CHECK(outcome == "TimeoutError");
  CHECK(in_cleanup == "TimeoutError");
  CHECK(now() - began == 20ms);
  CHECK(current_task()->cancelling() == 0);
}

ASYNC_TEST_CASE(
    "timeout: in the cleanup after a cancellation (test_timeout_after_cancellation, "
    "test_cancel_in_timeout_after_cancellation)") {
  std::vector<std::string> log;
  auto body = [&log]() -> Async<void> {
    current_task()->cancel();
    log.push_back(co_await outcome_of(sleep(1s)));
    log.push_back(co_await outcome_of(timeout(0s, sleep(1s))));
    log.push_back(co_await outcome_of(timeout(1s, sleep(10s))));
    auto cancel_inside = []() -> Async<void> {
      current_task()->cancel();
      co_await sleep(2s);
    };
    log.push_back(co_await outcome_of(timeout(1s, cancel_inside())));
    log.push_back(co_await outcome_of(sleep(1s)));
  };
  Task<void> task = create_task(body());
  co_await task;
  CHECK(log ==
        std::vector<std::string>{"Cancelled(user)", "TimeoutError", "TimeoutError", "Cancelled(user)", "returned"});
  CHECK(task.cancelling() == 2);
}

ASYNC_TEST_CASE("timeout: in the cleanup after a cancellation, one that expires as its body finishes leaves nothing") {
  Semaphore gate(0);
  std::vector<std::string> log;
  auto wait = [&gate]() -> Async<void> { const Permit permit = co_await gate.acquire(); };
  auto body = [&]() -> Async<void> {
    current_task()->cancel();
    log.push_back(co_await outcome_of(sleep(1s)));
    const TimerCall release(now() + 1s, [&gate] { gate.release(); });
    log.push_back(co_await outcome_of(timeout(1s, wait())));
    log.push_back(co_await outcome_of(sleep(1s)));
  };
  Task<void> task = create_task(body());
  co_await task;
  CHECK(log == std::vector<std::string>{"Cancelled(user)", "returned", "returned"});
  CHECK(task.cancelling() == 1);
}

ASYNC_TEST_CASE("timeout: 1,000 nested") {
  struct Nest {
    static Async<int> build(int depth) {
      if (depth == 0) {
        const int value = co_await give_after(1s, 9);
        co_return value;
      }
      const int value = co_await timeout(10s, build(depth - 1));
      co_return value;
    }
  };
  const int value = co_await Nest::build(1'000);
  CHECK(value == 9);
  CHECK(current_task()->cancelling() == 0);
}

TEST_SUITE_END();
