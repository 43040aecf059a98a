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
  const Clock::time_point now = loop.time();
  when = delay_ > Clock::time_point::max() - now ? Clock::time_point::max() : now + delay_;
  loop.add_timer(*this);
  return true;
}

CancelOutcome SleepAwaiter::cancel() noexcept {
  if (!queued()) return CancelOutcome::Refused;  // over already, the task is about to run
  task_->loop().remove_timer(*this);
  return CancelOutcome::Aborted;
}

}  // namespace coroute::detail
