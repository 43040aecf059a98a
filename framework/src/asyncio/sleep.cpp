// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/sleep.hpp"

namespace coroute::detail {

bool SleepAwaiter::start(FrameBase& frame) {
  if (!begin(frame)) return false;
  EventLoop& loop = task_->loop();
  if (delay_ <= Clock::duration::zero()) {
    wake();
    return true;
  }
  when = loop.time_after(delay_);
  try {
    loop.add_timer(*this);
  } catch (...) {
    withdraw();
    throw;
  }
  return true;
}

CancelOutcome SleepAwaiter::cancel() noexcept {
  if (delay_ <= Clock::duration::zero()) return CancelOutcome::AbortedQueued;
  if (!queued()) return CancelOutcome::Refused;  // over already, the task is about to run
  task_->loop().remove_timer(*this);
  return CancelOutcome::Aborted;
}

}  // namespace coroute::detail
