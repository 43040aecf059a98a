// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What runs and what it waits for: the call graph of a task, and all tasks of all loops.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "coroute/asyncio/task.hpp"

namespace coroute {

/// A task as it stood when somebody looked.
struct TaskSnapshot {
  std::uint64_t id = 0;
  std::string name;
  Clock::duration age{};                       ///< Since it was created, in the time of its loop.
  std::optional<Clock::duration> time_left{};  ///< Until its deadline or time-out; negative when that has passed.
  std::vector<StackEntry> stack{};             ///< Innermost coroutine first; its line is that of the await.
  std::string waits_for{};                     ///< "sleep", "Semaphore.acquire"; empty: it runs, or is about to.
  Clock::duration waiting{};                   ///< For how long.
  std::vector<std::uint64_t> awaits{};         ///< Ids of the tasks whose end it waits for.
};

/// The tasks of one loop.
struct LoopSnapshot {
  std::uint64_t number = 0;  ///< Of the loop: 1 for the first of the process.
  int thread = 0;            ///< The kernel's id of its thread.
  bool answered = true;      ///< False: the loop is blocked, so its tasks are not known.
  std::vector<TaskSnapshot> tasks{};
};

/// asyncio's capture_call_graph: a task, and what awaits it.
struct CallGraph {
  TaskSnapshot task;
  std::vector<CallGraph> awaited_by{};
};

/// The tasks of a loop that are not done. The loop's thread only.
LoopSnapshot capture_tasks(EventLoop& loop = EventLoop::current());

/// The tasks of every loop that runs, oldest loop first. Any thread; waits up to `patience` for loops that are busy.
std::vector<LoopSnapshot> capture_all_tasks(Clock::duration patience = std::chrono::seconds(1));

/// `task` and, recursively, the tasks of its loop that wait for it. The task's loop only. A cycle is cut where it
/// closes.
CallGraph capture_call_graph(const AnyTask& task);

/// asyncio's format_call_graph, for a task of this loop; without one, for the current task.
std::string format_call_graph(const AnyTask& task);
std::string format_call_graph();
/// Writes that to stderr.
void print_call_graph(const AnyTask& task);
void print_call_graph();

/// All tasks as a tree, each below what waits for it, with its age, deadline, and line: asyncio's pstree.
std::string format_task_tree(const std::vector<LoopSnapshot>& loops);

}  // namespace coroute
