// SPDX-License-Identifier: BSL-1.0
// Loops are blocked here until they have been reported: how long that takes is not a matter of the test.
#include "coroute/asyncio/watchdog.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "asyncio/thread_stack.hpp"
#include "coroute/asyncio/debug.hpp"
#include "coroute/asyncio/run.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "support/kernel_gate.hpp"
#include "support/loop_thread.hpp"
#include "support/sanitizers.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::KernelGate;
using coroute::testing::LoopThread;
using coroute::testing::wait_in_kernel;

namespace {

// --- blocking a loop ---

int go_on_spinning = 0;  // not a std::atomic: its members are calls in a build without optimisation

/// No calls inside: the innermost function of the thread's stack.
[[gnu::noinline]] void spin_in_place() {
  while (__atomic_load_n(&go_on_spinning, __ATOMIC_ACQUIRE) != 0) {
  }
  asm volatile("");  // nothing is called last, so this function keeps its frame
}

/// What a watchdog has reported so far.
class Reports {
 public:
  Watchdog::Report sink() {
    return [this](const BlockedLoop& blocked) {
      const std::lock_guard lock(mutex_);
      all_.push_back(blocked);
      added_.notify_all();
    };
  }
  /// Waits until there are `count` for which `wanted` is true, and gives them.
  template <class Wanted>
  std::vector<BlockedLoop> wait_for(std::size_t count, Wanted wanted) {
    std::vector<BlockedLoop> found;
    std::unique_lock lock(mutex_);
    added_.wait(lock, [&] {
      found.clear();
      std::copy_if(all_.begin(), all_.end(), std::back_inserter(found), wanted);
      return found.size() >= count;
    });
    return found;
  }
  std::vector<BlockedLoop> all() {
    const std::lock_guard lock(mutex_);
    return all_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable added_;
  std::vector<BlockedLoop> all_;
};

const auto has_stack = [](const BlockedLoop& blocked) { return !blocked.thread_stack.empty(); };

/// Where `function` stands in the thread's stack.
std::optional<std::size_t> place_of(const BlockedLoop& blocked, const std::string& function) {
  for (std::size_t i = 0; i < blocked.thread_stack.size(); ++i) {
    if (blocked.thread_stack[i].function.find(function) != std::string::npos) return i;
  }
  return std::nullopt;
}

unsigned inner_line = 0;
unsigned outer_line = 0;

Async<void> spin() {
  inner_line = __LINE__ + 1;
  co_await sleep(0s);
  spin_in_place();
}
Async<void> call_spin() {
  outer_line = __LINE__ + 1;
  co_await spin();
}

/// A loop whose only task spins until it is told to stop.
class SpinningLoop {
 public:
  SpinningLoop() {
    __atomic_store_n(&go_on_spinning, 1, __ATOMIC_RELEASE);
    task_ = create_task_on(thread_.loop(), call_spin(), "spinner");
  }
  ~SpinningLoop() { stop(); }
  SpinningLoop(const SpinningLoop&) = delete;
  SpinningLoop& operator=(const SpinningLoop&) = delete;

  void stop() {
    __atomic_store_n(&go_on_spinning, 0, __ATOMIC_RELEASE);
    while (!task_->done())
      std::this_thread::yield();
  }
  std::uint64_t number() { return EventLoop::progress_of(&thread_.loop())->number; }

