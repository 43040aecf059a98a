// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/staggered_race.hpp"

namespace coroute::detail {

StaggeredWait::~StaggeredWait() {
  if (queued()) attempts_.front().task.state().loop().remove_timer(*this);
}

void StaggeredWait::add(AnyTask task, bool is_last) {
  EventLoop& loop = task.state().loop();
  may_add_ = false;
  last_added_ = is_last;
  ++running_;
  Attempt& attempt = attempts_.emplace_back(*this, std::move(task));
  if (!attempt.task.state().notify_when_done(attempt)) on_attempt_done(attempt);
  if (queued()) loop.remove_timer(*this);
  if (!delay_ || is_last || may_add_) return;
  Timer::when = loop.time_after(*delay_);
  loop.add_timer(*this);
}

void StaggeredWait::on_attempt_done(Attempt& attempt) noexcept {
  --running_;
  if (attempt.task.state().error()) {
    if (&attempt == &attempts_.back() && !last_added_) may_add_ = true;
  } else if (!winner_) {
    winner_ = 0;
    while (&attempts_[*winner_] != &attempt)
      ++*winner_;
    cancel_attempts(CancelReason::User);
  }
  wake_when_ready();
}

void StaggeredWait::allow_next() noexcept {
  may_add_ = true;
  wake_when_ready();
}

void StaggeredWait::cancel_attempts(CancelReason reason) noexcept {
  for (Attempt& attempt : attempts_)
    attempt.task.cancel(reason);
}

void StaggeredWait::wake_when_ready() noexcept {
  if (waiting_ && await_ready()) {
    waiting_ = false;
    wake();
  }
}

bool StaggeredWait::start(FrameBase& frame) noexcept {
  if (!begin(frame)) {
    // A cancellation was pending: it goes to the attempts, and we still wait for them.
    cancel_requested_ = true;
    cancel_attempts(cancel_reason());
    begin(frame);
  }
  waiting_ = true;
  return true;
}

CancelOutcome StaggeredWait::cancel() noexcept {
  if (!waiting_) return CancelOutcome::Refused;
  cancel_requested_ = true;
  cancel_attempts(cancel_reason());
  return CancelOutcome::Forwarded;
}

std::vector<std::exception_ptr> StaggeredWait::exceptions() const {
  std::vector<std::exception_ptr> exceptions;
  for (std::size_t i = 0; i < attempts_.size(); ++i) {
    const std::exception_ptr& error = attempts_[i].task.state().error();
    const bool has_lost = !error && i != winner_;  // it ended well, in spite of its cancellation
    exceptions.push_back(has_lost ? std::make_exception_ptr(Cancelled()) : error);
  }
  return exceptions;
}

void StaggeredWait::check_cancelled() const {
  if (!cancel_requested_) return;
  if (!winner_) throw Cancelled(cancel_reason());
  redeliver_cancellation();
}

void StaggeredWait::list_awaited(std::vector<const TaskState*>& tasks) const {
  for (const Attempt& attempt : attempts_) {
    if (!attempt.task.done()) tasks.push_back(&attempt.task.state());
  }
}

}  // namespace coroute::detail
