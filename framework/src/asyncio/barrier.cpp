// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/barrier.hpp"

#include <stdexcept>
#include <utility>

namespace coroute {

const char* to_string(BarrierState state) noexcept {
  switch (state) {
    case BarrierState::Filling:
      return "filling";
    case BarrierState::Draining:
      return "draining";
    case BarrierState::Resetting:
      return "resetting";
    case BarrierState::Broken:
      return "broken";
  }
  return "unknown";
}

void Barrier::check_parties() const {
  if (parties_ == 0) throw std::invalid_argument("a barrier needs at least 1 party");
}

std::size_t Barrier::n_waiting() const noexcept {
  const std::lock_guard lock(mutex_);
  return state_ == BarrierState::Filling ? inside_ : 0;
}

BarrierState Barrier::state() const noexcept {
  const std::lock_guard lock(mutex_);
  return state_;
}

Async<std::size_t> Barrier::wait() {
  while (true) {
    detail::BarrierAwaiter attempt(*this);
    const std::optional<std::size_t> index = co_await attempt;
    if (index) co_return *index;
  }
}

void Barrier::reset() noexcept {
  detail::WakeList woken;
  const std::lock_guard lock(mutex_);
  state_ = inside_ > 0 ? BarrierState::Resetting : BarrierState::Filling;
  woken.grant_all(arrived_);
}

void Barrier::abort() noexcept {
  detail::WakeList woken;
  const std::lock_guard lock(mutex_);
  state_ = BarrierState::Broken;
  woken.grant_all(arrived_);
  woken.grant_all(outside_);
}

void Barrier::arrive(detail::BarrierAwaiter& task) noexcept {
  task.inside_ = true;
  ++inside_;
}

/// Numbers are given here, not on arrival, so that they have no gaps when somebody was cancelled.
void Barrier::open(detail::BarrierAwaiter& last, detail::WakeList& woken) noexcept {
  state_ = BarrierState::Draining;
  std::size_t index = 0;
  arrived_.for_each([&](detail::ListedWait& wait) { static_cast<detail::BarrierAwaiter&>(wait).index_ = index++; });
  last.index_ = index;
  woken.grant_all(arrived_);
}

void Barrier::leave(detail::WakeList& woken) noexcept {
  if (--inside_ > 0) return;
  if (state_ != BarrierState::Broken) state_ = BarrierState::Filling;
  woken.grant_all(outside_);
}

namespace detail {

/// False: the task has to wait.
bool BarrierAwaiter::try_pass(WakeList& woken) noexcept {
  if (barrier_.state_ == BarrierState::Broken) {
    shut_out_ = true;
  } else if (barrier_.state_ == BarrierState::Filling && barrier_.inside_ + 1 == barrier_.parties_) {
    barrier_.arrive(*this);
    barrier_.open(*this, woken);
  } else {
    return false;
  }
  granted_ = true;
  return true;
}

bool BarrierAwaiter::await_ready() noexcept {
  WakeList woken;
  const std::lock_guard lock(barrier_.mutex_);
  return try_pass(woken) && spend_ready_budget();
}

bool BarrierAwaiter::start(FrameBase& frame) noexcept {
  if (!begin(frame)) return false;
  if (granted_) {  // only gives others a turn
    wake();
    return true;
  }
  WakeList woken;
  const std::lock_guard lock(barrier_.mutex_);
  if (try_pass(woken)) {
    withdraw();
    return false;
  }
  if (barrier_.state_ == BarrierState::Filling) {
    barrier_.arrive(*this);
    barrier_.arrived_.push_back(*this);
  } else {
    barrier_.outside_.push_back(*this);
  }
  return true;
}

// What became of the round is decided when the task goes on, as in CPython: a reset or abort that comes before breaks
// it for this task.
std::optional<std::size_t> BarrierAwaiter::await_resume() {
  std::optional<std::size_t> index;
  bool broken = shut_out_;
  if (inside_) {
    WakeList woken;
    const std::lock_guard lock(barrier_.mutex_);
    broken = barrier_.state_ != BarrierState::Draining;
    index = index_;
    barrier_.leave(woken);
  }
  finish();
  if (broken) throw BrokenBarrierError("the barrier was reset or aborted");
  return index;
}

CancelOutcome BarrierAwaiter::cancel() noexcept {
  const std::lock_guard lock(barrier_.mutex_);
  if (granted_) return CancelOutcome::Refused;  // about to go on
  WaitList::remove(*this);
  if (inside_) {  // the barrier is filling, or this would have been granted
    inside_ = false;
    --barrier_.inside_;
  }
  return CancelOutcome::Aborted;
}

}  // namespace detail
}  // namespace coroute
