// SPDX-License-Identifier: BSL-1.0
#pragma once
/// asyncio's debug mode: slow steps, coroutines that nobody awaited, tasks that were left over.
#include <string>

#include "coroute/asyncio/clock.hpp"
#include "coroute/asyncio/function.hpp"

namespace coroute {

/// On when the environment has COROUTE_DEBUG=1, else off. A loop in debug mode warns, by the warning handler, of
///  - steps of a task and callbacks that hold the loop up for longer than the slow step limit, with their source lines;
///  - coroutines that were destroyed without having been awaited;
///  - tasks that were still running when `run` or the loop ended;
///  - `call_soon` and `call_at` from a thread that is not the loop's: they throw RuntimeError.
/// Tasks remember where they were created (`Task::creation_stack`). Costs two clock reads a step. Any thread; for loops
/// that run, it takes effect at once.
void set_debug(bool enabled) noexcept;
bool debug_enabled() noexcept;

/// asyncio's slow_callback_duration; 100 ms unless told.
void set_slow_step_limit(Clock::duration limit) noexcept;
Clock::duration slow_step_limit() noexcept;

/// Where warnings go: lines on stderr unless told. An empty handler brings that back. Set it before loops run.
void set_warning_handler(Function<void(const std::string&)> handler);
void call_warning_handler(const std::string& warning) noexcept;

}  // namespace coroute

// Implementation

namespace coroute {
class EventLoop;
struct StackEntry;
}  // namespace coroute

namespace coroute::detail {

class TaskState;
struct FrameBase;

void warn_of_left_over_tasks(EventLoop& loop) noexcept;
void warn_of_lost_tasks(EventLoop& loop) noexcept;
/// `resumed`: where the task, if it was one, went on.
void warn_of_slow_step(Clock::duration took, const TaskState* task, const StackEntry& resumed) noexcept;
/// Called when a coroutine that never began is destroyed.
void note_never_awaited(const FrameBase& frame) noexcept;

/// "task 'x' at f (file:1) in g (file:2)": who and where, innermost first.
std::string describe_task(const TaskState& task);

}  // namespace coroute::detail
