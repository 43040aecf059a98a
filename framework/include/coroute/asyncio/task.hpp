// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `Task<T>`: a coroutine that runs concurrently, and the handle to it; `create_task`, `current_task`.
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "coroute/asyncio/async.hpp"
#include "coroute/asyncio/event_loop.hpp"
#include "coroute/asyncio/task_options.hpp"
#include "coroute/asyncio/timeout.hpp"

namespace coroute {

namespace detail {
template <class T>
class TaskResult;
template <class T>
class JoinAwaiter;
struct DoneCallbackNode;
}  // namespace detail

/// What `Task::add_done_callback` gives, for `remove`.
class DoneCallback {
 public:
  DoneCallback() = default;
  explicit DoneCallback(std::shared_ptr<detail::DoneCallbackNode> node) noexcept : node_(std::move(node)) {}
  /// The callback is not called any more. False when it was called or removed before. The task's loop only.
  bool remove() noexcept;

 private:
  std::shared_ptr<detail::DoneCallbackNode> node_;
};

/// A handle to any task, without its result. Copies refer to the same task. Dropping the last handle detaches: the task
/// runs on, and an error that nobody fetched is reported when it is destroyed.
class AnyTask {
 public:
  explicit AnyTask(detail::TaskRef state) noexcept : state_(std::move(state)) {}

  /// Requests cancellation: the innermost await of the task throws `Cancelled`, once. False when it is done. Any
  /// thread.
  bool cancel(CancelReason reason = CancelReason::User) const noexcept { return state_->cancel(reason); }
  /// Takes one request back; at 0 one that was not delivered yet is withdrawn. Returns what is left. Task's loop only.
  std::uint32_t uncancel() const noexcept { return state_->uncancel(); }
  /// Number of cancellation requests not taken back. Task's loop only.
  std::uint32_t cancelling() const noexcept { return state_->cancelling(); }
  bool done() const noexcept { return state_->done(); }
  /// True when the task ended by `Cancelled`.
  bool cancelled() const noexcept { return state_->cancelled(); }
  /// The error it ended with, or null. RuntimeError while it is not done; throws Cancelled when it was cancelled.
  std::exception_ptr exception() const;
  std::string name() const { return state_->name(); }
  std::uint64_t id() const noexcept { return state_->id(); }
  /// Await chain from the innermost coroutine outwards. Task's loop only.
  std::vector<StackEntry> stack() const { return state_->stack(); }
  /// The await chain of the task that created it, noted in debug mode only.
  std::vector<StackEntry> creation_stack() const { return state_->creation_stack(); }
  /// Calls `callback` with this task once it is done, from the task's loop and in a step of its own; in the order in
  /// which they were added. It runs with the context variables of whoever added it; what it throws goes to the
  /// exception handler. Any thread.
  DoneCallback add_done_callback(Function<void(const AnyTask&)> callback) const;

  friend bool operator==(const AnyTask& a, const AnyTask& b) noexcept { return a.state_.get() == b.state_.get(); }

  detail::TaskState& state() const noexcept { return *state_.get(); }

 protected:
  detail::TaskRef state_;
};

/// Awaiting waits for the end and gives the result or throws the error; from any loop, any number of times when T is
/// copyable (else once). Cancelling the awaiting task cancels this one.
template <class T = void>
class Task : public AnyTask {
 public:
  using value_type = T;
  using AnyTask::AnyTask;

  /// The result; RuntimeError while it is not done, the task's error when it failed.
  T result() const;

  detail::JoinAwaiter<T> operator co_await() const noexcept;
};

/// Schedules a coroutine to run concurrently on the current loop; its body begins after the current step, unless the
/// options ask for an eager start. It begins with a copy of the creator's context variables, and under its deadline. In
/// a request handler the task belongs to the request: the connection waits for it, and cancels it when the client has
/// left.
template <class T>
Task<T> create_task(Async<T> coroutine, TaskOptions options = {});

/// The same on another loop, from any thread; never eager there.
template <class T>
Task<T> create_task_on(EventLoop& loop, Async<T> coroutine, TaskOptions options = {});

/// The task that runs on this thread right now, if any.
std::optional<AnyTask> current_task();

/// The tasks of the loop that are not done, in the order in which they were made. The loop's thread only.
std::vector<AnyTask> all_tasks(EventLoop& loop = EventLoop::current());

/// The await chain that `error` passed through in the current task, innermost first; empty when it wasn't thrown here.
std::vector<StackEntry> exception_stack(const std::exception_ptr& error);

/// What goes wrong where nobody can catch it: an error of a task whose handle was dropped.
struct ExceptionContext {
  std::string message;
  std::exception_ptr error;
  std::vector<StackEntry> stack;
};

/// Replaces the process-wide handler of such errors; an empty one brings back the default, lines on stderr. Set it
/// before loops run.
void set_exception_handler(Function<void(const ExceptionContext&)> handler);
void call_exception_handler(const ExceptionContext& context) noexcept;
/// The text of an error, for people.
std::string describe_exception(const std::exception_ptr& error);

// Implementation

namespace detail {

template <class T>
class TaskResult final : public TaskState {
 public:
  using TaskState::TaskState;

