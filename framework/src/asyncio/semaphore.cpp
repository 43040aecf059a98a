// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/semaphore.hpp"

namespace coroute {

void Permit::release() noexcept {
  if (owner_) std::exchange(owner_, nullptr)->release();
}

Semaphore::Semaphore(std::size_t permits) noexcept : permits_(permits) {}

// Two counters keep the fast paths free of the mutex: whoever releases looks for waiters after adding the permit,
// whoever waits looks for permits after announcing itself; in the single order of these operations one of them sees
// the other. While anybody waits nobody takes the fast path, so a newcomer never overtakes.

bool Semaphore::take_free_permit() noexcept {
  std::size_t free = permits_.load(std::memory_order_seq_cst);
  while (free > 0) {
    if (permits_.compare_exchange_weak(free, free - 1, std::memory_order_seq_cst)) return true;
  }
  return false;
}

Permit Semaphore::try_acquire() noexcept {
  if (waiters_.load(std::memory_order_seq_cst) == 0 && take_free_permit()) return Permit(*this);
  return Permit();
}

void Semaphore::release() noexcept {
  permits_.fetch_add(1, std::memory_order_seq_cst);
  if (waiters_.load(std::memory_order_seq_cst) == 0) return;
  const std::lock_guard lock(mutex_);
  hand_out();
}

void Semaphore::hand_out() noexcept {
  while (!queue_.empty() && take_free_permit()) {
    detail::SemaphoreAwaiter& first = queue_.pop_front();
    waiters_.fetch_sub(1, std::memory_order_seq_cst);
    first.granted_ = true;
    first.wake();
  }
}

bool Semaphore::locked() const noexcept {
  return available() == 0 || waiting() > 0;
}

namespace detail {

SemaphoreAwaiter::~SemaphoreAwaiter() {
  if (granted_) semaphore_->release();  // the frame was destroyed before it could take what it was given
}

bool SemaphoreAwaiter::await_ready() noexcept {
  if (semaphore_->waiters_.load(std::memory_order_seq_cst) != 0 || !semaphore_->take_free_permit()) return false;
  granted_ = true;
  return spend_ready_budget();
}

bool SemaphoreAwaiter::start(FrameBase& frame) noexcept {
  if (!begin(frame)) return false;
  if (granted_) {  // only gives others a turn
    wake();
    return true;
  }
  const std::lock_guard lock(semaphore_->mutex_);
  semaphore_->waiters_.fetch_add(1, std::memory_order_seq_cst);
  semaphore_->queue_.push_back(*this);
  semaphore_->hand_out();
  return true;
}

Permit SemaphoreAwaiter::await_resume() {
  finish();
  granted_ = false;
  return Permit(*semaphore_);
}

CancelOutcome SemaphoreAwaiter::cancel() noexcept {
  const std::lock_guard lock(semaphore_->mutex_);
  if (!linked()) return CancelOutcome::Refused;  // the permit is on its way
  IntrusiveList<SemaphoreAwaiter>::remove(*this);
  semaphore_->waiters_.fetch_sub(1, std::memory_order_seq_cst);
  // Permits that arrived while we were first in the queue belong to those behind us.
  semaphore_->hand_out();
  return CancelOutcome::Aborted;
}

}  // namespace detail
}  // namespace coroute
