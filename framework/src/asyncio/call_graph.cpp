// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/call_graph.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

namespace coroute {
namespace {

TaskSnapshot snapshot_of(const detail::TaskState& task, Clock::time_point now) {
  TaskSnapshot snapshot;
  snapshot.id = task.id();
  snapshot.name = task.name();
  snapshot.age = now - task.created();
  if (const auto deadline = detail::deadline_of(task)) snapshot.time_left = *deadline - now;
  snapshot.stack = task.stack();
  if (const detail::Suspension* waiting = task.waiting()) {
    snapshot.waits_for = waiting->describe();
    snapshot.waiting = now - task.waiting_since();
    std::vector<const detail::TaskState*> awaited;
    waiting->list_awaited(awaited);
    for (const detail::TaskState* one : awaited)
      snapshot.awaits.push_back(one->id());
  }
  return snapshot;
}

/// A question to a loop of another thread, which may answer when nobody waits any more.
struct Question : detail::Runnable {
  Question() noexcept : Runnable(&answer, &refuse) {}

  static void answer(Runnable& node) noexcept {
    auto& self = static_cast<Question&>(node);
    std::optional<LoopSnapshot> found;
    try {
      found = capture_tasks();
    } catch (const std::bad_alloc&) {
    }
    self.finish(std::move(found));
  }
  static void refuse(Runnable& node) noexcept { static_cast<Question&>(node).finish(std::nullopt); }

  void finish(std::optional<LoopSnapshot> found) noexcept {
    const std::shared_ptr<Question> alive = std::move(itself);
    const std::lock_guard lock(mutex);
    snapshot = std::move(found);
    done = true;
    end.notify_all();
  }

  std::mutex mutex;
  std::condition_variable end;
  bool done = false;
  std::optional<LoopSnapshot> snapshot;
  std::shared_ptr<Question> itself;  // while the loop has it
};

std::string seconds(Clock::duration time) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3f s", std::chrono::duration<double>(time).count());
  return text.data();
}

/// A name in one line, whatever it consists of.
std::string printable(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
  return name;
}

std::string title(const TaskSnapshot& task) {
  return "Task " + std::to_string(task.id) + " '" + printable(task.name) + "'";
}

std::string headline(const TaskSnapshot& task) {
  std::string text = title(task) + ", " + seconds(task.age) + " old";
  if (task.time_left) {
    const bool passed = *task.time_left < Clock::duration::zero();
    text += passed ? ", deadline passed " + seconds(-*task.time_left) + " ago"
                   : ", deadline in " + seconds(*task.time_left);
  }
  if (task.waits_for.empty()) return text + ", running or ready";
  return text + ", waits for " + task.waits_for + " since " + seconds(task.waiting);
}

using TasksById = std::unordered_map<std::uint64_t, const TaskSnapshot*>;
using Awaiters = std::unordered_map<std::uint64_t, std::vector<const TaskSnapshot*>>;

void add_awaiters(Awaiters& awaiters, const std::vector<TaskSnapshot>& tasks) {
  for (const TaskSnapshot& task : tasks) {
    for (const std::uint64_t id : task.awaits) {
      std::vector<const TaskSnapshot*>& of_one = awaiters[id];
      if (of_one.empty() || of_one.back() != &task) of_one.push_back(&task);
    }
  }
}

/// Climbs from a task to those that wait for it, the nearest first. Tasks that are awaited by several, which are
/// awaited by several, have many paths upwards: the graph ends where there are too many.
class GraphBuilder {
 public:
  explicit GraphBuilder(const std::vector<TaskSnapshot>& tasks) { add_awaiters(awaiters_, tasks); }

  CallGraph build(TaskSnapshot task) {
    CallGraph root{std::move(task)};
    to_do_.push_back({&root, nullptr, 1});
    for (std::size_t next = 0; next < to_do_.size(); ++next)
      add_level(to_do_[next]);
    return root;
  }

 private:
  struct Step {
    CallGraph* graph;
    const Step* below;
    std::size_t depth;
  };

