// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/debug.hpp"

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "coroute/asyncio/detail/task_state.hpp"
#include "coroute/asyncio/event_loop.hpp"

namespace coroute {
namespace {

bool wanted_by_environment() noexcept {
  const char* const value = std::getenv("COROUTE_DEBUG");
  return value && *value != '\0' && std::string_view(value) != "0";
}

std::atomic<bool> debug{wanted_by_environment()};
std::atomic<Clock::duration> slow_limit{std::chrono::milliseconds(100)};

void print_to_stderr(const std::string& warning) {
  std::fputs((warning + "\n").c_str(), stderr);
}

Function<void(const std::string&)>& warning_handler() {
  static auto* const handler = new Function<void(const std::string&)>(&print_to_stderr);  // outlives static pools
  return *handler;
}

void warn_of_tasks(EventLoop& loop, const char* what) noexcept {
  try {
    for (const detail::TaskRef& task : loop.tasks())
      call_warning_handler(what + detail::describe_task(*task.get()));
  } catch (...) {
    std::fputs("coroute: out of memory while tasks were listed\n", stderr);
  }
}

}  // namespace

void set_debug(bool enabled) noexcept {
  debug.store(enabled, std::memory_order_relaxed);
}

bool debug_enabled() noexcept {
  return debug.load(std::memory_order_relaxed);
}

void set_slow_step_limit(Clock::duration limit) noexcept {
  slow_limit.store(limit, std::memory_order_relaxed);
}

Clock::duration slow_step_limit() noexcept {
  return slow_limit.load(std::memory_order_relaxed);
}

void set_warning_handler(Function<void(const std::string&)> handler) {
  warning_handler() = handler ? std::move(handler) : Function<void(const std::string&)>(&print_to_stderr);
}

void call_warning_handler(const std::string& warning) noexcept {
  try {
    warning_handler()(warning);
  } catch (...) {
    std::fputs("coroute: the warning handler itself threw\n", stderr);
  }
}

namespace detail {

void warn_of_left_over_tasks(EventLoop& loop) noexcept {
  warn_of_tasks(loop, "still running when the main task ended, and cancelled: ");
}

void warn_of_lost_tasks(EventLoop& loop) noexcept {
  warn_of_tasks(loop, "the event loop was destroyed with a task that is not done: ");
}

void warn_of_slow_step(Clock::duration took, const TaskState* task, const StackEntry& resumed) noexcept {
  try {
    std::string text = task ? "executing task '" + task->name() + "'" : std::string("executing a callback");
    std::array<char, 32> seconds{};
    std::snprintf(seconds.data(), seconds.size(), " took %.3f s", std::chrono::duration<double>(took).count());
    text += seconds.data();
    if (task) {
      text.append(": from ").append(to_string(resumed));
      text.append(task->done() ? " to its end" : " to " + to_string(task->top->stack_entry()));
    }
    call_warning_handler(text);
  } catch (const std::bad_alloc&) {
  }
}

void note_never_awaited(const FrameBase& frame) noexcept {
  if (!debug_enabled()) return;
  const TaskState* const task = TaskState::current();
  if (task && task->never_entered()) return;  // it goes with its task, which was cancelled
  try {
    call_warning_handler("coroutine was never awaited: " + to_string(frame.stack_entry()));
  } catch (const std::bad_alloc&) {
  }
}

std::string describe_task(const TaskState& task) {
  std::string text = "task '" + task.name() + "'";
  const char* separator = " at ";
  for (const StackEntry& entry : task.stack()) {
    text.append(separator).append(to_string(entry));
    separator = ", in ";
  }
  if (const Suspension* waiting = task.waiting()) text.append(", waits for ").append(waiting->describe());
  separator = ", created at ";
  for (const StackEntry& entry : task.creation_stack()) {
    text.append(separator).append(to_string(entry));
    separator = ", in ";
  }
  return text;
}

}  // namespace detail
}  // namespace coroute
