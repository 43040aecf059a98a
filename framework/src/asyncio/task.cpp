// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/task.hpp"

#include <cstdio>
#include <typeinfo>

namespace coroute {
namespace {

void print_to_stderr(const ExceptionContext& context) {
  std::string text = context.message + ": " + describe_exception(context.error) + "\n";
  for (const StackEntry& entry : context.stack) {
    text.append("  at ").append(entry.function).append(" (").append(entry.file).append(":");
    text.append(std::to_string(entry.line)).append(")\n");
  }
  std::fputs(text.c_str(), stderr);
}

Function<void(const ExceptionContext&)>& exception_handler() {
  static Function<void(const ExceptionContext&)> handler{&print_to_stderr};
  return handler;
}

}  // namespace

void set_exception_handler(Function<void(const ExceptionContext&)> handler) {
  exception_handler() = handler ? std::move(handler) : Function<void(const ExceptionContext&)>(&print_to_stderr);
}

void call_exception_handler(const ExceptionContext& context) noexcept {
  try {
    exception_handler()(context);
  } catch (...) {
    std::fputs("coroute: the exception handler itself threw\n", stderr);
  }
}

std::string describe_exception(const std::exception_ptr& error) {
  if (!error) return "no error";
  try {
    std::rethrow_exception(error);
  } catch (const Cancelled& cancelled) {
    return cancelled.what();
  } catch (const std::exception& exception) {
    return exception.what();
  } catch (...) {
    return "an exception that is not a std::exception";
  }
}

std::exception_ptr AnyTask::exception() const {
  if (!done()) detail::throw_not_done();
  if (cancelled()) std::rethrow_exception(state_->error());
  return state_->error();
}

std::optional<AnyTask> current_task() {
  detail::TaskState* state = detail::TaskState::current();
  if (!state) return std::nullopt;
  state->retain();
  return AnyTask(detail::TaskRef(state));
}

std::vector<StackEntry> exception_stack(const std::exception_ptr& error) {
  const detail::TaskState* state = detail::TaskState::current();
  return state ? state->unwound_stack(error) : std::vector<StackEntry>{};
}

namespace detail {

TaskScope* inherited_scope() noexcept {
  const TaskState* creator = TaskState::current();
  return creator ? creator->scope : nullptr;
}

void rethrow_from(TaskState& task) {
  if (TaskState* here = TaskState::current()) here->adopt_unwind(task);
  std::rethrow_exception(task.error());
}

void throw_not_done() {
  throw RuntimeError("the task is not done yet: co_await it");
}

void check_not_current(const TaskState& task) {
  if (&task == TaskState::current()) throw RuntimeError("task '" + task.name() + "' cannot await itself");
}

bool JoinSuspension::start(FrameBase& frame) {
  check_not_current(*target_.get());
  if (!begin(frame)) {
    // A cancellation was pending: it goes where one that comes during the wait would go.
    if (cancel() == CancelOutcome::Refused || !begin(frame)) return false;
  }
  if (target_->notify_when_done(*this)) return true;
  withdraw();
  return false;
}

CancelOutcome JoinSuspension::cancel() noexcept {
  if (!target_->cancel(cancel_reason())) return CancelOutcome::Refused;
  forwarded_ = true;
  return CancelOutcome::Forwarded;
}

TaskState& JoinSuspension::joined() const {
  finish();
  if (forwarded_ && target_->outran_cancellation()) redeliver_cancellation();
  return *target_.get();
}

}  // namespace detail
}  // namespace coroute
