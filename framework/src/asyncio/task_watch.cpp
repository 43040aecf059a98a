// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/detail/task_watch.hpp"

#include <atomic>
#include <memory>
#include <unordered_map>

namespace coroute::detail {

/// All watches of one task. It stays until the task is done, so that watching a task again and again costs nothing that
/// lasts.
struct TaskWatch::Hub : DoneNode {
  explicit Hub(Registry& registry) noexcept : DoneNode(&on_done), registry(registry) {}
  static void on_done(DoneNode& node, TaskState& task) noexcept;

  Registry& registry;
  IntrusiveList<TaskWatch> watches;
};

struct TaskWatch::Registry : LoopLocal {
  static Registry& of(EventLoop& loop) {
    static constexpr char key = 0;
    auto* registry = static_cast<Registry*>(loop.local(&key));
    if (!registry) {
      auto made = std::make_unique<Registry>();
      registry = made.get();
      loop.set_local(&key, std::move(made));
    }
    return *registry;
  }

  std::unordered_map<TaskState*, std::unique_ptr<Hub>> hubs;
};

void TaskWatch::Hub::on_done(DoneNode& node, TaskState& task) noexcept {
  auto& self = static_cast<Hub&>(node);
  const auto entry = self.registry.hubs.extract(&task);  // a callback may look for it
  while (!self.watches.empty()) {
    TaskWatch& watch = self.watches.pop_front();
    watch.callback_(watch, task);
  }
}

bool TaskWatch::start(TaskState& task) {
  if (task.done()) return false;
  Registry& registry = Registry::of(task.loop());
  auto [entry, is_new] = registry.hubs.try_emplace(&task);
  if (is_new) {
    try {
      entry->second = std::make_unique<Hub>(registry);
    } catch (...) {
      registry.hubs.erase(entry);
      throw;
    }
    task.notify_when_done(*entry->second);
  }
  entry->second->watches.push_back(*this);
  return true;
}

void TaskWatch::stop() noexcept {
  if (linked()) IntrusiveList<TaskWatch>::remove(*this);
}

/// Belongs to the task that waits and to the one of another loop that is waited for; whoever takes `waiter` first
/// decides whether the wait ended or was cancelled.
class TaskEnd::RemoteNode : public DoneNode {
 public:
  explicit RemoteNode(TaskEnd& waiter) noexcept : DoneNode(&on_done), waiter_(&waiter) {}

  /// False: the waiter has been woken.
  bool abandon() noexcept { return waiter_.exchange(nullptr, std::memory_order_acq_rel) != nullptr; }
  void release() noexcept {
    if (owners_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

 private:
  static void on_done(DoneNode& node, TaskState&) noexcept {
    auto& self = static_cast<RemoteNode&>(node);
    if (TaskEnd* waiter = self.waiter_.exchange(nullptr, std::memory_order_acq_rel)) waiter->wake();
    self.release();
  }

  std::atomic<TaskEnd*> waiter_;
  std::atomic<int> owners_{2};
};

TaskEnd::~TaskEnd() {
  if (!remote_) return;
  remote_->abandon();
  remote_->release();
}

bool TaskEnd::start(FrameBase& frame) {
  check_not_current(target_.state());
  if (!begin(frame)) return false;
  if (&target_.state().loop() == &task_->loop()) {
    try {
      if (watch_.start(target_.state())) return true;
    } catch (...) {
      withdraw();
      throw;
    }
  } else {
    auto node = std::make_unique<RemoteNode>(*this);
    if (target_.state().notify_when_done(*node)) {
      remote_ = node.release();
      return true;
    }
  }
  wake();  // done meanwhile, or the budget is spent: only gives others a turn
  return true;
}

CancelOutcome TaskEnd::cancel() noexcept {
  const bool was_waiting = remote_ ? remote_->abandon() : watch_.active();
  if (!was_waiting) return CancelOutcome::Refused;
  watch_.stop();
  return CancelOutcome::Aborted;
}

}  // namespace coroute::detail
