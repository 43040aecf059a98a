// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What tells browsers to be careful with an answer, with the values that OWASP and Helmet recommend.
#include <memory>
#include <string>

#include "coroute/http/handler.hpp"

namespace coroute {

/// Values of the fields of these names; an empty one is left out.
struct SecurityHeadersOptions {
  std::string content_security_policy =
      "default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";
  /// Over https only. Browsers remember it: begin with a short time, and say `includeSubDomains` when all have https.
  std::string strict_transport_security = "max-age=31536000";
  std::string x_content_type_options = "nosniff";
  /// For browsers that don't know `frame-ancestors`.
  std::string x_frame_options = "DENY";
  std::string referrer_policy = "strict-origin-when-cross-origin";
  std::string cross_origin_opener_policy = "same-origin";
  /// "cross-origin" for pictures and the like that other sites show.
  std::string cross_origin_resource_policy = "same-origin";
  /// "camera=(), geolocation=()"
  std::string permissions_policy = {};
};

/// Adds them to answers that don't have them: what a handler sets stays, as do the policies of the documentation pages.
/// Put it outermost, so that errors have them, too.
///
///     app.use(SecurityHeadersMiddleware({.permissions_policy = "camera=()"}));
class SecurityHeadersMiddleware {
 public:
  /// std::invalid_argument for a value with control characters.
  explicit SecurityHeadersMiddleware(SecurityHeadersOptions options = {});
  Async<Response> operator()(Request& request, const Handler& next) const;

 private:
  struct Fields;
  std::shared_ptr<const Fields> fields_;
};

}  // namespace coroute
