// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/staggered_race.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "coroute/asyncio/semaphore.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "support/async_test.hpp"
#include "support/delayed.hpp"
#include "support/list_of.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::fail_after;
using coroute::testing::give_after;
using coroute::testing::list_of;
using coroute::testing::now;
using coroute::testing::outcome_of;

namespace {

using Attempt = std::function<Async<int>()>;

Attempt giving(Clock::duration delay, int value) {
  return [=] { return give_after(delay, value); };
}

Attempt failing(Clock::duration delay, std::string text) {
  return [=] { return fail_after(delay, text); };
}

/// "1 of 2: crash, won" for a race won by the second of two attempts.
template <class T>
std::string text_of(const StaggeredRaceResult<T>& result) {
  std::string text = result.index ? std::to_string(*result.index) : "none";
  text += " of " + std::to_string(result.exceptions.size()) + ":";
  for (const std::exception_ptr& error : result.exceptions)
    text += " " + (error ? describe_exception(error) : "won");
  return text;
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE("staggered_race: of nothing (test_empty)") {
  const auto result = co_await staggered_race(std::vector<Attempt>{}, std::nullopt);
  CHECK(text_of(result) == "none of 0:");
  CHECK_FALSE(result.value);
}

ASYNC_TEST_CASE("staggered_race: the first succeeds, the second is never called (test_one_successful)") {
  const auto result = co_await staggered_race(list_of<Attempt>(giving(1s, 10), giving(0s, 11)), std::nullopt);
  CHECK(text_of(result) == "0 of 1: won");
  CHECK(result.value == 10);
}

ASYNC_TEST_CASE("staggered_race: an error begins the next at once (test_first_error_second_successful)") {
  const auto began = now();
  const auto result = co_await staggered_race(list_of<Attempt>(failing(1s, "crash"), giving(1s, 11)), 10s);
  CHECK(text_of(result) == "1 of 2: crash won");
  CHECK(result.value == 11);
  CHECK(now() - began == 2s);
}

ASYNC_TEST_CASE("staggered_race: when the last one fails, those before it may still win") {
  const auto began = now();
  const auto result = co_await staggered_race(list_of<Attempt>(giving(10s, 10), failing(1s, "crash")), 1s);
  CHECK(text_of(result) == "0 of 2: won crash");
  CHECK(now() - began == 10s);
}

ASYNC_TEST_CASE(
    "staggered_race: the next begins after the delay, the first is cancelled when it loses "
    "(test_first_timeout_second_successful)") {
  const auto began = now();
  const auto result = co_await staggered_race(list_of<Attempt>(giving(10s, 10), giving(1s, 11)), 100ms);
  CHECK(text_of(result) == "1 of 2: cancelled won");
  CHECK(now() - began == 1100ms);
  CHECK(EventLoop::current().task_count() == 1);
}

ASYNC_TEST_CASE("staggered_race: all fail (test_none_successful)") {
  const auto result = co_await staggered_race(list_of<Attempt>(failing(1s, "a"), failing(0s, "b")), std::nullopt);
  CHECK(text_of(result) == "none of 2: a b");
  CHECK_FALSE(result.value);
}

ASYNC_TEST_CASE(
    "staggered_race: of two that succeed in one step the first wins, the other counts as cancelled "
    "(test_multiple_winners)") {
  Semaphore gate(0);
  auto attempt = [&gate](int value) -> Attempt {
    return [&gate, value]() -> Async<int> {
      const Permit permit = co_await gate.acquire();
      co_return value;
    };
  };
  const Attempt open = [&gate]() -> Async<int> {
    gate.release();
    gate.release();
    co_await sleep(1h);
    co_return 2;
  };
  const auto result = co_await staggered_race(list_of<Attempt>(attempt(0), attempt(1), open), 100ms);
  CHECK(text_of(result) == "0 of 3: won cancelled cancelled");
  CHECK(result.value == 0);
  CHECK(gate.available() == 2);
}

ASYNC_TEST_CASE(
    "staggered_race: each cancellation from outside reaches the attempts; one that succeeds all the same wins, the "
    "next await throws (test_cancelled, ours)") {
  std::vector<std::string> log;
  const auto attempt = [&]() -> Async<int> {
    log.push_back(co_await outcome_of(sleep(1h)));
    log.push_back(co_await outcome_of(sleep(1h)));
    co_return 5;
  };
  std::vector<std::function<Async<int>()>> attempts{attempt, attempt};
  auto body = [&]() -> Async<void> {
    const auto result = co_await staggered_race(attempts, std::nullopt);
    log.push_back(text_of(result));
    log.push_back(co_await outcome_of(sleep(1h)));
  };
  Task<void> task = create_task(body());
  co_await sleep(1s);
  task.cancel();
  co_await sleep(1s);
  task.cancel(CancelReason::Overload);
  co_await task;
  CHECK(log ==
        std::vector<std::string>{"Cancelled(user)", "Cancelled(overload)", "0 of 1: won", "Cancelled(overload)"});
}

ASYNC_TEST_CASE(
    "staggered_race: a cancellation from outside cancels those that run and begins no other (test_cancelled)") {
  const auto began = now();
  int called = 0;
  const Attempt attempt = [&called]() -> Async<int> {
    ++called;
    const std::string outcome = co_await outcome_of(sleep(1h));
    co_await sleep(10s);
    throw std::runtime_error(outcome);
  };
  auto body = [&]() -> Async<void> { co_await staggered_race(std::vector<Attempt>(5, attempt), 1s); };
  Task<void> task = create_task(body());
  co_await sleep(1500ms);
  task.cancel(CancelReason::Disconnect);
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(disconnect)");
  CHECK(called == 2);
  CHECK(now() - began == 11500ms);
  CHECK(EventLoop::current().task_count() == 1);
}

ASYNC_TEST_CASE("staggered_race: a cancellation that was pending reaches the first attempt, which is not entered") {
  int called = 0;
  const Attempt attempt = [&called]() -> Async<int> {
    ++called;
    co_return 1;
  };
  auto body = [&]() -> Async<void> {
    current_task()->cancel();
    co_await staggered_race(std::vector<Attempt>(3, attempt), 1s);
  };
  const std::string outcome = co_await outcome_of(create_task(body()));
  CHECK(outcome == "Cancelled(user)");
  CHECK(called == 0);
}

ASYNC_TEST_CASE(
    "staggered_race: the delay counts from the beginning of each attempt; late failures don't begin the next") {
  std::vector<Clock::duration> begun;
  const auto began = now();
  auto attempt = [&](Clock::duration until_failure) -> Attempt {
    return [&, until_failure]() -> Async<int> {
      begun.push_back(now() - began);
      co_await sleep(until_failure);
      throw std::runtime_error("crash");
    };
  };
  // The first fails while the second is young: that one is waited for.
  const auto result =
      co_await staggered_race(list_of<Attempt>(attempt(1200ms), attempt(10s), attempt(100ms), attempt(10s)), 1s);
  CHECK(begun == std::vector<Clock::duration>{0s, 1s, 2s, 2100ms});
  CHECK(text_of(result) == "none of 4: crash crash crash crash");
  CHECK(now() - began == 12100ms);
}

ASYNC_TEST_CASE("staggered_race: a loser is waited for; its error in the cleanup is kept") {
  const auto began = now();
  const Attempt slow = []() -> Async<int> {
    co_await outcome_of(sleep(1h));
    co_await sleep(5s);
    throw std::runtime_error("cleanup");
  };
  const auto result = co_await staggered_race(list_of<Attempt>(slow, giving(1s, 1)), 1s);
  CHECK(text_of(result) == "1 of 2: cleanup won");
  CHECK(now() - began == 7s);
}

ASYNC_TEST_CASE(
    "staggered_race: functions that throw instead of returning count as failed, coroutine lambdas keep their "
    "captures") {
  const Attempt throwing = []() -> Async<int> { throw std::runtime_error("not a coroutine"); };
  auto token = std::make_shared<int>(6);
  const Attempt capturing = [token]() -> Async<int> {
    co_await sleep(1s);
    co_return *token;
  };
  const auto result = co_await staggered_race(list_of<Attempt>(throwing, capturing), 10s);
  CHECK(text_of(result) == "1 of 2: not a coroutine won");
  CHECK(result.value == 6);
}

ASYNC_TEST_CASE("staggered_race: of functions without a result") {
  auto nothing = []() -> Async<void> { co_await sleep(1s); };
  const auto result = co_await staggered_race(list_of<std::function<Async<void>()>>(nothing), 1s);
  CHECK(text_of(result) == "0 of 1: won");
  CHECK(result.value.has_value());
}

ASYNC_TEST_CASE("staggered_race: under a timeout, also while a timer runs") {
  const std::string outcome =
      co_await outcome_of(timeout(1500ms, staggered_race(std::vector<Attempt>(5, giving(1h, 1)), 1s)));
  CHECK(outcome == "TimeoutError");
  co_await sleep(10s);
  CHECK(EventLoop::current().task_count() == 1);
}

TEST_SUITE_END();
