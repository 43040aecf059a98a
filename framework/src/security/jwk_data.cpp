// SPDX-License-Identifier: BSL-1.0
#include "jwk_data.hpp"

namespace coroute {
namespace detail {
namespace {

constexpr AlgorithmInfo algorithms[] = {
    {JwtAlgorithm::HS256, "HS256", DigestType::Sha256, std::nullopt},
    {JwtAlgorithm::HS384, "HS384", DigestType::Sha384, std::nullopt},
    {JwtAlgorithm::HS512, "HS512", DigestType::Sha512, std::nullopt},
    {JwtAlgorithm::RS256, "RS256", DigestType::Sha256, SignatureType::RsaPkcs1},
    {JwtAlgorithm::RS384, "RS384", DigestType::Sha384, SignatureType::RsaPkcs1},
    {JwtAlgorithm::RS512, "RS512", DigestType::Sha512, SignatureType::RsaPkcs1},
    {JwtAlgorithm::PS256, "PS256", DigestType::Sha256, SignatureType::RsaPss},
    {JwtAlgorithm::PS384, "PS384", DigestType::Sha384, SignatureType::RsaPss},
    {JwtAlgorithm::PS512, "PS512", DigestType::Sha512, SignatureType::RsaPss},
    {JwtAlgorithm::ES256, "ES256", DigestType::Sha256, SignatureType::Ecdsa, KeyType::P256},
    {JwtAlgorithm::ES384, "ES384", DigestType::Sha384, SignatureType::Ecdsa, KeyType::P384},
    {JwtAlgorithm::ES512, "ES512", DigestType::Sha512, SignatureType::Ecdsa, KeyType::P521},
    {JwtAlgorithm::EdDSA, "EdDSA", DigestType::Sha512, SignatureType::EdDsa},
};

}  // namespace

const AlgorithmInfo& info_of(JwtAlgorithm algorithm) noexcept {
  return algorithms[static_cast<std::size_t>(algorithm)];
}

std::size_t digest_size(DigestType digest) noexcept {
  return digest == DigestType::Sha256 ? 32 : digest == DigestType::Sha384 ? 48 : 64;
}

bool fits(const JwkData& key, const AlgorithmInfo& algorithm) noexcept {
  if (!algorithm.signature) return !key.key && key.secret.size() >= digest_size(algorithm.digest);
  if (!key.key) return false;
  const KeyType type = key.key->type();
  switch (*algorithm.signature) {
    case SignatureType::RsaPkcs1:
    case SignatureType::RsaPss:
      return type == KeyType::Rsa && key.key->bits() >= Jwk::min_rsa_bits;
    case SignatureType::EdDsa:
      return type == KeyType::Ed25519 || type == KeyType::Ed448;
    case SignatureType::Ecdsa:
      break;
  }
  return type == *algorithm.curve;
}

}  // namespace detail

std::string_view to_text(JwtAlgorithm algorithm) noexcept {
  return detail::info_of(algorithm).name;
}

std::optional<JwtAlgorithm> jwt_algorithm(std::string_view name) noexcept {
  for (const detail::AlgorithmInfo& info : detail::algorithms) {
    if (info.name == name) return info.algorithm;
  }
  return std::nullopt;
}

}  // namespace coroute
