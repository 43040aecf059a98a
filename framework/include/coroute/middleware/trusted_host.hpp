// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Only requests to known hosts: Starlette's TrustedHostMiddleware, against attacks by the Host field.
#include <memory>
#include <string>
#include <vector>

#include "coroute/http/handler.hpp"

namespace coroute {

struct TrustedHostOptions {
  /// "example.com", "*.example.com" for those below it, "*" for all; ports and letter case don't count.
  std::vector<std::string> allowed_hosts = {"*"};
  /// Whether "example.com" is sent on to "www.example.com" when only that is allowed.
  bool www_redirect = true;
};

/// Other hosts get 400 `Invalid host header`.
class TrustedHostMiddleware {
 public:
  /// std::invalid_argument for a "*" elsewhere.
  explicit TrustedHostMiddleware(TrustedHostOptions options);
  Async<Response> operator()(Request& request, const Handler& next) const;

 private:
  std::shared_ptr<const TrustedHostOptions> options_;
};

}  // namespace coroute
