// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/csrf.hpp"

#include <algorithm>

#include "coroute/http/error_response.hpp"
#include "crypto/base64.hpp"
#include "crypto/digest.hpp"
#include "middleware/edited.hpp"
#include "middleware/safe_method.hpp"
#include "middleware/timestamp_signer.hpp"
#include "middleware/vary.hpp"

namespace coroute {
namespace {

Async<Response> refuse(const Request& request, const char* why) {
  return Async<Response>::ready(error_response(request, HttpException(Status::Forbidden, why)));
}

}  // namespace

struct CsrfMiddleware::Tokens {
  explicit Tokens(CsrfOptions given) : options(std::move(given)) {
    detail::check_secrets(options.secret_keys);
    static_cast<void>(cookie("x").to_string());  // throws
  }

  SetCookie cookie(std::string value) const {
    return {.name = options.cookie_name,
            .value = std::move(value),
            .path = options.path,
            .domain = options.domain,
            .secure = options.https_only,
            .same_site = options.same_site};
  }

  /// 128 random bits and their signature.
  std::string make() const {
    constexpr std::size_t random_size = 16;
    const std::string random = detail::base64url(detail::random_bytes(random_size));
    return random + "." + signature(options.secret_keys.front(), random);
  }

  bool is_ours(std::string_view token) const {
    const std::size_t dot = std::min(token.find('.'), token.size());
    const std::string_view sent = token.substr(std::min(dot + 1, token.size()));
    return std::any_of(options.secret_keys.begin(), options.secret_keys.end(), [&](const std::string& secret) {
      return detail::equal_in_constant_time(signature(secret, token.substr(0, dot)), sent);
    });
  }

  /// By host, since a proxy may have taken https off. Who sends no Origin is no browser, or an old one: the token
  /// decides.
  bool trusts_origin(const Request& request) const {
    const auto origin = request.header("origin");
    if (!origin) return true;
    const auto is_origin = [&](const std::string& trusted) { return iequals(trusted, *origin); };
    if (std::any_of(options.trusted_origins.begin(), options.trusted_origins.end(), is_origin)) return true;
    const std::size_t scheme_end = origin->find("://");
    return scheme_end != std::string_view::npos && iequals(origin->substr(scheme_end + 3), request.host());
  }

  static std::string signature(const std::string& secret, std::string_view random) {
    return detail::base64url(detail::hmac_sha256(secret, "coroute csrf token " + std::string(random)));
  }

  CsrfOptions options;
};

CsrfMiddleware::CsrfMiddleware(CsrfOptions options) : tokens_(std::make_shared<const Tokens>(std::move(options))) {}

Async<Response> CsrfMiddleware::operator()(Request& request, const Handler& next) const {
  const Tokens& tokens = *tokens_;
  const auto token = request.cookie(tokens.options.cookie_name);
  const bool has_token = token && tokens.is_ours(*token);
  if (!detail::is_safe(request.method())) {
    if (!tokens.trusts_origin(request)) return refuse(request, "CSRF origin not trusted");
    const std::string_view sent = request.header(tokens.options.header_name).value_or("");
    if (!has_token || !detail::equal_in_constant_time(*token, sent))
      return refuse(request, "CSRF token missing or incorrect");
    return next(request);
  }
  return detail::edited(next(request), [&tokens, has_token](Response& response) {
    if (!has_token) response.set_cookie(tokens.cookie(tokens.make()));
    detail::add_vary(response.headers, "Cookie");  // in either case: a cache must not keep the one for the other
  });
}

}  // namespace coroute
