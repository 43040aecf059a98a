// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/rate_limiter.hpp"

#include "coroute/asyncio/event_loop.hpp"
#include "middleware/token_buckets.hpp"

namespace coroute {

struct RateLimiter::Buckets {
  detail::TokenBuckets buckets;
};

RateLimiter::RateLimiter(const RateLimiterOptions& options)
    : buckets_(new Buckets{detail::TokenBuckets(options.limit, options.window, options.max_keys)}) {}

RateLimiter::Verdict RateLimiter::take(std::string_view key) const {
  const auto verdict = buckets_->buckets.take(key, EventLoop::current().time());
  return {verdict.allowed, verdict.remaining, verdict.until_token, verdict.until_full};
}

}  // namespace coroute
