// SPDX-License-Identifier: BSL-1.0
#include "coroute/testing/left_behind.hpp"

#include <utility>

namespace coroute {
namespace {

std::string counted(std::size_t count, const char* what) {
  return std::to_string(count) + ' ' + what + (count == 1 ? "" : "s");
}

std::string describe(const LeftTask& left) {
  std::string text = "\n  task '" + left.task.name + "'";
  if (!left.started_in.empty()) text += ", started in " + left.started_in;
  if (!left.task.waits_for.empty()) text += ", waits for " + left.task.waits_for;
  for (const StackEntry& entry : left.task.stack)
    text += "\n    at " + to_string(entry);
  return text;
}

std::string describe(const std::vector<LeftTask>& tasks, std::size_t callbacks) {
  std::string text = "left behind by the test: ";
  if (!tasks.empty()) text += counted(tasks.size(), "task");
  if (!tasks.empty() && callbacks > 0) text += " and ";
  if (callbacks > 0) text += counted(callbacks, "callback") + " of call_later or call_at";
  for (const LeftTask& left : tasks)
    text += describe(left);
  return text;
}

}  // namespace

LeftBehind::LeftBehind(std::vector<LeftTask> tasks, std::size_t callbacks)
    : std::logic_error(describe(tasks, callbacks)), tasks_(std::move(tasks)), callbacks_(callbacks) {}

}  // namespace coroute
