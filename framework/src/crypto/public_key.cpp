// SPDX-License-Identifier: BSL-1.0
#include "public_key.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "openssl_handles.hpp"

namespace coroute::detail {
namespace {

const char* group_name(KeyType curve) noexcept {
  return curve == KeyType::P256 ? "P-256" : curve == KeyType::P384 ? "P-384" : "P-521";
}
int ed_type(KeyType curve) noexcept {
  return curve == KeyType::Ed25519 ? EVP_PKEY_ED25519 : EVP_PKEY_ED448;
}

std::optional<KeyType> type_of(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "RSA")) return KeyType::Rsa;
  if (EVP_PKEY_is_a(key, "ED25519")) return KeyType::Ed25519;
  if (EVP_PKEY_is_a(key, "ED448")) return KeyType::Ed448;
  if (!EVP_PKEY_is_a(key, "EC")) return std::nullopt;
  char group[64];
  std::size_t size = 0;
  if (EVP_PKEY_get_group_name(key, group, sizeof group, &size) != 1) return std::nullopt;
  const std::string_view name(group, size);
  if (name == "prime256v1" || name == "P-256") return KeyType::P256;
  if (name == "secp384r1" || name == "P-384") return KeyType::P384;
  if (name == "secp521r1" || name == "P-521") return KeyType::P521;
  return std::nullopt;
}

/// Big-endian, at least `size` bytes.
std::string bytes_of(const BIGNUM* number, std::size_t size = 0) {
  std::string bytes(std::max(size, static_cast<std::size_t>(BN_num_bytes(number))), '\0');
  BN_bn2binpad(number, as_bytes(bytes), static_cast<int>(bytes.size()));
  return bytes;
}

std::string number_of(const EVP_PKEY* key, const char* name, std::size_t size = 0) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &number) != 1) return {};
  const Handle<BIGNUM, &BN_free> owner(number);
  return bytes_of(number, size);
}

/// What a key is made of, until it is made.
class KeyParameters {
 public:
  void add(const char* name, std::string_view number) {
    numbers_[count_].reset(BN_bin2bn(as_bytes(number), static_cast<int>(number.size()), nullptr));
    good_ = good_ && numbers_[count_] && OSSL_PARAM_BLD_push_BN(builder_.get(), name, numbers_[count_].get()) == 1;
    ++count_;
  }
  void add_text(const char* name, const char* text) {
    good_ = good_ && OSSL_PARAM_BLD_push_utf8_string(builder_.get(), name, text, 0) == 1;
  }
  void add_octets(const char* name, std::string_view octets) {
    good_ = good_ && OSSL_PARAM_BLD_push_octet_string(builder_.get(), name, octets.data(), octets.size()) == 1;
  }
  std::shared_ptr<EVP_PKEY> make(const char* type, bool is_private) {
    const Handle<OSSL_PARAM, &OSSL_PARAM_free> all(good_ ? OSSL_PARAM_BLD_to_param(builder_.get()) : nullptr);
    const Handle<EVP_PKEY_CTX, &EVP_PKEY_CTX_free> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* key = nullptr;
    const int selection = is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
    if (!all || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, selection, all.get()) != 1)
      return nullptr;
    return {key, &EVP_PKEY_free};
  }

 private:
  Handle<OSSL_PARAM_BLD, &OSSL_PARAM_BLD_free> builder_{OSSL_PARAM_BLD_new()};
  Handle<BIGNUM, &BN_clear_free> numbers_[8];  // which must live until the parameters are made
  std::size_t count_ = 0;
  bool good_ = true;
};

bool is_sound(const EVP_PKEY* key, KeyType type) {
  if (type != KeyType::Rsa) return true;
  if (static_cast<std::size_t>(EVP_PKEY_get_bits(key)) > PublicKey::max_rsa_bits) return false;
  const std::string e = number_of(key, OSSL_PKEY_PARAM_RSA_E);
  return !e.empty() && e.size() <= 8 && (e.back() & 1) == 1 && (e.size() > 1 || e.back() >= 3);
}

}  // namespace

std::size_t field_size(KeyType curve) noexcept {
  switch (curve) {
    case KeyType::P256:
    case KeyType::Ed25519:
      return 32;
    case KeyType::P384:
      return 48;
    case KeyType::P521:
      return 66;
    case KeyType::Ed448:
      return 57;
    case KeyType::Rsa:
      break;
  }
  return 0;
}

std::optional<PublicKey> PublicKey::checked(SharedKey key, bool is_private) {
  const ErrorQueue errors;
  if (!key) return std::nullopt;
  const auto type = type_of(key.get());
  if (!type || !is_sound(key.get(), *type)) return std::nullopt;
  PublicKey made(std::move(key), *type, is_private);
  if (is_private && !made.agrees_with_itself()) return std::nullopt;
  return made;
}

