// SPDX-License-Identifier: BSL-1.0
#pragma once
/// So much of anything in so much time, for each key.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "coroute/asyncio/clock.hpp"

namespace coroute {

struct RateLimiterOptions {
  /// At once, and in each window when it goes on.
  std::uint32_t limit = 100;
  std::chrono::milliseconds window = std::chrono::seconds(60);
  /// Keys that are known at a time; beyond them whichever was not seen for longest begins anew.
  std::size_t max_keys = 10'000;
};

/// The token buckets of RateLimitMiddleware, for what is no request: messages of a WebSocket, attempts at a password.
/// All loops share them: the limit is exact. Copies have them in common.
///
///     if (const auto verdict = limiter.take(user->name); !verdict.allowed) throw HttpException(429);
class RateLimiter {
 public:
  struct Verdict {
    bool allowed;
    std::uint32_t remaining;      ///< How many more would be allowed now.
    Clock::duration retry_after;  ///< Until one would be; 0 when this one is.
    Clock::duration reset_after;  ///< Until all would be.
  };

  /// std::invalid_argument unless limit, window and max_keys are above zero, and for more than one a nanosecond.
  explicit RateLimiter(const RateLimiterOptions& options = {});

  /// Counts one for `key`, unless that is too much: then nothing is counted. In time of the loop: RuntimeError outside
  /// of one.
  Verdict take(std::string_view key) const;

 private:
  struct Buckets;
  std::shared_ptr<Buckets> buckets_;
};

}  // namespace coroute
