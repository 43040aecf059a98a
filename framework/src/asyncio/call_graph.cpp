// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/call_graph.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstdio>
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
  if (task.deadline != Clock::time_point::max()) snapshot.time_left = task.deadline - now;
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

std::string headline(const TaskSnapshot& task) {
  std::string text = "Task " + std::to_string(task.id) + " '" + task.name + "', " + seconds(task.age) + " old";
  if (task.time_left) text += ", deadline in " + seconds(*task.time_left);
  if (task.waits_for.empty()) return text + ", running or ready";
  return text + ", waits for " + task.waits_for + " since " + seconds(task.waiting);
}

CallGraph graph_of(const std::vector<TaskSnapshot>& tasks, const TaskSnapshot& task, std::vector<std::uint64_t>& path) {
  CallGraph graph{task};
  path.push_back(task.id);
  for (const TaskSnapshot& other : tasks) {
    const bool awaits = std::find(other.awaits.begin(), other.awaits.end(), task.id) != other.awaits.end();
    const bool in_path = std::find(path.begin(), path.end(), other.id) != path.end();
    if (awaits && !in_path) graph.awaited_by.push_back(graph_of(tasks, other, path));
  }
  path.pop_back();
  return graph;
}

void write_graph(std::string& text, const CallGraph& graph, const std::string& indent) {
  text += indent + "* Task(name='" + graph.task.name + "', id=" + std::to_string(graph.task.id) + ")\n";
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
      for (const TaskSnapshot& task : loop.tasks) {
        by_id_.emplace(task.id, &task);
        awaited_.insert(task.awaits.begin(), task.awaits.end());
      }
    }
  }

  std::string write() {
    for (const LoopSnapshot& loop : loops_) {
      text_ += "loop " + std::to_string(loop.number) + " (thread " + std::to_string(loop.thread) + "): ";
      if (!loop.answered) {
        text_ += "blocked, its tasks are not known\n";
        continue;
      }
      text_ += std::to_string(loop.tasks.size()) + (loop.tasks.size() == 1 ? " task\n" : " tasks\n");
      for (const TaskSnapshot& task : loop.tasks) {
        if (!awaited_.contains(task.id)) write_task(task, 1);
      }
    }
    // What is left waits for itself, directly or through others.
    for (const LoopSnapshot& loop : loops_) {
      for (const TaskSnapshot& task : loop.tasks) {
        if (written_.contains(task.id)) continue;
        text_ += "tasks that await each other in a cycle:\n";
        write_task(task, 1);
      }
    }
    return std::move(text_);
  }

 private:
  void write_task(const TaskSnapshot& task, std::size_t depth) {
    const std::string indent(depth * 2, ' ');
    if (depth > max_depth || !written_.insert(task.id).second) {
      text_ += indent + "Task " + std::to_string(task.id) + " '" + task.name + "' (see above)\n";
      return;
    }
    text_ += indent + headline(task) + "\n";
    for (const StackEntry& entry : task.stack)
      text_ += indent + "    at " + to_string(entry) + "\n";
    for (const std::uint64_t id : task.awaits) {
      const auto awaited = by_id_.find(id);
      if (awaited != by_id_.end()) write_task(*awaited->second, depth + 1);
    }
  }

  static constexpr std::size_t max_depth = 200;
  const std::vector<LoopSnapshot>& loops_;
  std::unordered_map<std::uint64_t, const TaskSnapshot*> by_id_;
  std::unordered_set<std::uint64_t> awaited_;
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
    } else if (const auto progress = EventLoop::progress_of(loop); progress && !question->done) {
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
  std::vector<std::uint64_t> path;
  return graph_of(all.tasks, snapshot_of(task.state(), loop.time_after(Clock::duration::zero())), path);
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
