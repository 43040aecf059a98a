// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The tasks of a running process for tools: as JSON, and on a signal.
#include <csignal>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/asyncio/call_graph.hpp"
#include "coroute/asyncio/function.hpp"
#include "coroute/observe/logging.hpp"

namespace coroute {

/// One line: {"loops": [{loop, thread, answered, tasks: [{id, name, age_s, time_left_s or null, waits_for or null,
/// waiting_s, awaits: [id, ...], stack: [{function, file, line}, ...]}, ...]}, ...]}.
std::string task_tree_json(const std::vector<LoopSnapshot>& loops);

/// While it lives, a signal to the process has the tasks of all loops written, as `format_task_tree` or
/// `task_tree_json` show them: `kill -USR1 <pid>`. Loops that are blocked are waited for a second. Replaces what the
/// signal did before, and brings that back at its end.
class TaskTreeDumper {
 public:
  using Write = Function<void(std::string_view)>;

  /// `write` is called on the dumper's own thread with lines that end with a line end; empty: they go to stderr.
  /// RuntimeError while there is another dumper; std::system_error for a number that is no signal or can't be handled.
  explicit TaskTreeDumper(LogFormat format = LogFormat::Text, int signal = SIGUSR1, Write write = {});
  ~TaskTreeDumper();
  TaskTreeDumper(const TaskTreeDumper&) = delete;
  TaskTreeDumper& operator=(const TaskTreeDumper&) = delete;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace coroute
