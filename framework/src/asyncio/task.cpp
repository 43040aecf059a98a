// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/task.hpp"

#include <cstdio>
#include <typeinfo>

namespace coroute {

namespace detail {

/// Kept by whoever may remove the callback, and, until the task is done, by itself.
struct DoneCallbackNode : DoneNode {
  DoneCallbackNode(Function<void(const AnyTask&)> function, ContextRef variables) noexcept
      : DoneNode(&on_done), callback(std::move(function)), context(std::move(variables)) {}

  static void on_done(DoneNode& node, TaskState& task) noexcept {
    auto& self = static_cast<DoneCallbackNode&>(node);
    const std::shared_ptr<DoneCallbackNode> alive = std::move(self.itself);
    if (self.callback) self.schedule(task);
  }

  bool schedule(TaskState& task) {
    task.retain();
    auto call = [function = std::exchange(callback, {}), done = AnyTask(TaskRef(&task))]() mutable { function(done); };
    const ContextSwap swap(context);
    return EventLoop::call_soon_if_alive(&task.loop(), std::move(call));
  }

  Function<void(const AnyTask&)> callback;
  ContextRef context;
  std::shared_ptr<DoneCallbackNode> itself;
};

}  // namespace detail

namespace {

void print_to_stderr(const ExceptionContext& context) {
  std::string text = context.message + ": " + describe_exception(context.error) + "\n";
  for (const StackEntry& entry : context.stack)
    text.append("  at ").append(to_string(entry)).append("\n");
  std::fputs(text.c_str(), stderr);
}

Function<void(const ExceptionContext&)>& exception_handler() {
  // Never destroyed: threads of a static pool may report until that has ended.
  static auto* const handler = new Function<void(const ExceptionContext&)>(&print_to_stderr);
  return *handler;
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

DoneCallback AnyTask::add_done_callback(Function<void(const AnyTask&)> callback) const {
  auto node = std::make_shared<detail::DoneCallbackNode>(std::move(callback), detail::leaving_context());
  node->itself = node;
  if (!state_->notify_when_done(*node)) {
    node->itself.reset();
    if (!node->schedule(*state_.get())) throw RuntimeError("the event loop of the task has ended");
  }
  return DoneCallback(std::move(node));
}

bool DoneCallback::remove() noexcept {
  if (!node_ || !node_->callback) return false;
  node_->callback = {};
  return true;
}

std::vector<AnyTask> all_tasks(EventLoop& loop) {
  std::vector<AnyTask> all;
  for (detail::TaskRef& task : loop.tasks())
    all.emplace_back(std::move(task));
  return all;
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

void inherit(TaskState& task, const TaskOptions& options) {
  if (options.shared_context()) {
    task.context = *options.shared_context();
  } else {
    const TaskState* const creator = TaskState::current();
    const bool leaves_scope = creator && creator->scope != task.scope;
    task.context = leaves_scope ? leaving_context() : current_context().copy();
  }
  if (options.inherits_deadline()) task.deadline = inherited_deadline(task.loop());
  if (debug_enabled()) [[unlikely]] {
    if (const TaskState* const creator = TaskState::current()) task.note_creator(*creator);
  }
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
