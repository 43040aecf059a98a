// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/debug.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "coroute/asyncio/deadline.hpp"
#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "support/async_test.hpp"
#include "support/debug_mode.hpp"
#include "support/loop_thread.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::DebugMode;
using coroute::testing::LoopThread;
using coroute::testing::outcome_of;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// "<file of this test>:<line>".
std::string at_line(unsigned line) {
  return std::string("debug_test.cpp:") + std::to_string(line);
}

Async<int> give(int value) {
  co_return value;
}

/// Whether this program starts in debug mode when COROUTE_DEBUG has that value.
bool starts_in_debug_mode(const std::string& assignment) {
  std::array<char, 4096> path{};
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size() - 1);
  REQUIRE(length > 0);
  const std::string command = "env -u COROUTE_DEBUG " + assignment + " '" + std::string(path.data()) +
                              "' --no-skip --test-case='debug: is on in this process' >/dev/null 2>&1";
  return std::system(command.c_str()) == 0;  // NOLINT: the command is ours
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

TEST_CASE("debug: is on in this process" * doctest::skip()) {
  CHECK(debug_enabled());
}

TEST_CASE("debug: COROUTE_DEBUG turns it on, unless it is empty or 0 (test_env_var_debug)") {
  CHECK(starts_in_debug_mode("COROUTE_DEBUG=1"));
  CHECK(starts_in_debug_mode("COROUTE_DEBUG=yes"));
  CHECK_FALSE(starts_in_debug_mode("COROUTE_DEBUG=0"));
  CHECK_FALSE(starts_in_debug_mode("COROUTE_DEBUG="));
  CHECK_FALSE(starts_in_debug_mode(""));
}

TEST_CASE("debug: set_debug turns it on and off (test_set_debug)") {
  const bool before = debug_enabled();
  set_debug(true);
  CHECK(debug_enabled());
  set_debug(false);
  CHECK_FALSE(debug_enabled());
  set_debug(before);
}

TEST_CASE("debug: the slow step limit is 100 ms unless told") {
  CHECK(slow_step_limit() == 100ms);
  set_slow_step_limit(3s);
  CHECK(slow_step_limit() == 3s);
  set_slow_step_limit(100ms);
}

TEST_CASE("warning handler: gets the warnings, an empty one brings back the default, one that throws does no harm") {
  std::vector<std::string> log;
  set_warning_handler([&](const std::string& warning) { log.push_back(warning); });
  call_warning_handler("first");
  set_warning_handler([](const std::string&) { throw std::runtime_error("handler failed"); });
  call_warning_handler("second");
  set_warning_handler({});
  call_warning_handler("a test of the default warning handler");
  CHECK(log == std::vector<std::string>{"first"});
}

ASYNC_TEST_CASE("never awaited: a coroutine that is dropped is reported with its function and line") {
  const DebugMode debug;
  const unsigned line = std::source_location::current().line() + 1;
  auto forgotten = []() -> Async<int> { co_return 3; };
  {
    const Async<int> dropped = forgotten();
  }
  REQUIRE(debug.warnings().size() == 1);
  CHECK(debug.warnings()[0].starts_with("coroutine was never awaited: "));
  CHECK(contains(debug.warnings()[0], at_line(line)));
  co_return;
}

ASYNC_TEST_CASE("never awaited: one that is assigned over is reported, one that is moved on only at its end") {
  const DebugMode debug;
  std::optional<Async<int>> kept;
  {
    Async<int> first = give(1);
    kept.emplace(std::move(first));
  }
  CHECK(debug.warnings().empty());
  kept.reset();
  CHECK(debug.warnings().size() == 1);
  co_return;
}

ASYNC_TEST_CASE("never awaited: nothing is said of what was awaited, made a task, failed, or ready") {
  const DebugMode debug;
  auto fail = []() -> Async<void> {
    throw std::runtime_error("failed");
    co_return;
  };
  const int awaited = co_await give(1);
  const int joined = co_await create_task(give(2));
  const int eager = co_await create_task(give(3), TaskOptions().eager_start());
  CHECK(awaited + joined + eager == 6);
  const std::string outcome = co_await outcome_of(fail());
  CHECK(outcome == "error: failed");
  {
    const Async<int> ready = Async<int>::ready(4);
  }
  {
    const Async<void> nothing = Async<void>::ready();
  }
  {
    Async<int> moved = give(5);
    const int value = co_await std::move(moved);
    CHECK(value == 5);
  }
  CHECK(debug.warnings().empty());
}

ASYNC_TEST_CASE("never awaited: nothing is said of a task cancelled before its first step, under a deadline or not") {
  const DebugMode debug;
  auto body = []() -> Async<void> {
    const Task<int> task = create_task(give(1));
    const Task<int> wrapped = create_task(timeout(1s, give(2)));
    task.cancel();
    wrapped.cancel();
    co_await outcome_of(task);
    co_await outcome_of(wrapped);
    const std::string gathered = co_await outcome_of(gather(give(3), give(4)));
    CHECK(gathered == "returned");
  };
  co_await body();
  co_await with_deadline(1s, body());
  CHECK(debug.warnings().empty());
}