  std::optional<T>& value() noexcept { return value_; }

 private:
  void take_result(FrameBase& root) noexcept override {
    auto& promise = static_cast<Promise<T>&>(root);
    error_ = std::move(promise.error());
    if (!error_) {
      try {
        value_.emplace(promise.take());
      } catch (...) {
        error_ = std::current_exception();
      }
    }
  }
  void destroy() noexcept override { delete this; }

  std::optional<T> value_;
};

template <>
class TaskResult<void> final : public TaskState {
 public:
  using TaskState::TaskState;

 private:
  void take_result(FrameBase& root) noexcept override { error_ = std::move(static_cast<Promise<void>&>(root).error()); }
  void destroy() noexcept override { delete this; }
};

/// Adopts the stack of the task's error into the current task, then throws it.
[[noreturn]] void rethrow_from(TaskState& task);
[[noreturn]] void throw_not_done();

template <class T>
T take_task_result(TaskState& task) {
  if (task.error()) rethrow_from(task);
  if constexpr (!std::is_void_v<T>) {
    std::optional<T>& value = static_cast<TaskResult<T>&>(task).value();
    if constexpr (std::is_copy_constructible_v<T>) {
      return *value;
    } else {
      return std::move(*value);
    }
  }
}

/// RuntimeError when it is the current task, which would wait for itself.
void check_not_current(const TaskState& task);

/// Waits for the end of a task; a cancellation is forwarded to it, as asyncio's `await task` does.
class JoinSuspension : public Suspension, private DoneNode {
 public:
  explicit JoinSuspension(TaskRef task) noexcept : DoneNode(&on_done), target_(std::move(task)) {}

  bool await_ready() const noexcept { return target_->done(); }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> awaiting) {
    return start(awaiting.promise());
  }
  CancelOutcome cancel() noexcept override;
  const char* describe() const noexcept override { return "Task"; }
  void list_awaited(std::vector<const TaskState*>& tasks) const override { tasks.push_back(target_.get()); }

 protected:
  TaskState& joined() const;

 private:
  static void on_done(DoneNode& node, TaskState&) noexcept { static_cast<JoinSuspension&>(node).wake(); }
  bool start(FrameBase& frame);

  TaskRef target_;
  bool forwarded_ = false;
};

template <class T>
class JoinAwaiter : public JoinSuspension {
 public:
  using JoinSuspension::JoinSuspension;
  T await_resume() const { return take_task_result<T>(joined()); }
};

/// An Async that only awaits `awaitable`, for whoever needs a coroutine.
template <class A>
Async<AwaitResult<A>> as_async(A awaitable) {
  co_return co_await std::move(awaitable);
}
template <class T>
Async<T> as_async(Async<T> coroutine) noexcept {
  return coroutine;
}

/// A ready value has no frame: give it one, since a task needs something to run.
template <class T>
Async<T> with_frame(Async<T> coroutine) {
  if (!AsyncAccess::is_ready_value(coroutine)) return coroutine;
  return [](Async<T> ready) -> Async<T> { co_return co_await std::move(ready); }(std::move(coroutine));
}

/// The deadline for a task that is created now on `loop`: that of the task that runs here or, in a function run by
/// `to_thread`, of the one that waits for it. None from a loop whose clock is another one.
Clock::time_point inherited_deadline(const EventLoop& loop) noexcept;
/// Gives a new task what it takes over from the one that runs: context and deadline.
void inherit(TaskState& task, const TaskOptions& options);
/// The scope that a task created now belongs to.
TaskScope* inherited_scope() noexcept;

template <class T>
Task<T> start_task(EventLoop& loop, Async<T> coroutine, TaskOptions options, TaskScope* scope) {
  if (AsyncAccess::empty(coroutine)) throw_awaited_twice();
  auto* state = new TaskResult<T>(loop, options.take_name());
  Task<T> task{TaskRef(state)};
  state->scope = scope;
  inherit(*state, options);
  const bool is_bounded = state->deadline != Clock::time_point::max();
  Async<T> body = is_bounded ? timeout_at(state->deadline, std::move(coroutine)) : with_frame(std::move(coroutine));
  FrameBase& root = AsyncAccess::release(body);
  if (options.is_eager() && EventLoop::current_or_null() == &loop) {
    state->start_eagerly(root);
  } else {
    state->start(root);
  }
  return task;
}

}  // namespace detail

template <class T>
Task<T> create_task(Async<T> coroutine, TaskOptions options) {
  return detail::start_task(EventLoop::current(), std::move(coroutine), std::move(options), detail::inherited_scope());
}

template <class T>
Task<T> create_task_on(EventLoop& loop, Async<T> coroutine, TaskOptions options) {
  return detail::start_task(loop, std::move(coroutine), std::move(options), nullptr);
}

template <class T>
detail::JoinAwaiter<T> Task<T>::operator co_await() const noexcept {
  return detail::JoinAwaiter<T>(state_);
}

template <class T>
T Task<T>::result() const {
  if (!done()) detail::throw_not_done();
  return detail::take_task_result<T>(*state_.get());
}

}  // namespace coroute
