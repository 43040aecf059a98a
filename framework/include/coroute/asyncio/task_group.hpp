// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `task_group(body)`: a block that doesn't end before the tasks created in it, C++'s `async with TaskGroup()`.
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "coroute/asyncio/detail/intrusive_list.hpp"
#include "coroute/asyncio/exception_group.hpp"
#include "coroute/asyncio/task.hpp"

namespace coroute {

class TaskGroup;

namespace detail {

/// The end of the block: waits for the children, and takes the cancellations that arrive meanwhile.
class TaskGroupJoin : public Suspension {
 public:
  TaskGroupJoin(TaskGroup& group, TaskState& host) noexcept : group_(group) { task_ = &host; }

  bool await_ready() const noexcept;
  template <class P>
  bool await_suspend(std::coroutine_handle<P> awaiting) {
    return start(awaiting.promise());
  }
  void await_resume() const noexcept {}

  CancelOutcome cancel() noexcept override;
  const char* describe() const noexcept override { return "TaskGroup"; }
  void list_awaited(std::vector<const TaskState*>& tasks) const override;

 private:
  friend class coroute::TaskGroup;
  bool start(FrameBase& frame) noexcept;

  TaskGroup& group_;
  bool waiting_ = false;
};

template <class T, class Body>
Async<T> run_task_group(Body body);

}  // namespace detail

/// The tasks of one `task_group` block. Belongs to the loop it was made on; lives as long as the block, whose children
/// may use it too, to add further ones.
class TaskGroup {
 public:
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// As `coroute::create_task`, for a child of the group. RuntimeError, and the coroutine is dropped unrun, when the
  /// group is aborting or has ended, and on another loop.
  template <class T, class... Options>
  Task<T> create_task(Async<T> coroutine, Options&&... options);

  /// Children that are not done.
  std::size_t running() const noexcept { return running_; }

 private:
  friend class detail::TaskGroupJoin;
  template <class T, class Body>
  friend Async<T> detail::run_task_group(Body body);
  struct Child;
  struct DeleteChild {
    void operator()(Child* child) const noexcept;
  };
  using ChildPtr = std::unique_ptr<Child, DeleteChild>;

  TaskGroup();
  ~TaskGroup();

  ChildPtr make_child();
  void adopt(ChildPtr child, detail::TaskState& task) noexcept;
  void on_child_done(Child& child, detail::TaskState& task) noexcept;
  void abort(CancelReason reason) noexcept;
  void cancelled_while_exiting() noexcept;
  void begin_exit(std::exception_ptr body_error) noexcept;
  void finish_exit();
  [[noreturn]] void throw_base_error();
  ExceptionGroup collect_errors();

  detail::TaskState& host_;
  detail::TaskGroupJoin join_;
  detail::IntrusiveList<Child> children_;  // not done
  detail::IntrusiveList<Child> failed_;    // in the order in which they ended
  std::size_t running_ = 0;
  std::exception_ptr body_error_;  // neither Cancelled nor a base error
  std::exception_ptr base_error_;  // the first that isn't a std::exception: thrown bare
  detail::TaskRef base_error_from_;
  std::exception_ptr cancelled_;  // what to throw when nothing failed
  std::vector<StackEntry> body_stack_;
  std::uint32_t cancelling_at_entry_;
  bool exiting_ = false;
  bool aborting_ = false;
  bool host_cancelled_ = false;  // by us
};

// Implementation

namespace detail {

/// Holds what the body returned while the children are waited for.
template <class T>
class BodyResult {
 public:
  template <class U>
  void set(U&& value) {
    value_.emplace(std::forward<U>(value));
  }
  T&& take() { return static_cast<T&&>(static_cast<T&>(*value_)); }

 private:
  std::optional<std::conditional_t<std::is_reference_v<T>, std::reference_wrapper<std::remove_reference_t<T>>, T>>
      value_;
};

template <class T, class Body>
Async<T> run_task_group(Body body) {
  TaskGroup group;
  std::exception_ptr error;
  if constexpr (std::is_void_v<T>) {
    try {
      co_await body(group);
    } catch (...) {
      error = std::current_exception();
    }
    group.begin_exit(std::move(error));
    co_await group.join_;
    group.finish_exit();
  } else {
    BodyResult<T> result;
    try {
      result.set(co_await body(group));
    } catch (...) {
      error = std::current_exception();
    }
    group.begin_exit(std::move(error));
    co_await group.join_;
    group.finish_exit();
    co_return result.take();
  }
}

template <class F>
concept TaskGroupBody = std::is_invocable_v<F&, TaskGroup&> && Awaitable<std::invoke_result_t<F&, TaskGroup&>>;

}  // namespace detail

/// Runs `body(TaskGroup&)` in this task, then waits for the tasks that it and they have created; gives what the body
/// returned.
///
///     co_await task_group([&](TaskGroup& group) -> Async<void> {
///       for (const Item& item : items) group.create_task(work(item));
///       co_return;
///     });
///
/// When one of them, or the body, throws, the others and the body are cancelled; once all have ended their errors are
/// thrown in one ExceptionGroup. A cancellation of this task cancels them all and is thrown when nothing failed; else
/// the errors go first and it is thrown at the next await. A child that was cancelled alone is no error. An exception
/// that isn't a std::exception is thrown bare; errors beside it go to the exception handler.
template <detail::TaskGroupBody Body>
auto task_group(Body body) {
  return detail::run_task_group<AwaitResult<std::invoke_result_t<Body&, TaskGroup&>>>(std::move(body));
}

template <class T, class... Options>
Task<T> TaskGroup::create_task(Async<T> coroutine, Options&&... options) {
  ChildPtr child;
  try {
    child = make_child();
  } catch (...) {
    detail::AsyncAccess::discard(std::move(coroutine));
    throw;
  }
  Task<T> task = coroute::create_task(std::move(coroutine), std::forward<Options>(options)...);
  adopt(std::move(child), task.state());
  return task;
}

}  // namespace coroute
