// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Waiting for the end of a task without owning it: neither cancels it, nor has to stay until it ends.
#include "coroute/asyncio/detail/intrusive_list.hpp"
#include "coroute/asyncio/task.hpp"

namespace coroute::detail {

/// A call when a task of this loop is done, which can be taken back, unlike a DoneNode. Loop thread only.
class TaskWatch : private ListNode {
 public:
  using Callback = void (*)(TaskWatch&, TaskState&) noexcept;

  explicit TaskWatch(Callback callback) noexcept : callback_(callback) {}
  ~TaskWatch() { stop(); }
  TaskWatch(const TaskWatch&) = delete;
  TaskWatch& operator=(const TaskWatch&) = delete;

  /// False: the task is done already, and nothing will be called.
  bool start(TaskState& task);
  /// The call won't come.
  void stop() noexcept;
  bool active() const noexcept { return linked(); }

 private:
  friend class IntrusiveList<TaskWatch>;
  struct Hub;
  struct Registry;

  Callback callback_;
};

/// `co_await TaskEnd(task)` lasts until the task is done, whatever its outcome; a cancellation ends the wait and leaves
/// the task alone. The task may be of another loop.
class TaskEnd : public Suspension {
 public:
  explicit TaskEnd(AnyTask task) noexcept : watch_(*this), target_(std::move(task)) {}
  ~TaskEnd();

  bool await_ready() const noexcept { return target_.done() && spend_ready_budget(); }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> awaiting) {
    return start(awaiting.promise());
  }
  void await_resume() const { finish(); }

  CancelOutcome cancel() noexcept override;
  const char* describe() const noexcept override { return "Task"; }
  void list_awaited(std::vector<const TaskState*>& tasks) const override { tasks.push_back(&target_.state()); }

 protected:
  TaskState& target() const noexcept { return target_.state(); }

 private:
  struct Watch : TaskWatch {
    explicit Watch(TaskEnd& owner) noexcept : TaskWatch(&on_done), owner(owner) {}
    static void on_done(TaskWatch& watch, TaskState&) noexcept { static_cast<Watch&>(watch).owner.wake(); }
    TaskEnd& owner;
  };
  class RemoteNode;

  bool start(FrameBase& frame);

  Watch watch_;
  RemoteNode* remote_ = nullptr;
  AnyTask target_;
};

}  // namespace coroute::detail
