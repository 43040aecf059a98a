// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/sleep.hpp"

#include <string>
#include <vector>

#include "coroute/asyncio/task.hpp"
#include "support/async_test.hpp"
#include "support/outcome.hpp"
#include "support/timer_call.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::outcome_of;
using coroute::testing::TimerCall;

namespace {

Clock::time_point now() {
  return EventLoop::current().time();
}

Async<void> sleep_and_log(Clock::duration delay, std::string name, std::vector<std::string>& log) {
  co_await sleep(delay);
  log.push_back(name);
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE("sleep: lasts as long as it says (test_sleep)") {
  const auto began = now();
  co_await sleep(3h);
  CHECK(now() - began == 3h);
  co_await sleep(1ns);
  CHECK(now() - began == 3h + 1ns);
}

TEST_CASE("sleep: counts from the await, not from the beginning of a long step") {
  const auto body = []() -> Async<Clock::duration> {
    const auto busy_until = Clock::now() + 5ms;
    while (Clock::now() < busy_until) {
    }
    const auto began = Clock::now();
    co_await coroute::sleep(4ms);
    co_return Clock::now() - began;
  };
  CHECK(run(body()) >= 4ms);
}

ASYNC_TEST_CASE("sleep: many at once end in the order of their deadlines") {
  std::vector<std::string> log;
  Task<void> c = create_task(sleep_and_log(30ms, "c", log));
  Task<void> a = create_task(sleep_and_log(10ms, "a", log));
  Task<void> b = create_task(sleep_and_log(20ms, "b", log));
  co_await a;
  co_await b;
  co_await c;
  CHECK(log == std::vector<std::string>{"a", "b", "c"});
}

ASYNC_TEST_CASE("sleep: equal deadlines end in the order in which they began") {
  std::vector<std::string> log;
  std::vector<std::string> expected;
  std::vector<Task<void>> tasks;
  for (int i = 0; i < 20; ++i) {
    expected.push_back(std::to_string(i));
    tasks.push_back(create_task(sleep_and_log(10ms, std::to_string(i), log)));
  }
  for (const Task<void>& task : tasks)
    co_await task;
  CHECK(log == expected);
}

ASYNC_TEST_CASE("sleep: zero gives way to what is ready, once (test_sleep_zero)") {
  std::string log;
  EventLoop& loop = EventLoop::current();
  loop.call_soon([&log, &loop] {
    log += "a";
    loop.call_soon([&log] { log += "z"; });
  });
  loop.call_soon([&log] { log += "b"; });
  co_await sleep(0s);
  CHECK(log == "ab");
  co_await sleep(-1s);
  CHECK(log == "abz");
}

ASYNC_TEST_CASE("sleep: zero takes no time, and two tasks alternate") {
  const auto began = now();
  std::string log;
  auto write = [&log](char letter) -> Async<void> {
    for (int i = 0; i < 3; ++i) {
      log += letter;
      co_await sleep(0s);
    }
  };
  Task<void> a = create_task(write('a'));
  Task<void> b = create_task(write('b'));
  co_await a;
  co_await b;
  CHECK(log == "ababab");
  CHECK(now() == began);
}

ASYNC_TEST_CASE(
    "sleep: a cancelled one ends at once and its timer is gone (test_sleep_cancel, test_task_cancel_sleeping_task)") {
  const auto began = now();
  Task<std::string> task = create_task(outcome_of(sleep(10s)));
  co_await sleep(1s);
  task.cancel();
  const std::string outcome = co_await task;
  CHECK(outcome == "Cancelled(user)");
  CHECK(now() - began == 1s);
  co_await sleep(20s);  // a timer left in the heap would be touched now
  CHECK(now() - began == 21s);
}

ASYNC_TEST_CASE("sleep: one of zero that has not resumed yet can be cancelled (test_cancel_yield)") {
  Task<std::string> task = create_task(outcome_of(sleep(0s)));
  co_await sleep(0s);
  CHECK(task.cancel());
  const std::string outcome = co_await task;
  CHECK(outcome == "Cancelled(user)");
}

ASYNC_TEST_CASE("sleep: one whose time has come completes; the cancellation waits for the next await") {
  std::vector<std::string> log;
  auto body = [&log]() -> Async<void> {
    log.push_back(co_await outcome_of(sleep(10ms)));
    log.push_back(co_await outcome_of(sleep(10ms)));
  };
  Task<void> task = create_task(body());
  co_await sleep(0s);
  const TimerCall cancel(now() + 10ms, [task] { task.cancel(); });  // due with the sleep, and queued behind it
  co_await task;
  CHECK(log == std::vector<std::string>{"returned", "Cancelled(user)"});
}

ASYNC_TEST_CASE("sleep: the longest duration there is waits, and is cancelled like any other") {
  co_await sleep(1s);  // so that now + max would overflow
  Task<std::string> task = create_task(outcome_of(sleep(Clock::duration::max())));
  co_await sleep(1000h);
  CHECK_FALSE(task.done());
  task.cancel();
  const std::string outcome = co_await task;
  CHECK(outcome == "Cancelled(user)");
}

ASYNC_TEST_CASE("sleep: a Sleep is a value that can be awaited again") {
  const auto began = now();
  const Sleep second = sleep(1s);
  co_await second;
  co_await second;
  CHECK(now() - began == 2s);
}

TEST_CASE("sleep: takes no floating point duration, so there is no NaN to refuse (test_sleep_when_delay_is_nan)") {
  const auto takes = [](auto delay) { return std::is_invocable_v<Sleep (*)(Clock::duration), decltype(delay)>; };
  CHECK(takes(1s));
  CHECK(takes(1ns));
  CHECK_FALSE(takes(std::chrono::duration<double>(1.0)));
}

TEST_SUITE_END();
