// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a Jwk is made of.
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "coroute/security/jwk.hpp"
#include "crypto/public_key.hpp"

namespace coroute::detail {

struct JwkData {
  std::string kid = {};
  std::optional<PublicKey> key = {};  ///< Nothing: it is a secret.
  std::string secret = {};
  std::optional<JwtAlgorithm> algorithm = {};  ///< The only one it is for.
  bool may_sign = true;
  bool may_verify = true;
};

/// What stands behind an algorithm's name.
struct AlgorithmInfo {
  JwtAlgorithm algorithm;
  std::string_view name;
  DigestType digest;
  std::optional<SignatureType> signature;  ///< Nothing: HMAC.
  std::optional<KeyType> curve = {};       ///< For Ecdsa, the only one (RFC 7518 section 3.4).
};

const AlgorithmInfo& info_of(JwtAlgorithm algorithm) noexcept;
std::size_t digest_size(DigestType digest) noexcept;
/// Whether keys of this type and length are for the algorithm, whatever else a key says.
bool fits(const JwkData& key, const AlgorithmInfo& algorithm) noexcept;

}  // namespace coroute::detail
