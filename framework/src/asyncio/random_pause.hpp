// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Pauses before something is tried again.
#include "coroute/asyncio/clock.hpp"

namespace coroute::detail {

/// From none to `longest`, so that those who failed together don't come back together.
Clock::duration random_pause(Clock::duration longest);

}  // namespace coroute::detail
