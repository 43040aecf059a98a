// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Credentials as handler arguments: what a client sent to authenticate, taken from the request, not verified.
///
///     Async<Json> me(HttpBearer token);                  // 401 when there is none
///     Async<Json> me(std::optional<HttpBearer> token);   // empty when there is none
///
/// Options of all: `scheme_name<"admin key">`, `description<"...">`, for documents; HttpBearerWith<...> and so on where
/// the name alone is the one without options.
///
/// Each appears in documents as a security scheme. What is missing or malformed is answered with 401 `Not
/// authenticated` and the challenge in `www-authenticate`, as FastAPI's classes of the same names do.
#include <optional>
#include <string>
#include <string_view>

#include "coroute/http/request.hpp"
#include "coroute/security/scheme_options.hpp"

namespace coroute {
namespace detail {

[[noreturn]] void throw_not_authenticated(std::string_view challenge);

struct Authorization {
  std::string scheme;  ///< As sent.
  std::string credentials;
};
/// Both parts of the Authorization field (RFC 9110 section 11.6.2), when the scheme is the wanted one.
std::optional<Authorization> authorization_of(const Request& request, std::string_view scheme);

struct UserAndPassword {
  std::string username;
  std::string password;
};
/// RFC 7617.
std::optional<UserAndPassword> basic_credentials_of(const Request& request);
std::string basic_challenge(std::string_view realm);

SecurityScheme http_scheme(std::string_view class_name, std::string_view scheme, const SchemeOptions& options);
SecurityScheme api_key_scheme(std::string_view class_name, std::string_view in, std::string_view key,
                              const SchemeOptions& options);

}  // namespace detail

/// HTTP Basic (RFC 7617): user name and password.
template <FixedString realm = "", auto... options>
struct BasicHttpBasic {
  std::string username;
  std::string password;

  static std::optional<BasicHttpBasic> try_from_request(Request& request) {
    auto found = detail::basic_credentials_of(request);
    if (!found) return std::nullopt;
    return BasicHttpBasic{std::move(found->username), std::move(found->password)};
  }
  static BasicHttpBasic from_request(Request& request) {
    auto found = try_from_request(request);
    if (!found) detail::throw_not_authenticated(detail::basic_challenge(detail::constant_text<realm>));
    return std::move(*found);
  }
  static const SecurityScheme& security_scheme() {
    static const SecurityScheme scheme =
        detail::http_scheme("HTTPBasic", "basic", detail::scheme_options<options...>());
    return scheme;
  }
};
using HttpBasic = BasicHttpBasic<>;
/// With a realm in its challenge.
template <FixedString realm, auto... options>
using HttpBasicRealm = BasicHttpBasic<realm, options...>;

/// A bearer token (RFC 6750). Options: bearer_format too.
template <auto... options>
struct HttpBearerWith {
  std::string scheme;       ///< As the client wrote it.
  std::string credentials;  ///< The token.

  static std::optional<HttpBearerWith> try_from_request(Request& request) {
    auto found = detail::authorization_of(request, "bearer");
    if (!found) return std::nullopt;
    return HttpBearerWith{std::move(found->scheme), std::move(found->credentials)};
  }
  static HttpBearerWith from_request(Request& request) {
    auto found = try_from_request(request);
    if (!found) detail::throw_not_authenticated("Bearer");
    return std::move(*found);
  }
  static const SecurityScheme& security_scheme() {
    static const SecurityScheme scheme =
        detail::http_scheme("HTTPBearer", "bearer", detail::scheme_options<options...>());
    return scheme;
  }
};
using HttpBearer = HttpBearerWith<>;

/// HTTP Digest (RFC 7616): what the client sent, to be checked by the handler.
template <auto... options>
struct HttpDigestWith {
  std::string scheme;       ///< As the client wrote it.
  std::string credentials;  ///< To be taken apart by the handler.

  static std::optional<HttpDigestWith> try_from_request(Request& request) {
    auto found = detail::authorization_of(request, "digest");
    if (!found) return std::nullopt;
    return HttpDigestWith{std::move(found->scheme), std::move(found->credentials)};
  }
  static HttpDigestWith from_request(Request& request) {
    auto found = try_from_request(request);
    if (!found) detail::throw_not_authenticated("Digest");
    return std::move(*found);
  }
  static const SecurityScheme& security_scheme() {
    static const SecurityScheme scheme =
        detail::http_scheme("HTTPDigest", "digest", detail::scheme_options<options...>());
    return scheme;
  }
};
using HttpDigest = HttpDigestWith<>;

/// A key in a header field: `ApiKeyHeader<"X-API-Key">`.
template <FixedString name, auto... options>
struct ApiKeyHeader {
  std::string key;

  static std::optional<ApiKeyHeader> try_from_request(Request& request) {
    const auto found = request.header(detail::constant_text<name>);
    if (!found || found->empty()) return std::nullopt;
    return ApiKeyHeader{std::string(*found)};
  }
  static ApiKeyHeader from_request(Request& request) {
    auto found = try_from_request(request);
    if (!found) detail::throw_not_authenticated("APIKey");
    return std::move(*found);
  }
  static const SecurityScheme& security_scheme() {
    static const SecurityScheme scheme = detail::api_key_scheme("APIKeyHeader", "header", detail::constant_text<name>,
                                                                detail::scheme_options<options...>());
    return scheme;
  }
};

/// A key in the query: `ApiKeyQuery<"api_key">`.
template <FixedString name, auto... options>
struct ApiKeyQuery {
  std::string key;

  static std::optional<ApiKeyQuery> try_from_request(Request& request) {
    const auto found = request.query(detail::constant_text<name>);
    if (!found || found->empty()) return std::nullopt;
    return ApiKeyQuery{std::string(*found)};
  }
  static ApiKeyQuery from_request(Request& request) {
    auto found = try_from_request(request);
    if (!found) detail::throw_not_authenticated("APIKey");
    return std::move(*found);
  }
  static const SecurityScheme& security_scheme() {
    static const SecurityScheme scheme = detail::api_key_scheme("APIKeyQuery", "query", detail::constant_text<name>,
                                                                detail::scheme_options<options...>());
    return scheme;
  }
};

/// A key in a cookie: `ApiKeyCookie<"session">`.
template <FixedString name, auto... options>
struct ApiKeyCookie {
  std::string key;

  static std::optional<ApiKeyCookie> try_from_request(Request& request) {
    const auto found = request.cookie(detail::constant_text<name>);
    if (!found || found->empty()) return std::nullopt;
    return ApiKeyCookie{std::string(*found)};
  }
  static ApiKeyCookie from_request(Request& request) {
    auto found = try_from_request(request);
    if (!found) detail::throw_not_authenticated("APIKey");
    return std::move(*found);
  }
  static const SecurityScheme& security_scheme() {
    static const SecurityScheme scheme = detail::api_key_scheme("APIKeyCookie", "cookie", detail::constant_text<name>,
                                                                detail::scheme_options<options...>());
    return scheme;
  }
};

}  // namespace coroute
