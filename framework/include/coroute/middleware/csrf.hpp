// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Against requests that another site has a browser make with our cookies (cross-site request forgery).
#include <memory>
#include <string>
#include <vector>

#include "coroute/http/cookie.hpp"
#include "coroute/http/handler.hpp"

namespace coroute {

struct CsrfOptions {
  /// The first one makes tokens, all are good for checking them: see SessionOptions.
  std::vector<std::string> secret_keys;
  std::string cookie_name = "csrftoken";
  std::string header_name = "x-csrf-token";
  /// Besides our own: "https://shop.example.org".
  std::vector<std::string> trusted_origins = {};
  std::string path = "/";
  std::string domain = {};
  SameSite same_site = SameSite::Lax;
  bool https_only = false;
};

/// Answers to GET, HEAD, OPTIONS and TRACE set a cookie with a token, which scripts of our own pages read and send back
/// in a header field with all other methods. Those without it, or with another, get 403 `{"detail":"CSRF token missing
/// or incorrect"}`; those whose Origin is neither the host they went to nor trusted, 403 `{"detail":"CSRF origin not
/// trusted"}`. Tokens are signed, so that only ours count; another host of the domain, which could plant one that it
/// got itself, is kept out by its Origin, and by `cookie_name = "__Host-csrftoken"` with `https_only`. For clients that
/// authenticate by cookie; where others do by a header field, put it around the routes of the pages only.
///
///     pages.use(CsrfMiddleware({.secret_keys = {secret}}));
///     // fetch("/order", {method: "POST", headers: {"x-csrf-token": token_from_cookie}})
class CsrfMiddleware {
 public:
  /// std::invalid_argument without secrets, with an empty one, and for texts that a cookie can't have.
  explicit CsrfMiddleware(CsrfOptions options);
  Async<Response> operator()(Request& request, const Handler& next) const;

 private:
  struct Tokens;
  std::shared_ptr<const Tokens> tokens_;
};

}  // namespace coroute
