// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/detail/loop_wait_list.hpp"

namespace coroute::detail {

LoopWaitListAwaiter::~LoopWaitListAwaiter() {
  if (linked()) IntrusiveList<LoopWaitListAwaiter>::remove(*this);
}

bool LoopWaitListAwaiter::start(FrameBase& frame) noexcept {
  if (!begin(frame)) return false;
  list_->waiters_.push_back(*this);
  return true;
}

CancelOutcome LoopWaitListAwaiter::cancel() noexcept {
  if (!linked()) return CancelOutcome::Refused;  // woken already: completion wins
  IntrusiveList<LoopWaitListAwaiter>::remove(*this);
  return CancelOutcome::Aborted;
}

void LoopWaitList::wake_all() noexcept {
  while (!waiters_.empty())
    waiters_.pop_front().wake();
}

}  // namespace coroute::detail
