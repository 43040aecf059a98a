// SPDX-License-Identifier: BSL-1.0
#include "jws.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "coroute/http/headers.hpp"
#include "crypto/base64.hpp"
#include "crypto/digest.hpp"
#include "jwk_data.hpp"

namespace coroute::detail {
namespace {

Json parse_header(std::string_view encoded) {
  const auto text = base64url_decode(encoded);
  if (!text) throw DecodeError("Invalid header padding");
  Json header;
  try {
    header = parse_json(*text);
  } catch (const JsonParseError& error) {
    throw DecodeError(std::string("Invalid header string: ") + error.what());
  }
  if (!header.is_object()) throw DecodeError("Invalid header string: must be a json object");
  return header;
}

/// RFC 8725 section 3.11; "application/" may be left out (RFC 7515 section 4.1.9).
void check_typ(const Json& header, std::string_view wanted) {
  constexpr std::string_view prefix = "application/";
  const auto bare = [&](std::string_view typ) {
    return iequals(typ.substr(0, prefix.size()), prefix) ? typ.substr(prefix.size()) : typ;
  };
  if (!wanted.empty() && !iequals(bare(header_text(header, "typ")), bare(wanted)))
    throw InvalidTokenError("The token's type is not the expected one");
}

bool is_signed_by(const Jws& jws, const Jwk& key, const AlgorithmInfo& algorithm) {
  const JwkData& data = key.data();
  if (algorithm.signature)
    return data.key->verify(*algorithm.signature, algorithm.digest, jws.signing_input, jws.signature);
  return equal_in_constant_time(hmac(algorithm.digest, data.secret, jws.signing_input), jws.signature);
}

}  // namespace

std::string header_text(const Json& header, const char* name) {
  const auto found = header.find(name);
  if (found == header.end()) return {};
  if (!found->is_string()) throw DecodeError("\"" + std::string(name) + "\" of the header must be a string");
  return found->get<std::string>();
}

Jws split_jws(std::string_view token, std::size_t max_bytes) {
  if (token.size() > max_bytes) throw DecodeError("The token has more than " + std::to_string(max_bytes) + " bytes");
  const std::size_t first = token.find('.');
  const std::size_t second = first == token.npos ? token.npos : token.find('.', first + 1);
  if (second == token.npos) throw DecodeError("Not enough segments");
  if (token.find('.', second + 1) != token.npos) throw DecodeError("Too many segments");
  auto signature = base64url_decode(token.substr(second + 1));
  if (!signature) throw DecodeError("Invalid crypto padding");
  Jws jws{.header = parse_header(token.substr(0, first)),
          .signing_input = token.substr(0, second),
          .payload = token.substr(first + 1, second - first - 1),
          .signature = std::move(*signature)};
  if (jws.header.contains("crit")) throw DecodeError("Unsupported critical extension");
  // Only with "crit" (RFC 7797 section 6): then somebody else would sign something else than we verify.
  if (jws.header.contains("b64")) throw DecodeError("Unsupported extension b64");
  return jws;
}

JwtAlgorithm allowed_algorithm(const Json& header, std::span<const JwtAlgorithm> allowed) {
  const auto algorithm = jwt_algorithm(header_text(header, "alg"));
  if (!algorithm || std::find(allowed.begin(), allowed.end(), *algorithm) == allowed.end())
    throw InvalidAlgorithmError("The specified alg value is not allowed");
  return *algorithm;
}

std::string verify_jws(std::string_view token, std::span<const Jwk> keys, bool ignores_kid,
                       std::span<const JwtAlgorithm> allowed, std::size_t max_bytes, std::string_view typ) {
  if (allowed.empty()) throw std::invalid_argument("jwt_decode: say which algorithms are allowed");
  const Jws jws = split_jws(token, max_bytes);
  const JwtAlgorithm algorithm = allowed_algorithm(jws.header, allowed);
  check_typ(jws.header, typ);
  const std::string kid = header_text(jws.header, "kid");
  bool any_named = false;
  bool any_fits = false;
  for (const Jwk& key : keys) {
    if (!ignores_kid && !kid.empty() && !key.kid().empty() && key.kid() != kid) continue;
    any_named = true;
    if (!key.can_verify(algorithm)) continue;
    any_fits = true;
    if (!is_signed_by(jws, key, info_of(algorithm))) continue;
    auto payload = base64url_decode(jws.payload);
    if (!payload) throw DecodeError("Invalid payload padding");
    return std::move(*payload);
  }
  if (any_fits) throw InvalidSignatureError("Signature verification failed");
  if (any_named) throw InvalidAlgorithmError("The key is not one for the token's algorithm");
  throw InvalidTokenError("There is no key that the token's kid names");
}

std::string sign_jws(std::string_view header, std::string_view payload, const Jwk& key, JwtAlgorithm algorithm) {
  if (!key.can_sign(algorithm)) throw InvalidKeyError("The key can't sign with " + std::string(to_text(algorithm)));
  const AlgorithmInfo& info = info_of(algorithm);
  std::string token = base64url(header) + "." + base64url(payload);
  const std::string signature = info.signature ? key.data().key->sign(*info.signature, info.digest, token)
                                               : hmac(info.digest, key.data().secret, token);
  return token + "." + base64url(signature);
}

}  // namespace coroute::detail
