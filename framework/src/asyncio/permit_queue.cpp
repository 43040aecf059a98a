// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/detail/permit_queue.hpp"

namespace coroute::detail {

bool PermitQueue::try_take_shared() noexcept {
  std::size_t free = free_.load(std::memory_order_relaxed);
  while (free != 0 && free != somebody_waits) {
    if (free_.compare_exchange_weak(free, free - 1, std::memory_order_acquire, std::memory_order_relaxed)) return true;
  }
  return false;
}

PermitQueue::Added PermitQueue::add_free() noexcept {
  std::size_t free = free_.load(std::memory_order_relaxed);
  while (free != somebody_waits) {
    if (free >= bound_) return Added::Full;
    if (free_.compare_exchange_weak(free, free + 1, std::memory_order_release, std::memory_order_relaxed)) {
      return Added::Yes;
    }
  }
  return bound_ == 0 ? Added::Full : Added::SomebodyWaits;
}

// A free permit is added without the mutex: whoever takes it may end the queue's life.
bool PermitQueue::give_back_shared() noexcept {
  while (true) {
    const Added added = add_free();
    if (added != Added::SomebodyWaits) return added == Added::Yes;
    WakeList woken;
    const std::lock_guard lock(mutex_);
    if (!waiters_.empty()) {
      hand_over(woken);
      return true;
    }
  }
}

void PermitQueue::give_back_locked(WakeList& woken) noexcept {
  if (add_free() == Added::SomebodyWaits) hand_over(woken);
}

void PermitQueue::hand_over(WakeList& woken) noexcept {
  ListedWait& first = waiters_.pop_front();
  waiting_.fetch_sub(1, std::memory_order_relaxed);
  if (waiters_.empty()) free_.store(0, std::memory_order_relaxed);
  woken.grant(first);
}

/// False: a permit was free, and is taken.
bool PermitQueue::try_queue(PermitWait& wait) noexcept {
  while (true) {
    if (try_take_shared()) return false;
    std::size_t none = 0;
    const bool changed = free_.compare_exchange_strong(none, somebody_waits, std::memory_order_relaxed);
    if (changed || none == somebody_waits) break;
  }
  waiting_.fetch_add(1, std::memory_order_relaxed);
  waiters_.push_back(wait);
  return true;
}

void PermitQueue::take_or_queue(PermitWait& wait, WakeList& woken) noexcept {
  if (!try_queue(wait)) woken.grant(wait);
}

void PermitQueue::leave(PermitWait& wait) noexcept {
  WaitList::remove(wait);
  waiting_.fetch_sub(1, std::memory_order_relaxed);
  if (waiters_.empty()) free_.store(0, std::memory_order_relaxed);
}

bool PermitWait::start(FrameBase& frame) noexcept {
  if (!begin(frame)) return false;
  if (granted_) {  // only gives others a turn
    wake();
    return true;
  }
  const std::lock_guard lock(permits_.mutex_);
  if (permits_.try_queue(*this)) return true;
  granted_ = true;
  withdraw();
  return false;
}

CancelOutcome PermitWait::cancel() noexcept {
  const std::lock_guard lock(permits_.mutex_);
  if (granted_) return CancelOutcome::Refused;  // the permit is on its way
  permits_.leave(*this);
  return CancelOutcome::Aborted;
}

}  // namespace coroute::detail