  void add_level(const Step& step) {
    const auto found = awaiters_.find(step.graph->task.id);
    if (found == awaiters_.end() || step.depth == max_depth) return;
    std::vector<CallGraph>& above = step.graph->awaited_by;
    above.reserve(found->second.size());  // so that pointers to its elements stay valid
    for (const TaskSnapshot* awaiter : found->second) {
      if (to_do_.size() == max_size || is_on_path(step, awaiter->id)) continue;
      above.push_back({*awaiter});
      to_do_.push_back({&above.back(), &step, step.depth + 1});
    }
  }

  static bool is_on_path(const Step& end, std::uint64_t task) {
    for (const Step* step = &end; step; step = step->below) {
      if (step->graph->task.id == task) return true;
    }
    return false;
  }

  static constexpr std::size_t max_depth = 200;
  static constexpr std::size_t max_size = 10'000;
  Awaiters awaiters_;
  std::deque<Step> to_do_;
};

void write_graph(std::string& text, const CallGraph& graph, const std::string& indent) {
  text += indent + "* Task(name='" + printable(graph.task.name) + "', id=" + std::to_string(graph.task.id) + ")\n";
  text += indent + "  + Call stack:\n";
  for (const StackEntry& entry : graph.task.stack)
    text += indent + "  |   " + to_string(entry) + "\n";
  if (graph.awaited_by.empty()) return;
  text += indent + "  + Awaited by:\n";
  for (const CallGraph& awaiting : graph.awaited_by)
    write_graph(text, awaiting, indent + "     ");
}

/// Writes tasks below those that wait for them, each once.
class TreeWriter {
 public:
  explicit TreeWriter(const std::vector<LoopSnapshot>& loops) : loops_(loops) {
    for (const LoopSnapshot& loop : loops_) {
      add_awaiters(awaiters_, loop.tasks);
      for (const TaskSnapshot& task : loop.tasks)
        by_id_.emplace(task.id, &task);
    }
  }

  std::string write() {
    for (const LoopSnapshot& loop : loops_)
      write_loop(loop);
    // What is left can't be reached from a task that nobody waits for.
    for (const LoopSnapshot& loop : loops_) {
      for (const TaskSnapshot& task : loop.tasks) {
        if (written_.contains(task.id)) continue;
        text_ += "tasks that wait for each other in a cycle:\n";
        write_tree(some_cycle_above(task));
      }
    }
    return std::move(text_);
  }

 private:
  void write_loop(const LoopSnapshot& loop) {
    text_ += "loop " + std::to_string(loop.number) + " (thread " + std::to_string(loop.thread) + "): ";
    if (!loop.answered) {
      text_ += "blocked, its tasks are not known\n";
      return;
    }
    text_ += std::to_string(loop.tasks.size()) + (loop.tasks.size() == 1 ? " task\n" : " tasks\n");
    for (const TaskSnapshot& task : loop.tasks) {
      if (!awaiters_.contains(task.id)) write_tree(task);
    }
  }

  /// Without recursion: tasks may be chained by the thousand.
  void write_tree(const TaskSnapshot& root) {
    struct Step {
      const TaskSnapshot* task;
      std::size_t depth;
      bool leaves;
    };
    std::vector<Step> to_do{{&root, 1, false}};
    std::unordered_set<std::uint64_t> path;
    while (!to_do.empty()) {
      const Step step = to_do.back();
      to_do.pop_back();
      if (step.leaves) {
        path.erase(step.task->id);
      } else if (written_.insert(step.task->id).second) {
        write_task(*step.task, step.depth);
        path.insert(step.task->id);
        to_do.push_back({step.task, step.depth, true});
        for (auto id = step.task->awaits.rbegin(); id != step.task->awaits.rend(); ++id) {
          const auto awaited = by_id_.find(*id);
          if (awaited != by_id_.end()) to_do.push_back({awaited->second, step.depth + 1, false});
        }
      } else {
        const bool is_cycle = path.contains(step.task->id);
        text_ += indent(step.depth) + title(*step.task) + (is_cycle ? " (a cycle: see above)\n" : " (see above)\n");
      }
    }
  }

