// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Finds out which loops are blocked from looking at all of them again and again.
#include <cstdint>
#include <map>
#include <vector>

#include "coroute/asyncio/clock.hpp"
#include "coroute/asyncio/event_loop.hpp"

namespace coroute::detail {

class LoopWatch {
 public:
  struct Blocked {
    LoopProgress loop;
    Clock::duration time{};  ///< Since the first look that found it where it still is.
  };

  explicit LoopWatch(Clock::duration limit) noexcept : limit_(limit) {}

  /// Those that have not come round for the limit, and again each time it has doubled.
  std::vector<Blocked> look(const std::vector<LoopProgress>& loops, Clock::time_point now);

 private:
  struct Seen {
    std::uint64_t turns = 0;
    Clock::time_point since{};
    Clock::duration report_at{};
  };

  Clock::duration limit_;
  std::map<std::uint64_t, Seen> seen_;  // by number of the loop
};

}  // namespace coroute::detail
