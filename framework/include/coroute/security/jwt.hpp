// SPDX-License-Identifier: BSL-1.0
#pragma once
/// JSON Web Tokens (RFC 7519), signed (RFC 7515, compact form): PyJWT's `encode` and `decode`.
///
///     struct Claims { std::string sub; NumericDate exp; };
///     const Jwk key = Jwk::from_secret(secret);
///     const std::string token = jwt_encode(Claims{.sub = "alice", .exp = NumericDate::in(15min)}, key);
///     const auto claims = jwt_decode<Claims>(token, key, {.algorithms = {JwtAlgorithm::HS256}});
///
/// The algorithm is the caller's choice, never the token's: one that isn't among `algorithms`, `none` above all, or
/// that isn't one for the type of the key is refused before anything is computed (RFC 8725 section 3.1).
#include <chrono>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coroute/http/json_fwd.hpp"
#include "coroute/params/json_value.hpp"
#include "coroute/security/jwk.hpp"
#include "coroute/security/jwt_errors.hpp"
#include "coroute/security/numeric_date.hpp"

namespace coroute {

struct JwtEncodeOptions {
  /// Nothing: the key's `default_algorithm()`.
  std::optional<JwtAlgorithm> algorithm = {};
  std::string typ = "JWT";  ///< Empty: none. RFC 9068 has "at+jwt" for access tokens.
  /// Further members of the header. The key's `kid` is there already.
  std::vector<std::pair<std::string, std::string>> headers = {};
};

struct JwtDecodeOptions {
  /// What may have made the signature. Empty: std::invalid_argument.
  std::vector<JwtAlgorithm> algorithms = {};
  /// Who the token may be for: one of its `aud` has to be among them. Empty: a token with an `aud` is refused, since it
  /// is for somebody else, unless `verify_aud` is false.
  std::vector<std::string> audience = {};
  /// Who may have made it. Empty: anybody who has the key.
  std::vector<std::string> issuer = {};
  /// Claims that must be there. A token without `exp` is good for ever: ask for it.
  std::vector<std::string> require = {};
  /// How far clocks may differ, for `exp`, `nbf` and `iat`.
  std::chrono::seconds leeway{0};
  std::size_t max_token_bytes = 16 * 1024;  ///< DecodeError above, before anything is decoded.
  /// What the header's `typ` must be, without regard to case and to "application/". Empty: anything.
  std::string typ = {};
  bool verify_exp = true;
  bool verify_nbf = true;
  bool verify_iat = true;
  bool verify_aud = true;
  /// By what time it is judged. Nothing: the system's clock.
  std::optional<std::chrono::system_clock::time_point> now = {};
};

namespace detail {

/// `claims` is the JSON text of an object.
std::string encode_claims(std::string_view claims, const Jwk& key, const JwtEncodeOptions& options);
/// The JSON text of the claims of a token that is good.
std::string decode_claims(std::string_view token, const JwkSet& keys, const JwtDecodeOptions& options);
std::string decode_claims(std::string_view token, const Jwk& key, const JwtDecodeOptions& options);
/// Throws InvalidClaimsError.
void read_claims(std::string_view claims, void* out, const TypeOperations& type);

template <class T>
concept ClaimsModel = FromJson<T> && std::default_initializable<T> && !std::same_as<T, Json>;

/// As a model, or as Json.
template <class T>
T claims_as(std::string_view claims) {
  T value{};
  read_claims(claims, &value, operations_of<T>);
  return value;
}

}  // namespace detail

/// InvalidKeyError when the key can't sign with the algorithm; std::invalid_argument when `claims` is no object.
std::string jwt_encode(const Json& claims, const Jwk& key, const JwtEncodeOptions& options = {});
template <detail::ToJson T>
  requires(!std::same_as<T, Json>)
std::string jwt_encode(const T& claims, const Jwk& key, const JwtEncodeOptions& options = {}) {
  return detail::encode_claims(dump_json(claims), key, options);
}

/// The claims, when the signature and they themselves are good; a kind of InvalidTokenError otherwise. With several
/// keys the token's `kid` says which; one without is tried with each that fits its algorithm. A key's own `kid` counts
/// in sets alone.
Json jwt_decode(std::string_view token, const JwkSet& keys, const JwtDecodeOptions& options);
Json jwt_decode(std::string_view token, const Jwk& key, const JwtDecodeOptions& options);
/// As a model, coerced and checked as a request's body is: `jwt_decode<Claims>(token, key, options)`.
template <detail::ClaimsModel T>
T jwt_decode(std::string_view token, const JwkSet& keys, const JwtDecodeOptions& options) {
  return detail::claims_as<T>(detail::decode_claims(token, keys, options));
}
template <detail::ClaimsModel T>
T jwt_decode(std::string_view token, const Jwk& key, const JwtDecodeOptions& options) {
  return detail::claims_as<T>(detail::decode_claims(token, key, options));
}

/// The header of a token that nobody has checked, PyJWT's `get_unverified_header`: to choose a key, never to trust.
/// DecodeError.
Json jwt_unverified_header(std::string_view token, std::size_t max_token_bytes = 16 * 1024);

}  // namespace coroute
