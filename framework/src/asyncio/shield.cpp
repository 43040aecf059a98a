// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/shield.hpp"

namespace coroute::detail {

bool ShieldedJoin::start(FrameBase& frame) noexcept {
  if (!begin(frame)) {
    begin(frame);
    redeliver_cancellation();  // it was pending and stays so
  }
  if (target_.notify_when_done(*this)) return true;
  withdraw();
  return false;
}

}  // namespace coroute::detail
