// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Answers kept for all clients: a shared cache (RFC 9111) in the server.
#include <chrono>
#include <cstddef>
#include <memory>

#include "coroute/http/handler.hpp"

namespace coroute {

namespace detail {
class SharedCache;
}

struct ResponseCacheOptions {
  /// For answers with status 200 that don't say how long they are good, to requests without Cookie and Authorization;
  /// 0: they are not kept.
  std::chrono::seconds default_ttl{0};
  /// Answers that are kept, each of the variants counts, and their bytes. Beyond them what was not asked for longest is
  /// forgotten.
  std::size_t max_entries = 1000;
  std::size_t max_bytes = 64 * 1024 * 1024;
  /// Of one body; larger ones are not kept.
  std::size_t max_body_bytes = 1024 * 1024;
  /// After an answer that must not be kept, requests for it don't wait for one another for so long.
  std::chrono::seconds uncacheable_ttl{120};
};

/// Keeps answers to GET with status 200, 301, 308, 404 or 410 as long as `s-maxage` or `max-age` of their Cache-Control
/// or else Expires say, less the Age that they have already, apart for each host, URL and the fields that `vary` names;
/// gives them with `age` and `cache-status: coroute; hit`. Of several requests for one that isn't there one goes to the
/// handler, the others wait for its answer (single-flight). A POST, PUT, PATCH or DELETE that succeeds has the answers
/// of its URL forgotten, query and all, also those that are being made meanwhile. Never kept are answers with
/// `private`, `no-store`, `no-cache` or a cookie, those to requests with a Range, and those to requests with
/// Authorization that are not `public` or with `s-maxage`. What requests say in Cache-Control is not heard, since
/// anybody could have the work done each time. All loops share what is kept. Put it around what says the same to all:
/// inside SessionMiddleware and EtagMiddleware, outside CompressionMiddleware to keep compressed bodies.
///
///     app.get("/report", report, {.middleware = {ResponseCacheMiddleware({.default_ttl = 10s})}});
class ResponseCacheMiddleware {
 public:
  explicit ResponseCacheMiddleware(ResponseCacheOptions options = {});
  Async<Response> operator()(Request& request, const Handler& next) const;

 private:
  static Async<Response> serve(detail::SharedCache& cache, Request& request, const Handler& next);

  std::shared_ptr<detail::SharedCache> cache_;
};

}  // namespace coroute
