// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Answers that the client has already (RFC 9110 section 13).
#include <cstddef>

#include "coroute/http/handler.hpp"

namespace coroute {

struct EtagOptions {
  /// Whether it says "means the same" rather than "has the same bytes".
  bool weak = false;
  /// Larger bodies get no ETag: it is made of all bytes, on the loop.
  std::size_t max_body_bytes = 1024 * 1024;
};

/// Gives answers to GET and HEAD with status 200 an ETag, made of the body (SHA-256), unless the handler has set one;
/// and answers by the conditions of the request, as files do: with 304 and no body what `if-none-match` names or,
/// without that, what was not modified since `if-modified-since` by its `last-modified`; with 412 what `if-match` or
/// `if-unmodified-since` rule out. It spares the sending, not the work of the handler. Put it inside
/// CompressionMiddleware, so that all codings of a body have one ETag.
///
///     app.use(EtagMiddleware());
class EtagMiddleware {
 public:
  explicit EtagMiddleware(EtagOptions options = {}) noexcept : options_(options) {}
  Async<Response> operator()(Request& request, const Handler& next) const;

 private:
  EtagOptions options_;
};

}  // namespace coroute
