// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/event.hpp"

namespace coroute {

Event::~Event() {
  detail::orphan_all(waiters_, mutex_, [](detail::ListedWait& waiter) -> detail::WaitClaim& {
    return static_cast<detail::EventAwaiter&>(waiter).claim_;
  });
}

// Without waiters it is set without the mutex: whoever sees it may end the event's life.
void Event::set() noexcept {
  while (true) {
    State seen = State::Clear;
    if (state_.compare_exchange_strong(seen, State::Set, std::memory_order_release) || seen == State::Set) return;
    detail::WakeList woken;
    const std::lock_guard lock(mutex_);
    if (waiters_.empty()) continue;  // they left meanwhile
    waiters_.for_each([&](detail::ListedWait& wait) {
      auto& waiter = static_cast<detail::EventAwaiter&>(wait);
      if (!waiter.claim_.try_answer(*waiter.task_)) return;
      remove(waiter);
      woken.grant(waiter);
    });
    state_.store(State::Set, std::memory_order_release);
    return;
  }
}

void Event::clear() noexcept {
  State seen = State::Set;
  state_.compare_exchange_strong(seen, State::Clear, std::memory_order_relaxed);
}

/// False: the event is set.
bool Event::try_queue(detail::EventAwaiter& waiter) noexcept {
  State seen = State::Clear;
  state_.compare_exchange_strong(seen, State::ClearAndAwaited, std::memory_order_acquire);
  if (seen == State::Set) return false;
  waiters_.push_back(waiter);
  waiting_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

void Event::remove(detail::EventAwaiter& waiter) noexcept {
  detail::WaitList::remove(waiter);
  waiting_.fetch_sub(1, std::memory_order_relaxed);
}

void Event::leave(detail::EventAwaiter& waiter) noexcept {
  remove(waiter);
  if (!waiters_.empty()) return;
  State awaited = State::ClearAndAwaited;  // and not Set, by whoever has just passed the waiter over
  state_.compare_exchange_strong(awaited, State::Clear, std::memory_order_relaxed);
}

namespace detail {

bool EventAwaiter::await_ready() noexcept {
  granted_ = event_.is_set();
  return granted_ && spend_ready_budget();
}

bool EventAwaiter::start(FrameBase& frame) noexcept {
  if (!begin(frame)) return false;
  if (granted_) {  // only gives others a turn
    claim_.answer_at_once();
    wake();
    return true;
  }
  const std::lock_guard lock(event_.mutex_);
  if (event_.try_queue(*this)) return true;
  withdraw();
  return false;
}

CancelOutcome EventAwaiter::cancel() noexcept {
  if (!claim_.try_cancel()) {
    return claim_.is_orphaned() ? CancelOutcome::Aborted : CancelOutcome::Refused;  // set: the task is about to run
  }
  const std::lock_guard lock(event_.mutex_);
  event_.leave(*this);
  return CancelOutcome::Aborted;
}

}  // namespace detail
}  // namespace coroute
