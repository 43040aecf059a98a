// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Keys of public-key signatures, and signing and verifying with them, by OpenSSL.
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_pkey_st;

namespace coroute::detail {

enum class KeyType : unsigned char { Rsa, P256, P384, P521, Ed25519, Ed448 };

enum class DigestType : unsigned char { Sha256, Sha384, Sha512 };

/// The ones for RSA are PKCS #1 v1.5 and PSS with a salt as long as the digest (RFC 8017). ECDSA signatures are both
/// numbers next to each other, each as long as the curve's field, as JOSE has them (RFC 7518 section 3.4).
enum class SignatureType : unsigned char { RsaPkcs1, RsaPss, Ecdsa, EdDsa };

/// Big-endian, as in a JWK. Empty: not there.
struct RsaNumbers {
  std::string n, e, d, p, q, dp, dq, qi;
};

/// Immutable; copies share it. Any thread, several at once.
class PublicKey {
 public:
  /// Above, verifying would cost a client nothing and the server milliseconds.
  static constexpr std::size_t max_rsa_bits = 8192;

  /// The first key of a PEM text: a private or public key of any of the usual forms, or a certificate's. Nothing when
  /// there is none, when it has a password, or when its type isn't listed above.
  static std::optional<PublicKey> from_pem(std::string_view pem);
  /// With `d` a private key, that is checked against the public part.
  static std::optional<PublicKey> from_rsa(const RsaNumbers& numbers);
  /// Coordinates as long as the curve's field; `d` may be empty.
  static std::optional<PublicKey> from_ec(KeyType curve, std::string_view x, std::string_view y, std::string_view d);
  static std::optional<PublicKey> from_ed(KeyType curve, std::string_view x, std::string_view d);
  /// A new private key; RSA ones have 2048 bits. Takes a while for RSA.
  static PublicKey generate(KeyType type);

  KeyType type() const noexcept { return type_; }
  bool is_private() const noexcept { return is_private_; }
  std::size_t bits() const noexcept;

  /// `digest` is not looked at for EdDsa. The signature must be one that the key's type has.
  std::string sign(SignatureType type, DigestType digest, std::string_view text) const;
  bool verify(SignatureType type, DigestType digest, std::string_view text, std::string_view signature) const;

  /// The public part; for elliptic curves x, and y if there is one.
  RsaNumbers rsa_numbers() const;
  std::string x() const;
  std::string y() const;

 private:
  using SharedKey = std::shared_ptr<evp_pkey_st>;
  PublicKey(SharedKey key, KeyType type, bool is_private)
      : key_(std::move(key)), type_(type), is_private_(is_private) {}
  static std::optional<PublicKey> checked(SharedKey key, bool is_private);
  bool agrees_with_itself() const;

  SharedKey key_;
  KeyType type_;
  bool is_private_;
};

/// Of x and y of a curve's points, and of ECDSA's numbers.
std::size_t field_size(KeyType curve) noexcept;

/// RFC 2104.
std::string hmac(DigestType digest, std::string_view key, std::string_view text);

}  // namespace coroute::detail
