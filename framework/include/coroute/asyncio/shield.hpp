// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `shield(task)` keeps a cancellation away from a task, `shielded(cleanup())` from a piece of the own one.
#include <type_traits>
#include <utility>

#include "coroute/asyncio/detail/task_watch.hpp"
#include "coroute/asyncio/task.hpp"

namespace coroute {

namespace detail {

template <class T>
class ShieldAwaiter : public TaskEnd {
 public:
  explicit ShieldAwaiter(const Task<T>& task) noexcept : TaskEnd(task) {}

  T await_resume() const {
    finish();
    return take_task_result<T>(target());
  }
  const char* describe() const noexcept override { return "shield"; }
};

/// Waits for a task made for it; what cancels the awaiting one stays pending.
class ShieldedJoin : public Suspension, private DoneNode {
 public:
  explicit ShieldedJoin(TaskState& target) noexcept : DoneNode(&on_done), target_(target) {}

  bool await_ready() const noexcept { return false; }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> awaiting) {
    return start(awaiting.promise());
  }
  void await_resume() const noexcept {}

  CancelOutcome cancel() noexcept override { return CancelOutcome::Refused; }
  const char* describe() const noexcept override { return "shielded"; }
  void list_awaited(std::vector<const TaskState*>& tasks) const override { tasks.push_back(&target_); }

 private:
  static void on_done(DoneNode& node, TaskState&) noexcept { static_cast<ShieldedJoin&>(node).wake(); }
  bool start(FrameBase& frame) noexcept;

  TaskState& target_;
};

/// Of the scope of the current task, but not among those that are cancelled with it; with the very context of the
/// current task, and without its deadline, since cleanup begins when that has passed.
template <class T>
Task<T> start_shielded_task(Async<T> coroutine) {
  const TaskState& host = *TaskState::current();
  current_context().get_or_make();
  const ContextRef context = current_context();
  TaskOptions options(host.name() + " shielded");
  Task<T> task = start_task(host.loop(), std::move(coroutine), std::move(options.without_deadline()), nullptr);
  task.state().scope = host.scope;
  task.state().context = context;
  return task;
}

template <class A>
Async<AwaitResult<A>> run_shielded(A awaitable) {
  using T = AwaitResult<A>;
  Task<T> task = start_shielded_task(as_async(std::move(awaitable)));
  ShieldedJoin end(task.state());
  co_await end;
  if (task.state().error()) rethrow_from(task.state());
  if constexpr (!std::is_void_v<T>) co_return static_cast<T&&>(*static_cast<TaskResult<T>&>(task.state()).value());
}

}  // namespace detail

/// What `shield` gives, to be awaited.
template <class A>
class [[nodiscard("shield does nothing until it is awaited")]] Shield {
 public:
  explicit Shield(A inner) : inner_(std::move(inner)) {}

  auto operator co_await() && {
    using T = AwaitResult<A>;
    if constexpr (std::is_same_v<A, Task<T>>) {
      return detail::ShieldAwaiter<T>(inner_);
    } else {
      return detail::ShieldAwaiter<T>(create_task(detail::as_async(std::move(inner_))));
    }
  }
  auto operator co_await() & { return std::move(*this).operator co_await(); }

 private:
  A inner_;
};

/// Awaits a task without handing a cancellation on to it: when the awaiting task is cancelled the await throws, and the
/// task goes on. Anything else that can be awaited becomes a task at the await. An error that nobody fetches then is
/// reported. Cancelling the inner task itself throws Cancelled here.
template <Awaitable A>
Shield<A> shield(A awaitable) {
  return Shield<A>(std::move(awaitable));
}

/// Awaits `awaitable` with the cancellations of this task held back until it has ended; they are then thrown at the
/// next await. For what must not be left half done, and for cleanup after a cancellation, since C++ has no `co_await`
/// in a `catch`:
///
///     std::exception_ptr error;
///     try { co_await transfer(); } catch (...) { error = std::current_exception(); }
///     co_await shielded(rollback());
///     if (error) std::rethrow_exception(error);
///
/// A `timeout` or a deadline around it fires late, one inside it works. The end of the loop cancels what is inside.
template <Awaitable A>
Async<AwaitResult<A>> shielded(A awaitable) {
  return detail::run_shielded(std::move(awaitable));
}

}  // namespace coroute
