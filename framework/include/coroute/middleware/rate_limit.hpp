// SPDX-License-Identifier: BSL-1.0
#pragma once
/// So many requests in so much time, for each client.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "coroute/asyncio/function.hpp"
#include "coroute/http/handler.hpp"

namespace coroute {

struct RateLimitOptions {
  /// Requests at once, and in each window when they go on.
  std::uint32_t limit = 100;
  std::chrono::milliseconds window = std::chrono::seconds(60);
  /// Who a request counts for; an empty text counts for nobody. Called by all loops. Null: the client's address, of
  /// IPv6 the network (/64).
  Function<std::string(const Request&)> key = nullptr;
  /// Clients that are known at a time; beyond them whoever was not seen for longest begins anew.
  std::size_t max_keys = 10'000;
};

/// A token bucket for each key, which all loops share: the limit is exact, whichever loop a request comes to. Answers
/// carry `ratelimit-limit`, `ratelimit-remaining`, `ratelimit-reset` (seconds until all is there again) and
/// `ratelimit-policy` (draft-ietf-httpapi-ratelimit-headers-07); what is too much gets 429 `{"detail":"Too Many
/// Requests"}` with `retry-after` and does not count.
///
///     router.use(RateLimitMiddleware({.limit = 10, .window = 1s}));
class RateLimitMiddleware {
 public:
  /// std::invalid_argument unless limit, window and max_keys are above zero, and for more than a request a nanosecond.
  explicit RateLimitMiddleware(RateLimitOptions options = {});
  Async<Response> operator()(Request& request, const Handler& next) const;

 private:
  struct Limit;
  std::shared_ptr<Limit> limit_;
};

}  // namespace coroute