  void write_task(const TaskSnapshot& task, std::size_t depth) {
    text_ += indent(depth) + headline(task) + "\n";
    for (const StackEntry& entry : task.stack)
      text_ += indent(depth) + "    at " + to_string(entry) + "\n";
  }

  static std::string indent(std::size_t depth) { return std::string(2 * std::min(depth, max_indented), ' '); }

  /// Above a task that was not reached nobody was: whoever climbs there has no end, and so walks in a circle.
  const TaskSnapshot& some_cycle_above(const TaskSnapshot& task) const {
    const TaskSnapshot* here = &task;
    std::unordered_set<std::uint64_t> passed;
    while (passed.insert(here->id).second)
      here = awaiters_.at(here->id).front();
    return *here;
  }

  static constexpr std::size_t max_indented = 100;
  const std::vector<LoopSnapshot>& loops_;
  TasksById by_id_;
  Awaiters awaiters_;
  std::unordered_set<std::uint64_t> written_;
  std::string text_;
};

AnyTask require_current_task() {
  std::optional<AnyTask> task = current_task();
  if (!task) throw RuntimeError("no task runs here: name the one to show");
  return *task;
}

}  // namespace

LoopSnapshot capture_tasks(EventLoop& loop) {
  const std::optional<detail::LoopProgress> progress = EventLoop::progress_of(&loop);
  LoopSnapshot snapshot;
  if (progress) snapshot.number = progress->number;
  if (progress) snapshot.thread = progress->thread;
  const Clock::time_point now = loop.time_after(Clock::duration::zero());
  for (const detail::TaskRef& task : loop.tasks())
    snapshot.tasks.push_back(snapshot_of(*task.get(), now));
  return snapshot;
}

std::vector<LoopSnapshot> capture_all_tasks(Clock::duration patience) {
  const Clock::time_point until = Clock::now() + patience;
  std::vector<std::pair<EventLoop*, std::shared_ptr<Question>>> asked;
  for (EventLoop* loop : EventLoop::all()) {
    const auto question = std::make_shared<Question>();
    question->itself = question;
    if (loop == EventLoop::current_or_null()) {
      Question::answer(*question);
    } else {
      const auto progress = EventLoop::progress_of(loop);
      if (!progress || progress->thread == 0 || !EventLoop::post_if_alive(loop, *question)) {
        question->itself.reset();
        continue;
      }
    }
    asked.emplace_back(loop, question);
  }
  std::vector<LoopSnapshot> all;
  for (const auto& [loop, question] : asked) {
    std::unique_lock lock(question->mutex);
    question->end.wait_until(lock, until, [&q = *question] { return q.done; });
    if (question->snapshot) {
      all.push_back(std::move(*question->snapshot));
    } else if (const auto progress = EventLoop::progress_of(loop);
               progress && progress->thread != 0 && !question->done) {
      LoopSnapshot silent;
      silent.number = progress->number;
      silent.thread = progress->thread;
      silent.answered = false;
      all.push_back(std::move(silent));
    }
  }
  return all;
}

CallGraph capture_call_graph(const AnyTask& task) {
  EventLoop& loop = task.state().loop();
  const LoopSnapshot all = capture_tasks(loop);
  return GraphBuilder(all.tasks).build(snapshot_of(task.state(), loop.time_after(Clock::duration::zero())));
}

std::string format_call_graph(const AnyTask& task) {
  std::string text;
  write_graph(text, capture_call_graph(task), "");
  return text;
}

std::string format_call_graph() {
  return format_call_graph(require_current_task());
}

void print_call_graph(const AnyTask& task) {
  std::fputs(format_call_graph(task).c_str(), stderr);
}

void print_call_graph() {
  print_call_graph(require_current_task());
}

std::string format_task_tree(const std::vector<LoopSnapshot>& loops) {
  return TreeWriter(loops).write();
}

}  // namespace coroute
