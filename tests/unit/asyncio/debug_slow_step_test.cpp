// SPDX-License-Identifier: BSL-1.0
#include <source_location>
#include <string>
#include <vector>

#include "coroute/asyncio/debug.hpp"
#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "support/async_test.hpp"
#include "support/debug_mode.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::DebugMode;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// "<file of this test>:<line>".
std::string at_line(unsigned line) {
  return std::string("debug_slow_step_test.cpp:") + std::to_string(line);
}

void hold_up(Clock::duration time) {
  const auto until = Clock::now() + time;
  while (Clock::now() < until) {
  }
}

Async<int> give(int value) {
  co_return value;
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE(
    "slow step: of a task is reported with its name and the lines between which it ran (test_log_slow_callbacks)") {
  const DebugMode debug;
  unsigned line = 0;
  auto slow = [&]() -> Async<void> {
    line = std::source_location::current().line();
    co_await sleep(1ms);
    hold_up(2ms);
    co_await sleep(1ms);
  };
  const Task<void> task = create_task(slow(), "slow one");
  co_await sleep(0s);
  CHECK(debug.warnings().empty());
  set_slow_step_limit(2ms);
  co_await task;
  set_slow_step_limit(1h);
  REQUIRE(debug.warnings().size() == 1);
  const std::string warning = debug.warnings()[0];
  CHECK(warning.starts_with("executing task 'slow one' took 0.0"));
  const std::size_t from = warning.find(at_line(line + 1));
  const std::size_t to = warning.find(at_line(line + 3));
  CHECK(from < to);
  CHECK(to != std::string::npos);
}

ASYNC_TEST_CASE("slow step: names where the innermost coroutine stood, and tells when the task ended in it") {
  const DebugMode debug;
  auto inner = []() -> Async<void> {
    hold_up(2ms);
    co_return;
  };
  auto outer = [&]() -> Async<void> {
    co_await sleep(1ms);
    co_await inner();
  };
  const Task<void> task = create_task(outer(), "ending");
  co_await sleep(0s);
  set_slow_step_limit(2ms);
  co_await task;
  set_slow_step_limit(1h);
  REQUIRE(debug.warnings().size() == 1);
  CHECK(contains(debug.warnings()[0], "task 'ending' took"));
  CHECK(contains(debug.warnings()[0], "to its end"));
}

ASYNC_TEST_CASE("slow step: of a task that nobody else holds") {
  const DebugMode debug;
  auto slow = []() -> Async<void> {
    hold_up(2ms);
    co_return;
  };
  create_task(slow(), "detached");
  set_slow_step_limit(2ms);
  co_await sleep(0s);
  set_slow_step_limit(1h);
  REQUIRE(debug.warnings().size() == 1);
  CHECK(contains(debug.warnings()[0], "'detached'"));
}

ASYNC_TEST_CASE("slow step: of an eager task is its creator's") {
  const DebugMode debug;
  auto slow = []() -> Async<void> {
    hold_up(2ms);
    co_return;
  };
  auto creator = [&]() -> Async<void> {
    create_task(slow(), TaskOptions("eager").eager_start());
    co_await sleep(1ms);
  };
  const Task<void> task = create_task(creator(), "creator");
  set_slow_step_limit(2ms);
  co_await sleep(0s);
  set_slow_step_limit(1h);
  REQUIRE(debug.warnings().size() == 1);
  CHECK(contains(debug.warnings()[0], "task 'creator' took"));
  co_await task;
}

ASYNC_TEST_CASE("slow step: of a callback is reported (test_log_slow_callbacks)") {
  const DebugMode debug;
  EventLoop::current().call_soon([] { hold_up(2ms); });
  set_slow_step_limit(2ms);
  co_await sleep(0s);
  set_slow_step_limit(1h);
  REQUIRE(debug.warnings().size() == 1);
  CHECK(debug.warnings()[0].starts_with("executing a callback took 0.0"));
}

ASYNC_TEST_CASE("slow step: a limit of zero reports every step, and takes effect in a loop that runs") {
  const DebugMode debug;
  co_await sleep(1ms);
  CHECK(debug.warnings().empty());
  set_slow_step_limit(0s);
  for (int i = 0; i < 3; ++i)
    co_await sleep(0s);
  set_slow_step_limit(1h);
  CHECK(debug.warnings().size() == 3);  // the step that set the limit, but not the one that takes it back
}

ASYNC_TEST_CASE("slow step: without debug mode nothing is reported") {
  const DebugMode debug;
  set_debug(false);
  set_slow_step_limit(0s);
  co_await sleep(0s);
  co_await sleep(0s);
  CHECK(debug.warnings().empty());
}

TEST_CASE("slow step: a task that is cancelled before its first step, and one that goes with its loop") {
  const DebugMode debug;
  set_slow_step_limit(0s);
  auto main = []() -> Async<void> {
    const Task<int> task = create_task(give(1), "never entered");
    task.cancel();
    co_await sleep(0s);
  };
  run(main(), {.virtual_time = true});
  bool found = false;
  for (const std::string& warning : debug.warnings())
    found = found || contains(warning, "task 'never entered' took");
  CHECK(found);
}

ASYNC_TEST_CASE("debug: a hundred tasks with children run as without it") {
  const DebugMode debug;
  set_slow_step_limit(0s);
  long sum = 0;
  auto child = [](int value) -> Async<int> {
    co_await sleep(std::chrono::milliseconds(value % 7));
    co_return value;
  };
  std::vector<Async<int>> children;
  for (int i = 0; i < 100; ++i)
    children.push_back(child(i));
  const std::vector<int> values = co_await gather(std::move(children));
  for (const int value : values)
    sum += value;
  set_slow_step_limit(1h);
  CHECK(sum == 99 * 100 / 2);
  CHECK(debug.warnings().size() >= 200);  // every child has two steps at least
}

TEST_SUITE_END();
