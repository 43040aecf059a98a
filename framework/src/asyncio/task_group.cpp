// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/task_group.hpp"

#include <algorithm>
#include <new>
#include <string>

namespace coroute {
namespace {

detail::TaskState& current_host() {
  detail::TaskState* const host = detail::TaskState::current();
  if (!host) throw RuntimeError("task_group must be awaited inside a task");
  return *host;
}

bool is_base_error(const std::exception_ptr& error) noexcept {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception&) {
    return false;
  } catch (...) {
    return true;
  }
}

std::vector<StackEntry> stack_of(const detail::TaskState& task, const std::exception_ptr& error) noexcept {
  try {
    return task.unwound_stack(error);
  } catch (const std::bad_alloc&) {
    return {};
  }
}

}  // namespace

/// Owned by one of the group's two lists.
struct TaskGroup::Child : detail::DoneNode, detail::ListNode {
  explicit Child(TaskGroup& group) noexcept : DoneNode(&on_done), group(&group) {}
  static void on_done(DoneNode& node, detail::TaskState& task) noexcept {
    auto& child = static_cast<Child&>(node);
    child.group->on_child_done(child, task);
  }
  static void* operator new(std::size_t size) { return detail::allocate_frame(size); }
  static void operator delete(void* memory, std::size_t size) noexcept { detail::release_frame(memory, size); }

  TaskGroup* group;
  detail::TaskState* task = nullptr;  // kept alive by itself while it runs
  detail::TaskRef failed_task;
};

void TaskGroup::DeleteChild::operator()(Child* child) const noexcept {
  delete child;
}

TaskGroup::TaskGroup()
    : host_(current_host()), join_(*this, host_), cancelling_at_entry_(host_.delivered_cancel_requests()) {}

TaskGroup::~TaskGroup() {
  while (!failed_.empty())
    delete &failed_.pop_front();
}

TaskGroup::ChildPtr TaskGroup::make_child() {
  if (EventLoop::current_or_null() != &host_.loop()) throw RuntimeError("a TaskGroup belongs to the loop of its task");
  if (exiting_ && running_ == 0) throw RuntimeError("this TaskGroup has ended");
  if (aborting_) throw RuntimeError("this TaskGroup is aborting: it takes no further tasks");
  return ChildPtr(new Child(*this));
}

void TaskGroup::adopt(ChildPtr owned, detail::TaskState& task) noexcept {
  Child& child = *owned.release();
  child.task = &task;
  children_.push_back(child);
  ++running_;
  if (!task.notify_when_done(child)) {
    on_child_done(child, task);
  } else if (aborting_) {
    task.cancel(CancelReason::User);  // another one failed while this one took its first step
  }
}

void TaskGroup::on_child_done(Child& child, detail::TaskState& task) noexcept {
  detail::IntrusiveList<Child>::remove(child);
  --running_;
  if (task.cancelled() || !task.error()) {
    delete &child;
  } else {
    task.retain();
    child.failed_task = detail::TaskRef(&task);
    failed_.push_back(child);
    if (!base_error_ && is_base_error(task.error())) {
      base_error_ = task.error();
      base_error_from_ = child.failed_task;
    }
    if (!aborting_) {
      abort(CancelReason::User);
      if (!exiting_) {
        // Not to hide the reason of somebody else's cancellation that is on its way.
        const bool is_cancelling = host_.cancelling() > cancelling_at_entry_;
        host_cancelled_ = host_.cancel(is_cancelling ? join_.cancel_reason() : CancelReason::User);
      }
    }
  }
  if (running_ == 0 && join_.waiting_) join_.wake();
}

void TaskGroup::abort(CancelReason reason) noexcept {
  aborting_ = true;
  children_.for_each([reason](Child& child) { child.task->cancel(reason); });
}

void TaskGroup::cancelled_while_exiting() noexcept {
  if (aborting_) return;  // either ours, or there is an error that goes first
  cancelled_ = std::make_exception_ptr(Cancelled(join_.cancel_reason()));
  abort(join_.cancel_reason());
}

void TaskGroup::begin_exit(std::exception_ptr body_error) noexcept {
  exiting_ = true;
  if (!body_error) return;
  auto reason = CancelReason::User;
  body_stack_ = stack_of(host_, body_error);
  try {
    std::rethrow_exception(body_error);
  } catch (const Cancelled& cancelled) {
    reason = cancelled.reason();
    cancelled_ = std::move(body_error);
  } catch (const std::exception&) {
    body_error_ = std::move(body_error);
  } catch (...) {
    (base_error_ ? body_error_ : base_error_) = std::move(body_error);
  }
  if (!aborting_) abort(reason);
}

void TaskGroup::finish_exit() {
  if (host_cancelled_) host_.uncancel(cancelling_at_entry_);
  const bool failed = base_error_ || body_error_ || !failed_.empty();
  if (!failed) {
    if (cancelled_) std::rethrow_exception(cancelled_);
    return;
  }
  if (host_.cancelling() > cancelling_at_entry_) join_.redeliver_cancellation();
  if (base_error_) throw_base_error();
  throw collect_errors();
}

void TaskGroup::throw_base_error() {
  const auto report = [this](const std::exception_ptr& error, std::vector<StackEntry> stack) {
    if (!error || error == base_error_) return;
    call_exception_handler(
        {"a TaskGroup ends with an exception that is not a std::exception; beside it", error, std::move(stack)});
  };
  failed_.for_each([&](Child& child) {
    report(child.failed_task->error(), stack_of(*child.failed_task.get(), child.failed_task->error()));
  });
  report(body_error_, body_stack_);
  if (base_error_from_) host_.adopt_unwind(*base_error_from_.get());
  std::rethrow_exception(base_error_);
}

// Each error once: whoever awaits a task that fails ends with the very same exception.
ExceptionGroup TaskGroup::collect_errors() {
  std::vector<std::exception_ptr> errors;
  std::vector<std::vector<StackEntry>> stacks;
  const auto add = [&](const std::exception_ptr& error, std::vector<StackEntry> stack) {
    if (std::find(errors.begin(), errors.end(), error) != errors.end()) return;
    errors.push_back(error);
    stacks.push_back(std::move(stack));
  };
  failed_.for_each([&](Child& child) {
    add(child.failed_task->error(), stack_of(*child.failed_task.get(), child.failed_task->error()));
  });
  if (body_error_) add(body_error_, std::move(body_stack_));
  return ExceptionGroup("unhandled errors in a TaskGroup", std::move(errors), std::move(stacks));
}

namespace detail {

bool TaskGroupJoin::await_ready() const noexcept {
  return group_.running_ == 0;
}

bool TaskGroupJoin::start(FrameBase& frame) noexcept {
  if (!begin(frame)) {
    // A cancellation was pending: it goes to the children, and we still wait for them.
    group_.cancelled_while_exiting();
    begin(frame);
  }
  waiting_ = true;
  return true;
}

CancelOutcome TaskGroupJoin::cancel() noexcept {
  if (group_.running_ == 0) return CancelOutcome::Refused;
  group_.cancelled_while_exiting();
  return CancelOutcome::Forwarded;
}

void TaskGroupJoin::list_awaited(std::vector<const TaskState*>& tasks) const {
  group_.children_.for_each([&](TaskGroup::Child& child) { tasks.push_back(child.task); });
}

}  // namespace detail
}  // namespace coroute
