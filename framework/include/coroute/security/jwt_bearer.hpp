// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Claims of a bearer's token as a handler's argument.
///
///     JwtVerifier make_verifier() {
///       return {JwksClient("https://id.example.com/jwks.json"),
///               {.algorithms = {JwtAlgorithm::RS256}, .audience = {"shop"}, .require = {"exp", "sub"}}};
///     }
///     struct User { std::string sub; };
///     Async<Json> me(JwtBearer<make_verifier, User> user);                            // user->sub
///     Async<Json> items(Security<jwt_bearer<make_verifier, User>, "items"> user);     // with the scope "items"
///
/// Without a token, or with one that isn't good, the answer is 401; 403 when it lacks scopes; 503 when the provider's
/// keys are not to be had. The challenge in `www-authenticate` says which (RFC 6750 section 3).
#include <string>
#include <utility>

#include "coroute/params/dependency.hpp"
#include "coroute/params/security_scopes.hpp"
#include "coroute/security/credentials.hpp"
#include "coroute/security/jwt_verifier.hpp"

namespace coroute {
namespace detail {

/// The JSON text of the claims, for an HttpException that says what is wrong.
Async<std::string> authenticate_bearer(const JwtVerifier& verifier, std::string token, SecurityScopes wanted);
[[noreturn]] void throw_invalid_bearer(const SecurityScopes& wanted);

template <class Scheme>
const std::string& token_of(const Scheme& scheme) {
  if constexpr (requires { scheme.token; }) {
    return scheme.token;
  } else {
    return scheme.credentials;
  }
}

}  // namespace detail

/// A dependency: `make_verifier` is a Singleton of the application that makes a JwtVerifier, `Scheme` where the token
/// comes from, an OAuth2PasswordBearer for instance. The scopes that a `Security` asks for have to be in the token's
/// `scope`, a text that spaces divide (RFC 8693 section 4.2), or in `scp` or `scopes`, which may be lists.
template <auto make_verifier, class Claims = Json, class Scheme = HttpBearerWith<bearer_format<"JWT">>>
Async<Claims> jwt_bearer(const SecurityScopes& wanted, const Scheme& bearer, Singleton<make_verifier> verifier) {
  const std::string claims = co_await detail::authenticate_bearer(*verifier, detail::token_of(bearer), wanted);
  try {
    co_return detail::claims_as<Claims>(claims);
  } catch (const InvalidClaimsError&) {
    detail::throw_invalid_bearer(wanted);
  }
}

/// The same without scopes.
template <auto make_verifier, class Claims = Json, class Scheme = HttpBearerWith<bearer_format<"JWT">>>
using JwtBearer = Depends<jwt_bearer<make_verifier, Claims, Scheme>>;

}  // namespace coroute
