// SPDX-License-Identifier: BSL-1.0
#include "coroute/security/jwt.hpp"

#include <stdexcept>

#include "coroute/http/json_quoted.hpp"
#include "coroute/json.hpp"
#include "jws.hpp"
#include "jwt_claims.hpp"

namespace coroute {
namespace detail {
namespace {

std::string decode(std::string_view token, std::span<const Jwk> keys, bool ignores_kid,
                   const JwtDecodeOptions& options) {
  std::string claims = verify_jws(token, keys, ignores_kid, options.algorithms, options.max_token_bytes, options.typ);
  check_claims(claims, options);
  return claims;
}

std::string header_for(const Jwk& key, JwtAlgorithm algorithm, const JwtEncodeOptions& options) {
  std::string header = "{\"alg\":" + json_quoted(to_text(algorithm));
  if (!options.typ.empty()) header += ",\"typ\":" + json_quoted(options.typ);
  if (!key.kid().empty()) header += ",\"kid\":" + json_quoted(key.kid());
  for (const auto& [name, value] : options.headers) {
    if (name == "alg" || name == "typ" || name == "kid" || name == "crit" || name == "b64")
      throw std::invalid_argument("jwt_encode: \"" + name + "\" is no further member of a header");
    header += "," + json_quoted(name) + ":" + json_quoted(value);
  }
  return header + "}";
}

}  // namespace

std::string encode_claims(std::string_view claims, const Jwk& key, const JwtEncodeOptions& options) {
  if (!claims.starts_with('{')) throw std::invalid_argument("jwt_encode: claims are a JSON object");
  const JwtAlgorithm algorithm = options.algorithm.value_or(key.default_algorithm());
  return sign_jws(header_for(key, algorithm, options), claims, key, algorithm);
}

std::string decode_claims(std::string_view token, const JwkSet& keys, const JwtDecodeOptions& options) {
  return decode(token, keys.keys(), false, options);
}

std::string decode_claims(std::string_view token, const Jwk& key, const JwtDecodeOptions& options) {
  return decode(token, {&key, 1}, true, options);
}

void read_claims(std::string_view claims, void* out, const TypeOperations& type) {
  try {
    read_json_value(claims, out, type);
  } catch (const ValidationError& error) {
    throw InvalidClaimsError(std::string("The claims are not what is expected: ") + error.what());
  }
}

}  // namespace detail

std::string jwt_encode(const Json& claims, const Jwk& key, const JwtEncodeOptions& options) {
  return detail::encode_claims(to_json_text(claims), key, options);
}

Json jwt_decode(std::string_view token, const JwkSet& keys, const JwtDecodeOptions& options) {
  return parse_json(detail::decode_claims(token, keys, options));
}

Json jwt_decode(std::string_view token, const Jwk& key, const JwtDecodeOptions& options) {
  return parse_json(detail::decode_claims(token, key, options));
}

Json jwt_unverified_header(std::string_view token, std::size_t max_token_bytes) {
  return detail::split_jws(token, max_token_bytes).header;
}

}  // namespace coroute
