// SPDX-License-Identifier: BSL-1.0
// Any bytes as a token, as its header and claims under a good signature, as a key, a set of keys and the hash of a
// password: each is accepted or refused by the errors that it has, and what is accepted is the same when written again.
#include "coroute/security/jwt.hpp"

#include "checks.hpp"
#include "security/jws.hpp"
#include "security/phc_string.hpp"
#include "support/jwt_vectors.hpp"
#include "targets.hpp"

namespace coroute::fuzz {
namespace {

const JwkSet& keys() {
  static const JwkSet made{Jwk::parse(testing::rfc_secret_jwk), Jwk::parse(testing::rfc_p256_jwk),
                           Jwk::parse(testing::rfc_ed25519_jwk)};
  return made;
}

const JwtDecodeOptions& options() {
  static const JwtDecodeOptions made{.algorithms = {JwtAlgorithm::HS256, JwtAlgorithm::ES256, JwtAlgorithm::EdDSA},
                                     .audience = {"shop"},
                                     .issuer = {"joe"},
                                     .require = {"sub"},
                                     .max_token_bytes = 4096,
                                     .now = std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000))};
  return made;
}

struct Claims {
  std::string sub;
  std::optional<NumericDate> exp;
};

bool is_accepted(std::string_view token) {
  try {
    const Json claims = jwt_decode(token, keys(), options());
    check(claims.is_object() && claims.contains("sub"), "claims that are accepted are an object with a sub", token);
  } catch (const InvalidTokenError&) {
    return false;
  }
  return true;
}

/// The first line is the header, the rest the claims.
void check_signed(std::string_view input) {
  const std::size_t end = std::min(input.find('\n'), input.size());
  const std::string_view payload = input.substr(std::min(end + 1, input.size()));
  const std::string token = detail::sign_jws(input.substr(0, end), payload, keys().keys().front(), JwtAlgorithm::HS256);
  if (!is_accepted(token)) return;
  check(jwt_decode(token, keys(), options()) == parse_json(payload), "claims come back as they were", payload);
  check(!is_accepted(token + "A"), "one more character makes another signature", token);
  try {
    const auto claims = jwt_decode<Claims>(token, keys(), options());
    check(jwt_decode(token, keys(), options())["sub"] == claims.sub, "a model has what JSON has", token);
  } catch (const InvalidClaimsError&) {
  }
}

void check_key(std::string_view input) {
  try {
    const Jwk key = Jwk::parse(input);
    const std::string json = key.public_json();
    check(Jwk::parse(json).public_json() == json, "a key is the same when written and read", json);
  } catch (const InvalidKeyError&) {
  }
  try {
    const std::string json = JwkSet::parse(input).public_json();
    if (json != R"({"keys":[]})")
      check(JwkSet::parse(json).public_json() == json, "keys are the same when written and read", json);
  } catch (const JwkSetError&) {
  }
  if (!input.starts_with("-----BEGIN")) return;
  try {
    static_cast<void>(Jwk::from_pem(input));
  } catch (const InvalidKeyError&) {
  }
}

void check_hash(std::string_view input) {
  const auto phc = detail::parse_phc_string(input);
  if (phc) check(to_text(*phc) == input, "a hash is the same when written", input);
}

}  // namespace

void jwt(std::string_view input) {
  is_accepted(input);
  check_signed(input);
  check_key(input);
  check_hash(input);
}

}  // namespace coroute::fuzz
