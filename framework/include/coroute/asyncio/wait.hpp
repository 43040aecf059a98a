// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `wait(tasks)`: waits for some or all of several tasks and leaves them as they are.
#include <concepts>
#include <cstddef>
#include <deque>
#include <optional>
#include <ranges>
#include <utility>
#include <vector>

#include "coroute/asyncio/detail/task_watch.hpp"
#include "coroute/asyncio/event_loop.hpp"
#include "coroute/asyncio/task.hpp"

namespace coroute {

/// When `wait` returns: asyncio's ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION (all, unless one fails earlier; one
/// that is cancelled doesn't count as failed).
enum class ReturnWhen : unsigned char { AllCompleted, FirstCompleted, FirstException };

/// Each task once, in the order in which they were given. `Handle` is `Task<T>`, or `AnyTask` for tasks of several
/// types.
template <class Handle>
struct WaitResult {
  std::vector<Handle> done;
  std::vector<Handle> pending;
};

namespace detail {

/// A task of another loop is followed by one of this loop, which ends with it and may be cancelled for itself.
AnyTask follow_on_this_loop(const AnyTask& task);

class WaitSuspension : public Suspension, private Timer {
 public:
  WaitSuspension(const std::vector<AnyTask>& tasks, ReturnWhen when, std::optional<Clock::duration> timeout);
  ~WaitSuspension();

  bool await_ready() const noexcept { return is_over() && spend_ready_budget(); }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> awaiting) {
    return start(awaiting.promise());
  }
  void await_resume() const { finish(); }

  CancelOutcome cancel() noexcept override;
  const char* describe() const noexcept override { return "wait"; }
  void list_awaited(std::vector<const TaskState*>& tasks) const override;

 private:
  struct Watch : TaskWatch {
    Watch(WaitSuspension& owner, TaskState& task) noexcept : TaskWatch(&on_done), owner(owner), task(task) {}
    static void on_done(TaskWatch& base, TaskState&) noexcept {
      auto& watch = static_cast<Watch&>(base);
      watch.owner.on_task_done(watch.task);
    }
    WaitSuspension& owner;
    TaskState& task;  // as given, also when a follower is watched
  };

  static void on_fire(Timer& timer) noexcept { static_cast<WaitSuspension&>(timer).wake_once(); }
  bool start(FrameBase& frame);
  bool is_over() const noexcept { return remaining_ == 0 || satisfied_; }
  void count(TaskState& task) noexcept;
  void on_task_done(TaskState& task) noexcept;
  void wake_once() noexcept;

  std::deque<Watch> watches_;
  std::vector<AnyTask> followers_;  // of tasks of other loops
  std::optional<Clock::duration> timeout_;
  std::size_t remaining_ = 0;
  ReturnWhen return_when_;
  bool satisfied_ = false;
  bool waiting_ = false;
};

/// Each task once; std::invalid_argument when there is none.
std::vector<AnyTask> distinct_tasks(std::vector<AnyTask> tasks);

template <class Handle>
Async<WaitResult<Handle>> wait_for_tasks(std::vector<Handle> handles, ReturnWhen when,
                                         std::optional<Clock::duration> timeout) {
  const std::vector<AnyTask> tasks = distinct_tasks(std::vector<AnyTask>(handles.begin(), handles.end()));
  WaitSuspension some(tasks, when, timeout);
  co_await some;
  WaitResult<Handle> result;
  for (const AnyTask& task : tasks) {
    detail::TaskState& state = task.state();
    state.retain();
    (task.done() ? result.done : result.pending).push_back(Handle(TaskRef(&state)));
  }
  co_return result;
}

}  // namespace detail

/// Waits until `when` is fulfilled, at most for `timeout`; that gives no error but tasks that are pending. Throws no
/// error of a task and cancels none, not even when the waiting task is cancelled. With ReturnWhen::FirstException, an
/// error that was seen counts as retrieved. std::invalid_argument for an empty range. `std::vector<AnyTask>{a, b}`
/// takes tasks of several types.
///
///     auto result = co_await wait(tasks, ReturnWhen::FirstCompleted, 2s);
///     for (const Task<int>& task : result.done) use(task.result());
template <std::ranges::input_range Range>
  requires std::derived_from<std::ranges::range_value_t<Range>, AnyTask>
auto wait(Range&& tasks, ReturnWhen when = ReturnWhen::AllCompleted,
          std::optional<Clock::duration> timeout = std::nullopt) {
  std::vector<std::ranges::range_value_t<Range>> handles;
  for (const auto& task : tasks)
    handles.push_back(task);
  return detail::wait_for_tasks(std::move(handles), when, timeout);
}

/// For all of them, at most for `timeout`.
template <std::ranges::input_range Range>
  requires std::derived_from<std::ranges::range_value_t<Range>, AnyTask>
auto wait(Range&& tasks, Clock::duration timeout) {
  return wait(std::forward<Range>(tasks), ReturnWhen::AllCompleted, timeout);
}

}  // namespace coroute
