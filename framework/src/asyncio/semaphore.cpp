// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/semaphore.hpp"

#include <stdexcept>

namespace coroute {

void Permit::release() noexcept {
  if (owner_) std::exchange(owner_, nullptr)->permits_.give_back();
}

void Semaphore::release() {
  if (!permits_.give_back()) throw std::invalid_argument("BoundedSemaphore released too many times");
}

}  // namespace coroute
