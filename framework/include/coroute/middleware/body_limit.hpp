// SPDX-License-Identifier: BSL-1.0
#pragma once
/// How large request bodies may be, for a group of routes.
#include <cstdint>

#include "coroute/http/handler.hpp"

namespace coroute {

/// Larger bodies are answered with 413 when they are read: before the first byte when their length was announced. Of
/// several limits the innermost counts, in this order: `ServerLimits::max_body_bytes`, the application's middleware,
/// `RouteOptions::max_body_bytes`, middleware of routers and routes.
///
///     uploads.use(BodyLimitMiddleware(20 * 1024 * 1024));
class BodyLimitMiddleware {
 public:
  explicit BodyLimitMiddleware(std::uint64_t max_body_bytes) noexcept : max_body_bytes_(max_body_bytes) {}
  Async<Response> operator()(Request& request, const Handler& next) const;

 private:
  std::uint64_t max_body_bytes_;
};

}  // namespace coroute
