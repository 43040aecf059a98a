// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/timeout.hpp"

namespace coroute {

Timeout::Timeout(std::optional<Clock::time_point> when) : Timer(&on_fire), when_(when) {
  detail::TaskState* const task = detail::TaskState::current();
  if (!task) throw RuntimeError("timeout must be awaited inside a task");
  task->retain();
  task_ = detail::TaskRef(task);
  cancelling_at_entry_ = task_->delivered_cancel_requests();
  arm();
  outer_ = std::exchange(task_->timeouts, this);
  if (outer_) outer_->inner_ = this;
}

Timeout::~Timeout() {
  exit(false);  // left by another error: a cancellation of ours must not reach the next await
  // Not always the innermost: one inside a generator may go before one that its consumer entered later.
  if (outer_) outer_->inner_ = inner_;
  (inner_ ? inner_->outer_ : task_->timeouts) = outer_;
}

void Timeout::arm() {
  if (!when_) return;
  Timer::when = *when_;
  task_->loop().add_timer(*this);
}

void Timeout::reschedule(std::optional<Clock::time_point> when) {
  if (state_ != State::Active) throw RuntimeError("cannot reschedule a timeout that has expired or ended");
  task_->loop().remove_timer(*this);
  when_ = when;
  arm();
}

void Timeout::on_fire(detail::Timer& timer) noexcept {
  auto& self = static_cast<Timeout&>(timer);
  self.state_ = State::Expiring;
  self.task_->cancel(CancelReason::Deadline);
}

// As in CPython: the cancellation is ours only when taking our own request back leaves no other that came meanwhile.
bool Timeout::exit(bool by_cancelled) noexcept {
  task_->loop().remove_timer(*this);
  if (state_ == State::Active) state_ = State::Exited;
  if (state_ != State::Expiring) return false;
  state_ = State::Expired;
  const bool only_ours = task_->uncancel(cancelling_at_entry_) <= cancelling_at_entry_;
  return by_cancelled && only_ours;
}

namespace detail {

void throw_timed_out() {
  throw TimeoutError();
}

}  // namespace detail
}  // namespace coroute