 private:
  LoopThread thread_;
  std::optional<Task<void>> task_;
};

}  // namespace

TEST_SUITE_BEGIN("asyncio");

TEST_CASE("watchdog: a task that spins is reported while it does, with its name, its awaits and its function") {
  Reports reports;
  const Watchdog watchdog(5ms, reports.sink());
  SpinningLoop loop;
  const BlockedLoop blocked = reports.wait_for(1, has_stack).front();  // and it spins on
  INFO(to_string(blocked));
  CHECK(blocked.loop == loop.number());
  CHECK(blocked.thread > 0);
  CHECK(blocked.blocked >= 5ms);
  CHECK(blocked.task == "spinner");

  REQUIRE(blocked.async_stack.size() == 2);
  CHECK(std::string(blocked.async_stack[0].function).find("spin(") != std::string::npos);
  CHECK(blocked.async_stack[0].line == inner_line);
  CHECK(std::string(blocked.async_stack[1].function).find("call_spin(") != std::string::npos);
  CHECK(blocked.async_stack[1].line == outer_line);
  CHECK(blocked.async_stack[1].file.ends_with("watchdog_test.cpp"));

  REQUIRE(place_of(blocked, "spin_in_place").has_value());
  const ThreadStackEntry& spinning = blocked.thread_stack[*place_of(blocked, "spin_in_place")];
#ifndef NDEBUG  // preset release has no debug information
  CHECK(spinning.file.ends_with("watchdog_test.cpp"));
  CHECK(spinning.line > 0);
#endif
  CHECK(place_of(blocked, "EventLoop::run") > place_of(blocked, "spin_in_place"));
}

TEST_CASE("watchdog: the stack begins at the very function that blocks, without the signal handler") {
  Reports reports;
  const Watchdog watchdog(5ms, reports.sink());
  SpinningLoop loop;
  const BlockedLoop blocked = reports.wait_for(1, has_stack).front();
  INFO(to_string(blocked));
  CHECK_FALSE(place_of(blocked, "on_signal").has_value());
  if (!test::delays_signals) CHECK(place_of(blocked, "spin_in_place") == std::optional<std::size_t>(0));
}

TEST_CASE("watchdog: a loop that stays blocked is reported again, each time after twice the time") {
  Reports reports;
  const Watchdog watchdog(2ms, reports.sink());
  SpinningLoop loop;
  const std::vector<BlockedLoop> seen =
      reports.wait_for(4, [&](const BlockedLoop& blocked) { return blocked.task == "spinner"; });
  for (std::size_t i = 1; i < seen.size(); ++i)
    CHECK(seen[i].blocked >= 2 * seen[i - 1].blocked);
}

TEST_CASE("watchdog: a wait in the kernel shows who waits, and what called it") {
  Reports reports;
  const Watchdog watchdog(5ms, reports.sink());
  KernelGate released;
  LoopThread thread;
  thread.loop().call_soon_threadsafe([&] { wait_in_kernel(released); });
  const auto blocked =
      reports.wait_for(1, [](const BlockedLoop& report) { return place_of(report, "wait_in_kernel").has_value(); });
  CHECK(blocked.front().task.empty());  // a callback
  CHECK(blocked.front().async_stack.empty());
  CHECK(*place_of(blocked.front(), "wait_in_kernel") > 0);
  CHECK(to_string(blocked.front()).find(" by task ") == std::string::npos);
  released.open();
}

TEST_CASE("watchdog: std::this_thread::sleep_for is found and goes on sleeping") {
  Reports reports;
  const Watchdog watchdog(5ms, reports.sink());
  Clock::duration slept{};
  auto sleeper = [&]() -> Async<void> {
    const Clock::time_point began = Clock::now();
    std::this_thread::sleep_for(300ms);
    slept = Clock::now() - began;
    co_return;
  };
  LoopThread thread;
  Task<void> task = create_task_on(thread.loop(), sleeper(), "sleeper");
  const auto blocked = reports.wait_for(1, [](const BlockedLoop& report) { return report.task == "sleeper"; });
  CHECK(place_of(blocked.front(), "nanosleep").has_value());
  while (!task.done())
    std::this_thread::yield();
  CHECK(slept >= 300ms);
}

TEST_CASE("watchdog: a loop that waits for events is not reported while another is") {
  LoopThread idle;
  while (!EventLoop::progress_of(&idle.loop())->waiting)
    std::this_thread::yield();
  const std::uint64_t idle_number = EventLoop::progress_of(&idle.loop())->number;
  Reports reports;
  const Watchdog watchdog(1ms, reports.sink());
  SpinningLoop loop;
  reports.wait_for(5, [&](const BlockedLoop& blocked) { return blocked.loop == loop.number(); });
  for (const BlockedLoop& blocked : reports.all())
    CHECK(blocked.loop != idle_number);
}

TEST_CASE("watchdog: loops may come and go while it looks and samples") {
  Reports reports;
  const Watchdog watchdog(1ms, reports.sink());
  std::atomic<bool> ends{false};
  const auto block_for_a_moment = [](Clock::duration time) -> Async<void> {
    const Clock::time_point until = Clock::now() + time;
    while (Clock::now() < until) {
    }
    co_return;
  };
  const auto come_and_go = [&](Clock::duration time) {
    while (!ends)
      run(block_for_a_moment(time));
  };
  std::thread first([&] { come_and_go(3ms); });
  std::thread second([&] { come_and_go(2ms); });
  reports.wait_for(20, [](const BlockedLoop&) { return true; });
  ends = true;
  first.join();
  second.join();
  const auto seen = reports.all();
  std::vector<std::uint64_t> numbers;
  for (const BlockedLoop& blocked : seen)
    numbers.push_back(blocked.loop);
  std::sort(numbers.begin(), numbers.end());
  CHECK(numbers.front() < numbers.back());
}

TEST_CASE("watchdog: several may watch at a time") {
  Reports first;
  Reports second;
  const Watchdog one(3ms, first.sink());
  const Watchdog two(3ms, second.sink());
  SpinningLoop loop;
  const auto is_spinner = [](const BlockedLoop& blocked) { return blocked.task == "spinner"; };
  CHECK(first.wait_for(2, is_spinner).size() >= 2);
  CHECK(second.wait_for(2, is_spinner).size() >= 2);
}

TEST_CASE("watchdog: without a report of one's own it warns") {
  std::mutex mutex;
  std::condition_variable came;
  std::string warning;
  set_warning_handler([&](const std::string& text) {
    const std::lock_guard lock(mutex);
    if (text.find("spinner") == std::string::npos) return;
    warning = text;
    came.notify_all();
  });
  {
    const Watchdog watchdog(5ms);
    SpinningLoop loop;
    std::unique_lock lock(mutex);
    came.wait(lock, [&] { return !warning.empty(); });
    CHECK(warning.starts_with("event loop " + std::to_string(loop.number()) + " (thread "));
  }
  set_warning_handler({});
  CHECK(warning.find(") is blocked for 0.") != std::string::npos);
  CHECK(warning.find(" s by task 'spinner'\n  in ") != std::string::npos);
  CHECK(warning.find("\n  in coroutine ") != std::string::npos);
}

TEST_CASE("watchdog: a report that throws is not the end of it") {
  std::atomic<int> reported{0};
  std::atomic<int> errors{0};
  set_exception_handler([&](const ExceptionContext& context) {
    if (context.message == "the report of a blocked loop failed") ++errors;
  });
  {
    const Watchdog watchdog(2ms, [&](const BlockedLoop&) {
      ++reported;
      throw std::runtime_error("no");
    });
    SpinningLoop loop;
    while (reported < 3)
      std::this_thread::yield();
  }
  set_exception_handler({});
  CHECK(errors >= 3);
}

TEST_CASE("watchdog: a limit that is not above 0 is refused") {
  CHECK_THROWS_WITH_AS(Watchdog(0ms), "a watchdog needs a limit above 0", std::invalid_argument);
  CHECK_THROWS_AS(Watchdog(-1ms), std::invalid_argument);
}

TEST_CASE("watchdog: it ends at once, whatever its limit is") {
  std::optional<Watchdog> watchdog(std::in_place, std::chrono::hours(24));
  watchdog.reset();
  CHECK_FALSE(watchdog.has_value());
}

TEST_CASE("watchdog: a program that handles SIGURG itself keeps doing so, and reports come without stacks") {
  detail::prepare_samples();
  struct sigaction before{};
  struct sigaction own{};
  own.sa_handler = [](int) {};
  sigemptyset(&own.sa_mask);
  REQUIRE(sigaction(SIGURG, &own, &before) == 0);
  {
    Reports reports;
    const Watchdog watchdog(5ms, reports.sink());
    SpinningLoop loop;
    const auto blocked =
        reports.wait_for(1, [&](const BlockedLoop& report) { return report.loop == loop.number(); }).front();
    CHECK(blocked.task.empty());
    CHECK(blocked.thread_stack.empty());
    CHECK(blocked.async_stack.empty());
  }
  struct sigaction still{};
  REQUIRE(sigaction(SIGURG, &before, &still) == 0);
  const bool is_the_same = still.sa_handler == own.sa_handler;
  CHECK(is_the_same);
}

// --- how it looks ---

TEST_CASE("watchdog: a report as text") {
  BlockedLoop blocked;
  blocked.loop = 3;
  blocked.thread = 42;
  blocked.blocked = 1500ms;
  CHECK(to_string(blocked) == "event loop 3 (thread 42) is blocked for 1.500 s");
  blocked.task = "GET /";
  blocked.thread_stack = {{"nanosleep"}, {"handler()", "a.cpp", 7}};
  blocked.async_stack = {{"f()", "b.cpp", 8}};
  CHECK(to_string(blocked) ==
        "event loop 3 (thread 42) is blocked for 1.500 s by task 'GET /'\n"
        "  in nanosleep\n"
        "  in handler() (a.cpp:7)\n"
        "  in coroutine f() (b.cpp:8)");
}

TEST_SUITE_END();
