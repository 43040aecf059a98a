// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Cross-origin requests (Fetch standard, section 3.2), answered as Starlette's CORSMiddleware does. One thing is
/// other: with "*" also answers to requests without Origin say so, since caches may give them to those that have one.
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "coroute/http/handler.hpp"

namespace coroute {

namespace detail {
class CorsPolicy;
}

/// FastAPI's options of the same names.
struct CorsOptions {
  /// "https://example.org"; "*" for all.
  std::vector<std::string> allow_origins = {};
  /// Origins that it matches as a whole are allowed as well. RE2's syntax; empty: none.
  std::string allow_origin_regex = {};
  /// "*": DELETE, GET, HEAD, OPTIONS, PATCH, POST and PUT.
  std::vector<std::string> allow_methods = {"GET"};
  /// Besides Accept, Accept-Language, Content-Language and Content-Type; "*": whatever is asked for.
  std::vector<std::string> allow_headers = {};
  /// Whether browsers send cookies and show the answer to them.
  bool allow_credentials = false;
  /// What scripts see of the answer besides the fields that they always do.
  std::vector<std::string> expose_headers = {};
  /// How long browsers remember the answer to a preflight.
  std::chrono::seconds max_age{600};
  /// Whether public sites may reach a server in a private network.
  bool allow_private_network = false;
};

/// Answers preflights itself: 200 `OK`, or 400 `Disallowed CORS origin, method, headers` with what doesn't fit. Other
/// requests are served whatever their origin; browsers keep the answer from scripts that must not see it. Put it
/// outermost, so that errors carry its fields, too.
///
///     app.use(CorsMiddleware({.allow_origins = {"https://example.org"}, .allow_methods = {"*"}}));
class CorsMiddleware {
 public:
  /// std::invalid_argument for an expression that RE2 doesn't take.
  explicit CorsMiddleware(CorsOptions options = {});
  Async<Response> operator()(Request& request, const Handler& next) const;

 private:
  std::shared_ptr<const detail::CorsPolicy> policy_;
};

}  // namespace coroute