ASYNC_TEST_CASE("never awaited: a coroutine that create_task or run refused is reported (test_recursive_run)") {
  const DebugMode debug;
  std::string text;
  try {
    run(give(1));
  } catch (const RuntimeError& error) {
    text = error.what();
  }
  CHECK(text == "an event loop is already running on this thread");
  CHECK(debug.warnings().size() == 1);
  co_return;
}

ASYNC_TEST_CASE("never awaited: without debug mode nothing is said") {
  const DebugMode debug;
  set_debug(false);
  {
    const Async<int> dropped = give(1);
  }
  CHECK(debug.warnings().empty());
  co_return;
}

TEST_CASE("left over: tasks that still run at the end of run are named, with where they are and what they wait for") {
  const DebugMode debug;
  unsigned line = 0;
  auto hang = [&]() -> Async<void> {
    line = std::source_location::current().line() + 1;
    co_await sleep(1h);
  };
  auto main = [&]() -> Async<void> {
    create_task(hang(), "left");
    const Task<int> done = create_task(give(1), "done");
    co_await done;
  };
  run(main(), {.virtual_time = true});
  REQUIRE(debug.warnings().size() == 1);
  const std::string warning = debug.warnings()[0];
  CHECK(warning.starts_with("still running when the main task ended, and cancelled: task 'left' at "));
  CHECK(contains(warning, at_line(line)));
  CHECK(warning.find(", waits for sleep, created at ") != std::string::npos);
}

TEST_CASE("left over: a Runner names them when it is closed, not between its runs") {
  const DebugMode debug;
  Runner runner({.virtual_time = true});
  auto main = []() -> Async<void> {
    create_task(detail::as_async(sleep(1h)), "left");
    co_await sleep(1ms);
  };
  runner.run(main());
  runner.run(give(1));
  CHECK(debug.warnings().empty());
  runner.close();
  CHECK(debug.warnings().size() == 1);
}

TEST_CASE("left over: a task that is lost with its loop is named (test_log_destroyed_pending_task)") {
  const DebugMode debug;
  // Kept for good, so that it is not taken for a leak: nobody can end it any more.
  static auto* const lost = new std::optional<Task<void>>;
  auto main = [](EventLoop& loop) -> Async<void> {
    loop.stop();
    co_await sleep(1h);
  };
  {
    EventLoop loop({.virtual_time = true});
    *lost = create_task_on(loop, main(loop), "lost");
    loop.run();
    CHECK(debug.warnings().empty());
  }
  REQUIRE(debug.warnings().size() == 1);
  CHECK(debug.warnings()[0].starts_with("the event loop was destroyed with a task that is not done: task 'lost' at "));
}

TEST_CASE("foreign thread: call_soon and call_at throw while another thread runs the loop") {
  const DebugMode debug;
  LoopThread other;
  EventLoop& loop = other.loop();
  std::atomic<bool> running{false};
  loop.call_soon_threadsafe([&] { running = true; });
  while (!running)
    std::this_thread::yield();
  const std::string expected = "non-thread-safe operation: another thread runs this loop; use call_soon_threadsafe";
  bool called = false;
  CHECK_THROWS_WITH_AS(loop.call_soon([&] { called = true; }), expected.c_str(), RuntimeError);
  CHECK_THROWS_WITH_AS(loop.call_at(Clock::time_point{}, [&] { called = true; }), expected.c_str(), RuntimeError);
  std::atomic<bool> safely{false};
  loop.call_soon_threadsafe([&] { EventLoop::current().call_soon([&] { safely = true; }); });
  while (!safely)
    std::this_thread::yield();
  CHECK_FALSE(called);
}

TEST_CASE("foreign thread: a loop that doesn't run takes callbacks, after a run that failed too") {
  const DebugMode debug;
  EventLoop loop({.virtual_time = true});
  int calls = 0;
  const auto count = [&] {
    if (++calls == 2) loop.stop();
  };
  loop.call_soon(count);
  CHECK_THROWS_AS(loop.run(), DeadlockError);
  loop.call_soon(count);
  loop.run();
  CHECK(calls == 2);
}

TEST_CASE(
    "debug: a task knows where it was created, and a left-over one is reported with it (test_task_source_traceback)") {
  const DebugMode debug;
  auto creator = []() -> Async<Task<void>> {
    co_return create_task([]() -> Async<void> { co_await sleep(1h); }(), "kept");
  };
  auto main = [&]() -> Async<std::vector<StackEntry>> {
    const Task<void> task = co_await creator();
    co_return task.creation_stack();
  };
  const std::vector<StackEntry> created = run(main(), {.virtual_time = true});
  REQUIRE(created.size() == 2);  // creator, then main
  CHECK(created[0].file.ends_with("debug_test.cpp"));
  CHECK(created[1].line > created[0].line);
  const std::vector<std::string> warnings = debug.warnings();
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].find("'kept'") != std::string::npos);
  CHECK(warnings[0].find(", created at ") != std::string::npos);
  set_debug(false);
  auto quiet = []() -> Async<bool> {
    const Task<void> task = create_task([]() -> Async<void> { co_return; }());
    co_await task;
    co_return task.creation_stack().empty();
  };
  CHECK(run(quiet(), {.virtual_time = true}));
}

TEST_SUITE_END();
