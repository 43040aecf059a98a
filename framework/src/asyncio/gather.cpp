// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/gather.hpp"

namespace coroute::detail {

struct GatherSuspension::Node : DoneNode {
  explicit Node(GatherSuspension& owner) noexcept : DoneNode(&on_done), owner(&owner) {}
  static void on_done(DoneNode& node, TaskState& task) noexcept { static_cast<Node&>(node).owner->on_task_done(task); }
  GatherSuspension* owner;
};

GatherSuspension::GatherSuspension(std::vector<AnyTask>& tasks, CancelOthers cancel_others)
    : tasks_(tasks), cancel_others_(cancel_others) {
  nodes_.reserve(tasks.size());
  for (AnyTask& task : tasks_) {
    nodes_.emplace_back(*this);
    if (task.state().notify_when_done(nodes_.back())) ++remaining_;
  }
  for (AnyTask& task : tasks_) {
    if (task.done()) note_end(task.state());
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

void GatherSuspension::note_end(TaskState& task) noexcept {
  const bool is_decisive =
      cancel_others_ == CancelOthers::OnEnd || (cancel_others_ == CancelOthers::OnFailure && task.error());
  // What a task has to tell is not hidden by the Cancelled of a sibling that happened to end before it.
  if (!is_decisive || (decisive_ && (!decisive_->cancelled() || task.cancelled()))) return;
  const bool is_first = !decisive_;
  task.retain();
  decisive_ = TaskRef(&task);
  if (is_first && !cancel_requested_) cancel_unfinished(CancelReason::User);
}

void GatherSuspension::on_task_done(TaskState& task) noexcept {
  note_end(task);
  if (--remaining_ == 0 && suspended_) wake();
}

void GatherSuspension::await_resume() const {
  if (decisive_ && cancel_requested_ && !decisive_->cancelled()) redeliver_cancellation();
  if (decisive_ && decisive_->error()) rethrow_from(*decisive_.get());
  if (!decisive_ && cancel_requested_) throw Cancelled(cancel_reason());
}

std::size_t GatherSuspension::first_ended() const noexcept {
  std::size_t place = 0;
  while (&tasks_[place].state() != decisive_.get())
    ++place;
  return place;
}

}  // namespace coroute::detail
