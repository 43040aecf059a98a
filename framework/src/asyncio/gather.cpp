// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/gather.hpp"

namespace coroute::detail {

struct GatherSuspension::Node : DoneNode {
  explicit Node(GatherSuspension& owner) noexcept : DoneNode(&on_done), owner(&owner) {}
  static void on_done(DoneNode& node, TaskState& task) noexcept { static_cast<Node&>(node).owner->on_task_done(task); }
  GatherSuspension* owner;
};

GatherSuspension::GatherSuspension(std::vector<AnyTask>& tasks) : tasks_(tasks) {
  nodes_.reserve(tasks.size());
  for (AnyTask& task : tasks_) {
    nodes_.emplace_back(*this);
    if (task.state().notify_when_done(nodes_.back())) ++remaining_;
  }
}

GatherSuspension::~GatherSuspension() = default;

bool GatherSuspension::start(FrameBase& frame) {
  suspended_ = true;
  if (!begin(frame)) {
    // A cancellation was pending: it goes to the children, and we still wait for them.
    cancel_requested_ = true;
    cancel_unfinished(cancel_reason());
    return begin(frame);
  }
  return true;
}

CancelOutcome GatherSuspension::cancel() noexcept {
  if (remaining_ == 0) return CancelOutcome::Refused;
  cancel_requested_ = true;
  cancel_unfinished(cancel_reason());
  return CancelOutcome::Forwarded;
}

void GatherSuspension::list_awaited(std::vector<const TaskState*>& tasks) const {
  for (const AnyTask& task : tasks_) {
    if (!task.done()) tasks.push_back(&task.state());
  }
}

void GatherSuspension::cancel_unfinished(CancelReason reason) noexcept {
  for (AnyTask& task : tasks_)
    task.cancel(reason);
}

void GatherSuspension::on_task_done(TaskState& task) noexcept {
  const bool failed = static_cast<bool>(task.error());
  // An error is not hidden by the Cancelled of a sibling that happened to end before it.
  if (failed && (!first_failed_ || (first_failed_->cancelled() && !task.cancelled()))) {
    const bool is_first = !first_failed_;
    task.retain();
    first_failed_ = TaskRef(&task);
    if (is_first) cancel_unfinished(CancelReason::User);
  }
  if (--remaining_ == 0 && suspended_) wake();
}

void GatherSuspension::await_resume() const {
  if (first_failed_) {
    if (cancel_requested_ && !first_failed_->cancelled()) redeliver_cancellation();
    rethrow_from(*first_failed_.get());
  }
  if (cancel_requested_) throw Cancelled(cancel_reason());
}

}  // namespace coroute::detail
