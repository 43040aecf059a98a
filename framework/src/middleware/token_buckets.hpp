// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Token buckets by key. For all loops at once.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "coroute/asyncio/clock.hpp"
#include "middleware/lru_map.hpp"

namespace coroute::detail {

/// Each bucket holds `limit` tokens and gets as many in a window, evenly. One is kept as the moment at which it is full
/// again (the generic cell rate algorithm): it needs no refilling, and a burst is counted exactly whoever asks.
class TokenBuckets {
 public:
  struct Verdict {
    bool allowed;
    std::uint32_t remaining;      ///< Tokens that are left.
    Clock::duration until_token;  ///< When it is not allowed.
    Clock::duration until_full;
  };

  /// All above zero; std::invalid_argument else, and for more than a token a nanosecond.
  TokenBuckets(std::uint32_t limit, Clock::duration window, std::size_t max_keys);

  /// Takes a token out of the bucket of `key`. Of more keys than `max_keys` the one not seen for longest has a full
  /// bucket again. Long keys are kept as their digest.
  Verdict take(std::string_view key, Clock::time_point now);

 private:
  /// Each with a lock of its own, so that loops seldom meet.
  struct alignas(64) Shard {
    explicit Shard(std::size_t max_keys) : full_at(max_keys) {}
    std::mutex mutex;
    LruMap<Clock::time_point> full_at;
  };

  std::uint32_t limit_;
  Clock::duration per_token_;
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace coroute::detail
