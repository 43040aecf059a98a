// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The clock of deadlines and timers.
#include <chrono>

namespace coroute {

/// The clock of every loop: deadlines don't move when somebody sets the time of day.
using Clock = std::chrono::steady_clock;

}  // namespace coroute
