// SPDX-License-Identifier: BSL-1.0
#pragma once
/// How many requests a backend takes at once, found out from how long its answers take.
#include <cstddef>

#include "coroute/asyncio/clock.hpp"

namespace coroute::detail {

/// After the gradient of TCP Vegas' kind: as long as answers take no longer than they used to, the limit grows by its
/// square root; when they take longer it shrinks in proportion. One thread at a time.
class AdaptiveLimit {
 public:
  AdaptiveLimit(std::size_t first, std::size_t least, std::size_t most) noexcept;

  std::size_t limit() const noexcept { return static_cast<std::size_t>(limit_); }
  /// `in_progress`: when it ended, itself included.
  void answered(Clock::duration latency, std::size_t in_progress) noexcept;
  /// The backend has refused a request for being busy, or didn't answer in time.
  void overloaded(std::size_t in_progress) noexcept;

 private:
  void end_round() noexcept;
  void look_for_queue(double latency, bool is_long) noexcept;

  double limit_;
  double least_;
  double most_;
  double usual_latency_ = 0;       // seconds; 0: unknown
  double long_since_limit_ = 0;    // when answers took longest; 0: they don't take long
  double long_since_latency_ = 0;  // then, in seconds
  double sum_ = 0;                 // of the latencies of this round
  std::size_t answers_ = 0;        // in this round
  std::size_t most_in_progress_ = 0;
  bool was_overloaded_ = false;
};

}  // namespace coroute::detail
