// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <utility>

#include "coroute/json.hpp"
#include "coroute/security/jwk.hpp"
#include "crypto/base64.hpp"
#include "jwk_data.hpp"

namespace coroute {
namespace {

using detail::JwkData;
using detail::KeyType;
using detail::PublicKey;

std::string text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return {};
  if (!found->is_string()) throw InvalidKeyError("\"" + std::string(name) + "\" of the JWK is no text");
  return found->get<std::string>();
}

std::string bytes_of(const Json& object, const char* name) {
  const std::string text = text_of(object, name);
  auto bytes = detail::base64url_decode(text);
  if (!bytes) throw InvalidKeyError("\"" + std::string(name) + "\" of the JWK is not base64url");
  return std::move(*bytes);
}

std::optional<PublicKey> rsa_key(const Json& object) {
  if (object.contains("oth")) throw InvalidKeyError("RSA keys with more than two primes can't be used");
  return PublicKey::from_rsa({.n = bytes_of(object, "n"),
                              .e = bytes_of(object, "e"),
                              .d = bytes_of(object, "d"),
                              .p = bytes_of(object, "p"),
                              .q = bytes_of(object, "q"),
                              .dp = bytes_of(object, "dp"),
                              .dq = bytes_of(object, "dq"),
                              .qi = bytes_of(object, "qi")});
}

std::optional<PublicKey> curve_key(const Json& object, bool is_edwards) {
  static constexpr std::pair<std::string_view, KeyType> curves[] = {{"P-256", KeyType::P256},
                                                                    {"P-384", KeyType::P384},
                                                                    {"P-521", KeyType::P521},
                                                                    {"Ed25519", KeyType::Ed25519},
                                                                    {"Ed448", KeyType::Ed448}};
  const std::string name = text_of(object, "crv");
  for (const auto& [curve, type] : curves) {
    if (curve != name || curve.starts_with("Ed") != is_edwards) continue;
    if (is_edwards) return PublicKey::from_ed(type, bytes_of(object, "x"), bytes_of(object, "d"));
    return PublicKey::from_ec(type, bytes_of(object, "x"), bytes_of(object, "y"), bytes_of(object, "d"));
  }
  throw InvalidKeyError("The curve of the JWK is not one for signatures");
}

void read_key(const Json& object, JwkData& data) {
  const std::string type = text_of(object, "kty");
  if (type == "oct") {
    data.secret = bytes_of(object, "k");
    if (data.secret.size() < 32) throw InvalidKeyError("The HMAC secret has fewer than 32 bytes");
    return;
  }
  if (type == "RSA") {
    data.key = rsa_key(object);
  } else if (type == "EC" || type == "OKP") {
    data.key = curve_key(object, type == "OKP");
  } else {
    throw InvalidKeyError("The type of the JWK is not known");
  }
  if (!data.key) throw InvalidKeyError("The JWK is no sound key");
  if (data.key->type() == KeyType::Rsa && data.key->bits() < Jwk::min_rsa_bits)
    throw InvalidKeyError("The RSA key has fewer than 2048 bits");
}

/// RFC 7517 sections 4.2 to 4.4.
void read_purpose(const Json& object, JwkData& data) {
  const std::string algorithm = text_of(object, "alg");
  if (!algorithm.empty()) {
    data.algorithm = jwt_algorithm(algorithm);
    if (!data.algorithm || !detail::fits(data, detail::info_of(*data.algorithm)))
      throw InvalidKeyError("The JWK's type is not one for its \"alg\"");
  }
  const std::string use = text_of(object, "use");
  if (!use.empty() && use != "sig") throw InvalidKeyError("The JWK is not for signatures");
  const auto operations = object.find("key_ops");
  if (operations == object.end()) return;
  if (!operations->is_array()) throw InvalidKeyError("\"key_ops\" of the JWK is no list");
  const auto has = [&](std::string_view name) {
    return std::any_of(operations->begin(), operations->end(), [&](const Json& each) {
      return each.is_string() && each.get_ref<const std::string&>() == name;
    });
  };
  data.may_sign = has("sign");
  data.may_verify = has("verify");
  if (!data.may_sign && !data.may_verify) throw InvalidKeyError("The JWK is not for signatures");
}

std::shared_ptr<const JwkData> read_jwk(const Json& object) {
  if (!object.is_object()) throw InvalidKeyError("The JWK is no JSON object");
  auto data = std::make_shared<JwkData>();
  data->kid = text_of(object, "kid");
  read_key(object, *data);
  read_purpose(object, *data);
  return data;
}

}  // namespace

Jwk Jwk::parse(std::string_view json) {
  try {
    return Jwk(read_jwk(parse_json(json)));
  } catch (const JsonParseError&) {
    throw InvalidKeyError("The JWK is no JSON");
  }
}

JwkSet JwkSet::parse(std::string_view json) {
  Json set;
  try {
    set = parse_json(json);
  } catch (const JsonParseError&) {
    throw JwkSetError("The JWK Set is no JSON");
  }
  const auto keys = set.is_object() ? set.find("keys") : set.end();
  if (!set.is_object() || keys == set.end() || !keys->is_array()) throw JwkSetError("The JWK Set has no list \"keys\"");
  if (keys->size() > max_keys) throw JwkSetError("The JWK Set has more than 100 keys");
  std::vector<Jwk> usable;
  for (const Json& each : *keys) {
    try {
      usable.push_back(Jwk(read_jwk(each)));
    } catch (const InvalidKeyError&) {
      continue;  // for another purpose, or of a type that came later than this program
    }
  }
  if (usable.empty()) throw JwkSetError("The JWK Set did not contain any usable keys");
  return JwkSet(std::move(usable));
}

}  // namespace coroute
