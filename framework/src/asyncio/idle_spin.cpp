// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/detail/idle_spin.hpp"

#include "coroute/asyncio/cpu_count.hpp"

namespace coroute::detail {

int IdleSpin::places() noexcept {
  static const int cores = static_cast<int>(available_cpus());
  return cores > 1 ? cores : 0;
}

}  // namespace coroute::detail
