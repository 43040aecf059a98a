// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Keys that sign and verify tokens (RFC 7517), and the algorithms that use them (RFC 7518, RFC 8037).
///
///     const Jwk secret = Jwk::from_secret(settings.secret);         // HS256, HS384, HS512
///     const Jwk key = Jwk::from_pem(read_file("private.pem"));      // the others
///     const JwkSet keys = JwkSet::parse(R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qY..."}]})");
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/security/jwt_errors.hpp"

namespace coroute {

/// There is no "none".
enum class JwtAlgorithm : unsigned char {
  HS256,
  HS384,
  HS512,
  RS256,
  RS384,
  RS512,
  PS256,
  PS384,
  PS512,
  ES256,
  ES384,
  ES512,
  EdDSA  ///< Ed25519 or Ed448, as the key is.
};

/// "HS256"
std::string_view to_text(JwtAlgorithm algorithm) noexcept;
/// Nothing for any other text, "none" and "hs256" among them.
std::optional<JwtAlgorithm> jwt_algorithm(std::string_view name) noexcept;

namespace detail {
struct JwkData;
}

/// A key. Immutable, and copies share it: any thread, several at once.
class Jwk {
 public:
  /// Of RSA keys (RFC 7518 section 3.3): shorter ones are refused.
  static constexpr std::size_t min_rsa_bits = 2048;
  static constexpr std::size_t max_rsa_bits = 8192;

  /// Both signs and verifies. As long at least as the digest of its algorithm: 32 bytes for HS256, 64 for HS512. A PEM
  /// text is refused: whoever knows the public key could sign with it.
  static Jwk from_secret(std::string_view secret, std::string_view kid = {});
  /// A private key, which also verifies, a public key or a certificate, without a password.
  static Jwk from_pem(std::string_view pem, std::string_view kid = {});
  /// The JSON object of RFC 7517, of type `oct`, `RSA`, `EC` or `OKP`.
  static Jwk parse(std::string_view json);
  /// A new private key, or secret, for the algorithm; RSA ones have 2048 bits and take a while.
  static Jwk generate(JwtAlgorithm algorithm, std::string_view kid = {});

  /// Empty: it has none.
  const std::string& kid() const noexcept;
  /// True when its type and length, its `alg`, `use` and `key_ops` allow that.
  bool can_sign(JwtAlgorithm algorithm) const noexcept;
  bool can_verify(JwtAlgorithm algorithm) const noexcept;
  /// Its `alg`, else what its type is usually used for: HS256, RS256, EdDSA, or the ES of its curve.
  JwtAlgorithm default_algorithm() const noexcept;
  /// The public part as a JSON object, for a JWK Set that others read. InvalidKeyError for a secret.
  std::string public_json() const;

  const detail::JwkData& data() const noexcept { return *data_; }

 private:
  friend class JwkSet;
  explicit Jwk(std::shared_ptr<const detail::JwkData> data) noexcept : data_(std::move(data)) {}
  std::shared_ptr<const detail::JwkData> data_;
};

/// Several keys, as while one replaces another: the one that a token's `kid` names is used.
class JwkSet {
 public:
  /// Of a set that is read; JwkSetError above.
  static constexpr std::size_t max_keys = 100;

  JwkSet() = default;
  JwkSet(std::initializer_list<Jwk> keys) : keys_(keys) {}
  explicit JwkSet(std::vector<Jwk> keys) noexcept : keys_(std::move(keys)) {}

  /// `{"keys":[...]}`. Keys of unknown types, broken ones and those for encryption are passed over (RFC 7517 section
  /// 5). JwkSetError when it is no set, or when nothing is left.
  static JwkSet parse(std::string_view json);

  std::span<const Jwk> keys() const noexcept { return keys_; }
  bool empty() const noexcept { return keys_.empty(); }
  /// Null: there is none.
  const Jwk* find(std::string_view kid) const noexcept;
  /// The public parts as `{"keys":[...]}`, without secrets: for `/.well-known/jwks.json`.
  std::string public_json() const;

 private:
  std::vector<Jwk> keys_;
};

}  // namespace coroute
