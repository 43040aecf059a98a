// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/detail/idle_spin.hpp"

#include "coroute/asyncio/cpu_count.hpp"

namespace coroute::detail {

bool IdleSpin::is_possible() noexcept {
  static const bool possible = available_cpus() > 1;
  return possible;
}

}  // namespace coroute::detail
