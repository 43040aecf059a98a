// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Credentials as handler arguments: what a client sent to authenticate, taken from the request, not verified.
///
///     Async<Json> me(HttpBearer token);                  // 401 when there is none
///     Async<Json> me(std::optional<HttpBearer> token);   // empty when there is none
///
/// Each appears in documents as a security scheme. What is missing or malformed is answered with 401 `Not
/// authenticated` and the challenge in `www-authenticate`, as FastAPI's classes of the same names do.
#include <optional>
#include <string>
#include <string_view>

#include "coroute/http/request.hpp"
#include "coroute/params/fixed_string.hpp"
#include "coroute/params/security_scheme.hpp"

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

SecurityScheme http_scheme(std::string_view name, std::string_view scheme, std::string_view bearer_format = {});
SecurityScheme api_key_scheme(std::string_view name, std::string_view in, std::string_view key);

}  // namespace detail

/// HTTP Basic (RFC 7617): user name and password.
template <FixedString realm = "">
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
    static const SecurityScheme scheme = detail::http_scheme("HTTPBasic", "basic");
    return scheme;
  }
};
using HttpBasic = BasicHttpBasic<>;
/// With a realm in its challenge.
template <FixedString realm>
using HttpBasicRealm = BasicHttpBasic<realm>;

/// A bearer token (RFC 6750).
struct HttpBearer {
  std::string scheme;       ///< As the client wrote it.
  std::string credentials;  ///< The token.

  static std::optional<HttpBearer> try_from_request(Request& request);
  static HttpBearer from_request(Request& request);
  static const SecurityScheme& security_scheme();
};

/// HTTP Digest (RFC 7616): what the client sent, to be checked by the handler.
struct HttpDigest {
  std::string scheme;
  std::string credentials;

  static std::optional<HttpDigest> try_from_request(Request& request);
  static HttpDigest from_request(Request& request);
  static const SecurityScheme& security_scheme();
};

/// A key in a header field: `ApiKeyHeader<"X-API-Key">`.
template <FixedString name>
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
    static const SecurityScheme scheme = detail::api_key_scheme("APIKeyHeader", "header", detail::constant_text<name>);
    return scheme;
  }
};

/// A key in the query: `ApiKeyQuery<"api_key">`.
template <FixedString name>
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
    static const SecurityScheme scheme = detail::api_key_scheme("APIKeyQuery", "query", detail::constant_text<name>);
    return scheme;
  }
};

/// A key in a cookie: `ApiKeyCookie<"session">`.
template <FixedString name>
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
    static const SecurityScheme scheme = detail::api_key_scheme("APIKeyCookie", "cookie", detail::constant_text<name>);
    return scheme;
  }
};

/// OAuth 2 with user name and password (RFC 6749 section 4.3): the bearer token that `token_url` gave. `scopes_json`: a
/// JSON object from scope to description.
template <FixedString token_url, FixedString scopes_json = "{}">
struct OAuth2PasswordBearer {
  std::string token;

  static std::optional<OAuth2PasswordBearer> try_from_request(Request& request) {
    auto found = detail::authorization_of(request, "bearer");
    if (!found) return std::nullopt;
    return OAuth2PasswordBearer{std::move(found->credentials)};
  }
  static OAuth2PasswordBearer from_request(Request& request) {
    auto found = try_from_request(request);
    if (!found) detail::throw_not_authenticated("Bearer");
    return std::move(*found);
  }
  static const SecurityScheme& security_scheme() {
    static const SecurityScheme scheme{"OAuth2PasswordBearer",
                                       R"({"type":"oauth2","flows":{"password":{"scopes":)" +
                                           std::string(detail::constant_text<scopes_json>) + R"(,"tokenUrl":")" +
                                           std::string(detail::constant_text<token_url>) + R"("}}})"};
    return scheme;
  }
};

/// OpenID Connect: the Authorization field as it is.
template <FixedString open_id_connect_url>
struct OpenIdConnect {
  std::string authorization;

  static std::optional<OpenIdConnect> try_from_request(Request& request) {
    const auto found = request.header("authorization");
    if (!found || found->empty()) return std::nullopt;
    return OpenIdConnect{std::string(*found)};
  }
  static OpenIdConnect from_request(Request& request) {
    auto found = try_from_request(request);
    if (!found) detail::throw_not_authenticated("Bearer");
    return std::move(*found);
  }
  static const SecurityScheme& security_scheme() {
    static const SecurityScheme scheme{"OpenIdConnect", R"({"type":"openIdConnect","openIdConnectUrl":")" +
                                                            std::string(detail::constant_text<open_id_connect_url>) +
                                                            "\"}"};
    return scheme;
  }
};

}  // namespace coroute