bool PublicKey::agrees_with_itself() const {
  constexpr std::string_view text = "coroute";
  const SignatureType signature = type_ == KeyType::Rsa                                  ? SignatureType::RsaPkcs1
                                  : type_ == KeyType::Ed25519 || type_ == KeyType::Ed448 ? SignatureType::EdDsa
                                                                                         : SignatureType::Ecdsa;
  try {
    return verify(signature, DigestType::Sha256, text, sign(signature, DigestType::Sha256, text));
  } catch (const std::runtime_error&) {
    return false;
  }
}

std::optional<PublicKey> PublicKey::from_rsa(const RsaNumbers& numbers) {
  const ErrorQueue errors;
  if (numbers.n.empty() || numbers.n.size() > max_rsa_bits / 8 || numbers.e.empty() || numbers.e.size() > 8)
    return std::nullopt;
  const bool is_private = !numbers.d.empty();
  const std::pair<const char*, const std::string*> factors[] = {{OSSL_PKEY_PARAM_RSA_FACTOR1, &numbers.p},
                                                                {OSSL_PKEY_PARAM_RSA_FACTOR2, &numbers.q},
                                                                {OSSL_PKEY_PARAM_RSA_EXPONENT1, &numbers.dp},
                                                                {OSSL_PKEY_PARAM_RSA_EXPONENT2, &numbers.dq},
                                                                {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, &numbers.qi}};
  KeyParameters parameters;
  parameters.add(OSSL_PKEY_PARAM_RSA_N, numbers.n);
  parameters.add(OSSL_PKEY_PARAM_RSA_E, numbers.e);
  if (is_private) parameters.add(OSSL_PKEY_PARAM_RSA_D, numbers.d);
  for (const auto& [name, number] : factors) {
    if (number->size() > numbers.n.size()) return std::nullopt;
    if (is_private && !number->empty()) parameters.add(name, *number);
  }
  return checked(parameters.make("RSA", is_private), is_private);
}

std::optional<PublicKey> PublicKey::from_ec(KeyType curve, std::string_view x, std::string_view y, std::string_view d) {
  const ErrorQueue errors;
  const std::size_t size = field_size(curve);
  if (x.size() != size || y.size() != size || (!d.empty() && d.size() != size)) return std::nullopt;
  KeyParameters parameters;
  parameters.add_text(OSSL_PKEY_PARAM_GROUP_NAME, group_name(curve));
  const std::string point = "\x04" + std::string(x) + std::string(y);
  parameters.add_octets(OSSL_PKEY_PARAM_PUB_KEY, point);
  if (!d.empty()) parameters.add(OSSL_PKEY_PARAM_PRIV_KEY, d);
  SharedKey key = parameters.make("EC", !d.empty());
  const Handle<EVP_PKEY_CTX, &EVP_PKEY_CTX_free> check(key ? EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr)
                                                           : nullptr);
  if (!check || EVP_PKEY_public_check(check.get()) != 1) return std::nullopt;
  return checked(std::move(key), !d.empty());
}

std::optional<PublicKey> PublicKey::from_ed(KeyType curve, std::string_view x, std::string_view d) {
  const ErrorQueue errors;
  if (x.size() != field_size(curve)) return std::nullopt;
  EVP_PKEY* const key = d.empty() ? EVP_PKEY_new_raw_public_key(ed_type(curve), nullptr, as_bytes(x), x.size())
                                  : EVP_PKEY_new_raw_private_key(ed_type(curve), nullptr, as_bytes(d), d.size());
  auto made = checked(SharedKey(key, &EVP_PKEY_free), !d.empty());
  if (made && made->x() != x) return std::nullopt;  // of another private key
  return made;
}

PublicKey PublicKey::generate(KeyType type) {
  const ErrorQueue errors;
  EVP_PKEY* const key = type == KeyType::Rsa       ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048})
                        : type == KeyType::Ed25519 ? EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")
                        : type == KeyType::Ed448   ? EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448")
                                                   : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", group_name(type));
  if (!key) throw std::runtime_error("OpenSSL can't make a key");
  return {SharedKey(key, &EVP_PKEY_free), type, true};
}

std::size_t PublicKey::bits() const noexcept {
  return static_cast<std::size_t>(EVP_PKEY_get_bits(key_.get()));
}

RsaNumbers PublicKey::rsa_numbers() const {
  const ErrorQueue errors;
  RsaNumbers numbers;
  numbers.n = number_of(key_.get(), OSSL_PKEY_PARAM_RSA_N);
  numbers.e = number_of(key_.get(), OSSL_PKEY_PARAM_RSA_E);
  return numbers;
}

std::string PublicKey::x() const {
  const ErrorQueue errors;
  if (type_ != KeyType::Ed25519 && type_ != KeyType::Ed448)
    return number_of(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X, field_size(type_));
  std::string bytes(field_size(type_), '\0');
  std::size_t size = bytes.size();
  if (EVP_PKEY_get_raw_public_key(key_.get(), as_bytes(bytes), &size) != 1) size = 0;
  bytes.resize(size);
  return bytes;
}

std::string PublicKey::y() const {
  const ErrorQueue errors;
  return number_of(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, field_size(type_));
}

}  // namespace coroute::detail
