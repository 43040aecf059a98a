// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/rate_limit.hpp"

#include <arpa/inet.h>

#include "coroute/asyncio/event_loop.hpp"
#include "coroute/http/error_response.hpp"
#include "middleware/edited.hpp"
#include "middleware/token_buckets.hpp"

namespace coroute {
namespace {

std::string network_of(const Request& request) {
  const std::string& host = request.client().host;
  in6_addr address{};
  constexpr std::size_t network_bytes = 8;
  if (inet_pton(AF_INET6, host.c_str(), &address) != 1 || IN6_IS_ADDR_V4MAPPED(&address)) return host;
  return {reinterpret_cast<const char*>(&address), network_bytes};
}

std::string seconds_up(Clock::duration duration) {
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(duration).count());
}

}  // namespace

struct RateLimitMiddleware::Limit {
  explicit Limit(RateLimitOptions given)
      : options(std::move(given)), buckets(options.limit, options.window, options.max_keys) {}

  void add_fields(Response& response, const detail::TokenBuckets::Verdict& verdict) const {
    const std::string limit = std::to_string(options.limit);
    response.headers.set("ratelimit-limit", limit);
    response.headers.set("ratelimit-remaining", std::to_string(verdict.remaining));
    response.headers.set("ratelimit-reset", seconds_up(verdict.until_full));
    response.headers.set("ratelimit-policy", limit + ";w=" + seconds_up(options.window));
  }

  RateLimitOptions options;
  detail::TokenBuckets buckets;
};

RateLimitMiddleware::RateLimitMiddleware(RateLimitOptions options)
    : limit_(std::make_shared<Limit>(std::move(options))) {}

Async<Response> RateLimitMiddleware::operator()(Request& request, const Handler& next) const {
  const auto& key_of = limit_->options.key;
  const std::string key = key_of ? key_of(request) : "address " + network_of(request);
  if (key.empty()) return next(request);
  const auto verdict = limit_->buckets.take(key, EventLoop::current().time());
  const auto add_fields = [limit = limit_.get(), verdict](Response& response) { limit->add_fields(response, verdict); };
  if (verdict.allowed) return detail::edited(next(request), add_fields);
  Response refusal = error_response(request, HttpException(Status::TooManyRequests));
  add_fields(refusal);
  refusal.headers.set("retry-after", seconds_up(verdict.until_token));
  return Async<Response>::ready(std::move(refusal));
}

}  // namespace coroute
