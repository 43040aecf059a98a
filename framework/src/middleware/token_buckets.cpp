// SPDX-License-Identifier: BSL-1.0
#include "token_buckets.hpp"

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string>

#include "crypto/digest.hpp"

namespace coroute::detail {

TokenBuckets::TokenBuckets(std::uint32_t limit, Clock::duration window, std::size_t max_keys) : limit_(limit) {
  if (limit == 0 || max_keys == 0 || window <= Clock::duration::zero())
    throw std::invalid_argument("a rate limit's limit, window and max_keys must be above zero");
  per_token_ = window / limit;
  if (per_token_ == Clock::duration::zero())
    throw std::invalid_argument("a rate limit of more than one request a nanosecond");
  constexpr std::size_t shard_count = 16;
  const std::size_t count = std::min(shard_count, max_keys);
  for (std::size_t i = 0; i < count; ++i)
    shards_.push_back(std::make_unique<Shard>(max_keys / count + (i < max_keys % count ? 1 : 0)));
}

TokenBuckets::Verdict TokenBuckets::take(std::string_view key, Clock::time_point now) {
  constexpr std::size_t longest_key = 64;  // so that max_keys bounds the memory, whatever clients send
  std::string digest;
  if (key.size() > longest_key) key = digest = sha256(key);
  Shard& shard = *shards_[std::hash<std::string_view>()(key) % shards_.size()];
  const std::lock_guard lock(shard.mutex);
  Clock::time_point* const known = shard.full_at.find(key);
  const Clock::time_point full_at = (known ? std::max(*known, now) : now) + per_token_;
  const Clock::duration missing = full_at - now;
  const Clock::duration all = per_token_ * limit_;
  if (missing > all) return {false, 0, missing - all, missing - per_token_};
  if (known)
    *known = full_at;
  else
    shard.full_at.put(key, full_at);
  return {true, static_cast<std::uint32_t>((all - missing) / per_token_), {}, missing};
}

}  // namespace coroute::detail
