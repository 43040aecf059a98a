// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/lock.hpp"

#include "coroute/asyncio/errors.hpp"

namespace coroute {

void LockGuard::release() noexcept {
  if (lock_) std::exchange(lock_, nullptr)->permits_.give_back();
}

void Lock::release() {
  if (!permits_.give_back()) throw RuntimeError("the lock is not acquired");
}

}  // namespace coroute
