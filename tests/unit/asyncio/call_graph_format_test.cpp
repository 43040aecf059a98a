// SPDX-License-Identifier: BSL-1.0
// How the tree of all tasks looks: cases of CPython's test_tools.py, with snapshots made up by hand.
#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "coroute/asyncio/call_graph.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TaskSnapshot task(std::uint64_t id, std::string name, std::vector<std::uint64_t> awaits = {}) {
  TaskSnapshot snapshot;
  snapshot.id = id;
  snapshot.name = std::move(name);
  snapshot.awaits = std::move(awaits);
  if (!snapshot.awaits.empty()) snapshot.waits_for = "Task";
  return snapshot;
}

LoopSnapshot loop_of(std::uint64_t number, std::vector<TaskSnapshot> tasks) {
  LoopSnapshot snapshot;
  snapshot.number = number;
  snapshot.thread = static_cast<int>(100 + number);
  snapshot.tasks = std::move(tasks);
  return snapshot;
}

/// The tree without ages and waits: indentation, "Task", id and name.
std::string outline(const std::vector<LoopSnapshot>& loops) {
  const std::string tree = format_task_tree(loops);
  std::string text;
  std::size_t begin = 0;
  while (begin < tree.size()) {
    const std::size_t end = tree.find('\n', begin);
    const std::string line = tree.substr(begin, end - begin);
    text += line.substr(0, line.find(',')) + "\n";
    begin = end + 1;
  }
  return text;
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

TEST_CASE("task tree: each task below those that wait for it, once (TestAsyncioToolsTree.test_asyncio_utils)") {
  const std::vector<LoopSnapshot> loops{loop_of(
      1, {task(2, "Task-1", {8, 9}), task(3, "timer"), task(8, "root1", {4, 6}), task(9, "root2", {5, 7}),
          task(4, "child1_1", {3}), task(6, "child2_1", {3}), task(7, "child1_2", {3}), task(5, "child2_2", {3})})};
  CHECK(outline(loops) ==
        "loop 1 (thread 101): 8 tasks\n"
        "  Task 2 'Task-1'\n"
        "    Task 8 'root1'\n"
        "      Task 4 'child1_1'\n"
        "        Task 3 'timer'\n"
        "      Task 6 'child2_1'\n"
        "        Task 3 'timer' (see above)\n"
        "    Task 9 'root2'\n"
        "      Task 5 'child2_2'\n"
        "        Task 3 'timer' (see above)\n"
        "      Task 7 'child1_2'\n"
        "        Task 3 'timer' (see above)\n");
}

TEST_CASE("task tree: several loops, some without tasks (TestAsyncioToolsTree.test_asyncio_utils)") {
  LoopSnapshot blocked = loop_of(4, {});
  blocked.answered = false;
  CHECK(outline({loop_of(1, {task(5, "Task-5", {6, 7}), task(6, "Task-6"), task(7, "Task-7")}),
                 loop_of(2, {task(1, "Task-1")}), loop_of(3, {}), blocked}) ==
        "loop 1 (thread 101): 3 tasks\n"
        "  Task 5 'Task-5'\n"
        "    Task 6 'Task-6'\n"
        "    Task 7 'Task-7'\n"
        "loop 2 (thread 102): 1 task\n"
        "  Task 1 'Task-1'\n"
        "loop 3 (thread 103): 0 tasks\n"
        "loop 4 (thread 104): blocked\n");
  CHECK(format_task_tree({blocked}) == "loop 4 (thread 104): blocked, its tasks are not known\n");
}

TEST_CASE("task tree: a task may wait for one of another loop") {
  CHECK(outline({loop_of(1, {task(1, "awaited"), task(2, "other")}), loop_of(2, {task(3, "awaits", {1})})}) ==
        "loop 1 (thread 101): 2 tasks\n"
        "  Task 2 'other'\n"
        "loop 2 (thread 102): 1 task\n"
        "  Task 3 'awaits'\n"
        "    Task 1 'awaited'\n");
}

TEST_CASE("task tree: nothing of nothing (test_empty_input_tree)") {
  CHECK(format_task_tree({}).empty());
}

TEST_CASE("task tree: tasks that wait for nobody are all at the top (test_only_independent_tasks_tree)") {
  CHECK(outline({loop_of(1, {task(10, "taskA"), task(11, "taskB")})}) ==
        "loop 1 (thread 101): 2 tasks\n"
        "  Task 10 'taskA'\n"
        "  Task 11 'taskB'\n");
}

TEST_CASE("task tree: a cycle below other tasks is reported (TestAsyncioToolsTree.test_asyncio_utils_cycle)") {
  CHECK(outline({loop_of(1, {task(2, "Task-1", {3}), task(3, "a", {4}), task(4, "b", {3})})}) ==
        "loop 1 (thread 101): 3 tasks\n"
        "  Task 2 'Task-1'\n"
        "    Task 3 'a'\n"
        "      Task 4 'b'\n"
        "        Task 3 'a' (a cycle: see above)\n");
}

TEST_CASE("task tree: cycles that nothing waits for are reported (TestAsyncioToolsTree.test_asyncio_utils_cycle)") {
  CHECK(
      outline({loop_of(1, {task(1, "hangs below"), task(2, "a", {3, 1}), task(3, "b", {2}), task(4, "alone", {4})})}) ==
      "loop 1 (thread 101): 4 tasks\n"
      "tasks that wait for each other in a cycle:\n"
      "  Task 2 'a'\n"
      "    Task 3 'b'\n"
      "      Task 2 'a' (a cycle: see above)\n"
      "    Task 1 'hangs below'\n"
      "tasks that wait for each other in a cycle:\n"
      "  Task 4 'alone'\n"
      "    Task 4 'alone' (a cycle: see above)\n");
}

TEST_CASE("task tree: what is awaited and not there is left out (test_task_with_missing_awaiter_id)") {
  CHECK(outline({loop_of(1, {task(5, "Task-A", {999})})}) ==
        "loop 1 (thread 101): 1 task\n"
        "  Task 5 'Task-A'\n");
}

TEST_CASE("task tree: a name stays in its line") {
  CHECK(outline({loop_of(1, {task(5, "evil\nloop 2\x1b[2J")})}) ==
        "loop 1 (thread 101): 1 task\n"
        "  Task 5 'evil?loop 2?[2J'\n");
}

TEST_CASE("task tree: a chain of 10,000 tasks needs no recursion (test_deep_coroutines)") {
  std::vector<TaskSnapshot> tasks;
  for (std::uint64_t id = 1; id < 10'000; ++id)
    tasks.push_back(task(id, "t", {id + 1}));
  tasks.push_back(task(10'000, "last"));
  const std::string tree = format_task_tree({loop_of(1, std::move(tasks))});
  CHECK(contains(tree, "Task 10000 'last'"));
  CHECK_FALSE(contains(tree, "cycle"));
  CHECK(tree.size() < 10'000 * 300);
}

TEST_CASE("task tree: a deadline that has passed says so") {
  TaskSnapshot late = task(1, "late");
  late.time_left = -1500ms;
  CHECK(contains(format_task_tree({loop_of(1, {late})}), "'late', 0.000 s old, deadline passed 1.500 s ago, running"));
}

TEST_SUITE_END();
