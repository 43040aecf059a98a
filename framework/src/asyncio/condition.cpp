// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/condition.hpp"

namespace coroute {

void Condition::notify(std::size_t n) {
  if (!lock_.locked()) throw RuntimeError("cannot notify: the lock of the condition is not acquired");
  detail::WakeList woken;
  const std::lock_guard lock(lock_.permits_.mutex());
  for (; n > 0 && !waiters_.empty(); --n)
    notify_first(woken);
}

void Condition::notify_all() {
  notify(static_cast<std::size_t>(-1));
}

void Condition::notify_first(detail::WakeList& woken) noexcept {
  auto& first = static_cast<detail::ConditionAwaiter&>(waiters_.pop_front());
  waiting_.fetch_sub(1, std::memory_order_relaxed);
  first.notified_ = true;
  lock_.permits_.take_or_queue(first, woken);
}

namespace detail {

ConditionAwaiter::ConditionAwaiter(Condition& condition, LockGuard& guard) noexcept
    : PermitWait(condition.lock_.permits_), condition_(condition), guard_(guard) {}

bool ConditionAwaiter::await_ready() const {
  if (guard_.held() != &condition_.lock_) {
    throw RuntimeError("cannot wait: the guard does not hold the lock of the condition");
  }
  return false;
}

bool ConditionAwaiter::start(FrameBase& frame) noexcept {
  if (!begin(frame)) return false;
  guard_.detach();
  WakeList woken;
  const std::lock_guard lock(permits_.mutex());
  condition_.waiters_.push_back(*this);
  condition_.waiting_.fetch_add(1, std::memory_order_relaxed);
  permits_.give_back_locked(woken);
  return true;
}

void ConditionAwaiter::await_resume() {
  finish();
  granted_ = false;
  guard_ = LockGuard(condition_.lock_);
  if (interrupted_ && take_pending_cancellation()) throw Cancelled(cancel_reason());
}

// The wait goes on until the lock is held again, so the cancellation stays pending and is taken at the end.
CancelOutcome ConditionAwaiter::cancel() noexcept {
  WakeList woken;
  const std::lock_guard lock(permits_.mutex());
  if (granted_ || interrupted_) return CancelOutcome::Refused;
  interrupted_ = true;
  if (!notified_) {
    WaitList::remove(*this);
    condition_.waiting_.fetch_sub(1, std::memory_order_relaxed);
    permits_.take_or_queue(*this, woken);
  } else if (!condition_.waiters_.empty()) {
    condition_.notify_first(woken);
  }
  return CancelOutcome::Refused;
}

}  // namespace detail
}  // namespace coroute
