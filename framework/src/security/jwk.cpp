// SPDX-License-Identifier: BSL-1.0
#include "coroute/security/jwk.hpp"

#include <utility>

#include "coroute/http/json_quoted.hpp"
#include "crypto/base64.hpp"
#include "crypto/digest.hpp"
#include "jwk_data.hpp"

namespace coroute {
namespace {

using detail::JwkData;
using detail::KeyType;

Jwk checked_rsa(Jwk key) {
  const auto& pkey = key.data().key;
  if (pkey && pkey->type() == KeyType::Rsa && pkey->bits() < Jwk::min_rsa_bits)
    throw InvalidKeyError("The RSA key has fewer than 2048 bits");
  return key;
}

KeyType type_for(const detail::AlgorithmInfo& info) {
  switch (*info.signature) {
    case detail::SignatureType::RsaPkcs1:
    case detail::SignatureType::RsaPss:
      return KeyType::Rsa;
    case detail::SignatureType::EdDsa:
      return KeyType::Ed25519;
    case detail::SignatureType::Ecdsa:
      break;
  }
  return *info.curve;
}

std::string member(std::string_view name, std::string_view text) {
  return ",\"" + std::string(name) + "\":" + json_quoted(text);
}

/// `kty` and what goes with it.
std::string key_members(const detail::PublicKey& key) {
  if (key.type() == KeyType::Rsa) {
    const detail::RsaNumbers numbers = key.rsa_numbers();
    return "\"kty\":\"RSA\"" + member("n", detail::base64url(numbers.n)) + member("e", detail::base64url(numbers.e));
  }
  const std::string x = member("x", detail::base64url(key.x()));
  if (key.type() == KeyType::Ed25519) return R"("kty":"OKP","crv":"Ed25519")" + x;
  if (key.type() == KeyType::Ed448) return R"("kty":"OKP","crv":"Ed448")" + x;
  const char* const curve = key.type() == KeyType::P256 ? "P-256" : key.type() == KeyType::P384 ? "P-384" : "P-521";
  return "\"kty\":\"EC\"" + member("crv", curve) + x + member("y", detail::base64url(key.y()));
}

}  // namespace

Jwk Jwk::from_secret(std::string_view secret, std::string_view kid) {
  if (secret.find("-----BEGIN ") != secret.npos || secret.starts_with("ssh-"))
    throw InvalidKeyError(
        "The specified key is an asymmetric key or x509 certificate and should not be used as an HMAC secret.");
  if (secret.size() < 32) throw InvalidKeyError("The HMAC secret has fewer than 32 bytes");
  auto data = std::make_shared<JwkData>();
  data->kid = kid;
  data->secret = secret;
  return Jwk(std::move(data));
}

Jwk Jwk::from_pem(std::string_view pem, std::string_view kid) {
  auto data = std::make_shared<JwkData>();
  data->kid = kid;
  data->key = detail::PublicKey::from_pem(pem);
  if (!data->key) throw InvalidKeyError("There is no usable key in the PEM text");
  return checked_rsa(Jwk(std::move(data)));
}

Jwk Jwk::generate(JwtAlgorithm algorithm, std::string_view kid) {
  const detail::AlgorithmInfo& info = detail::info_of(algorithm);
  auto data = std::make_shared<JwkData>();
  data->kid = kid;
  data->algorithm = algorithm;
  if (info.signature) {
    data->key = detail::PublicKey::generate(type_for(info));
  } else {
    data->secret = detail::random_bytes(detail::digest_size(info.digest));
  }
  return Jwk(std::move(data));
}

const std::string& Jwk::kid() const noexcept {
  return data_->kid;
}

bool Jwk::can_verify(JwtAlgorithm algorithm) const noexcept {
  return data_->may_verify && (!data_->algorithm || *data_->algorithm == algorithm) &&
         detail::fits(*data_, detail::info_of(algorithm));
}

bool Jwk::can_sign(JwtAlgorithm algorithm) const noexcept {
  return data_->may_sign && (!data_->algorithm || *data_->algorithm == algorithm) &&
         (!data_->key || data_->key->is_private()) && detail::fits(*data_, detail::info_of(algorithm));
}

JwtAlgorithm Jwk::default_algorithm() const noexcept {
  if (data_->algorithm) return *data_->algorithm;
  if (!data_->key) return JwtAlgorithm::HS256;
  switch (data_->key->type()) {
    case KeyType::Rsa:
      return JwtAlgorithm::RS256;
    case KeyType::P256:
      return JwtAlgorithm::ES256;
    case KeyType::P384:
      return JwtAlgorithm::ES384;
    case KeyType::P521:
      return JwtAlgorithm::ES512;
    case KeyType::Ed25519:
    case KeyType::Ed448:
      break;
  }
  return JwtAlgorithm::EdDSA;
}

std::string Jwk::public_json() const {
  if (!data_->key) throw InvalidKeyError("A secret has no public part");
  std::string json = "{" + key_members(*data_->key);
  if (!data_->kid.empty()) json += member("kid", data_->kid);
  if (data_->algorithm) json += member("alg", to_text(*data_->algorithm));
  return json + R"(,"use":"sig"})";
}

const Jwk* JwkSet::find(std::string_view kid) const noexcept {
  for (const Jwk& key : keys_) {
    if (key.kid() == kid) return &key;
  }
  return nullptr;
}

std::string JwkSet::public_json() const {
  std::string json;
  for (const Jwk& key : keys_) {
    if (key.data().key) json.append(json.empty() ? "" : ",").append(key.public_json());
  }
  return "{\"keys\":[" + json + "]}";
}

}  // namespace coroute
