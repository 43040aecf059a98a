// SPDX-License-Identifier: BSL-1.0
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include <stdexcept>

#include "openssl_handles.hpp"
#include "public_key.hpp"

namespace coroute::detail {
namespace {

using Context = Handle<EVP_MD_CTX, &EVP_MD_CTX_free>;
using EcdsaSignature = Handle<ECDSA_SIG, &ECDSA_SIG_free>;

const EVP_MD* digest_of(DigestType digest) noexcept {
  switch (digest) {
    case DigestType::Sha384:
      return EVP_sha384();
    case DigestType::Sha512:
      return EVP_sha512();
    case DigestType::Sha256:
      break;
  }
  return EVP_sha256();
}

bool use_padding(EVP_PKEY_CTX* context, SignatureType type) {
  if (type != SignatureType::RsaPss) return true;
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

std::string flat_from_der(std::string_view der, std::size_t size) {
  const unsigned char* at = as_bytes(der);
  const EcdsaSignature signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  std::string flat(2 * size, '\0');
  const int half = static_cast<int>(size);
  if (!signature || BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), as_bytes(flat), half) != half ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), as_bytes(flat) + size, half) != half)
    throw std::runtime_error("OpenSSL can't sign");
  return flat;
}

/// Empty when it can't be one.
std::string der_from_flat(std::string_view flat, std::size_t size) {
  if (flat.size() != 2 * size) return {};
  const int half = static_cast<int>(size);
  const EcdsaSignature signature(ECDSA_SIG_new());
  BIGNUM* const r = BN_bin2bn(as_bytes(flat), half, nullptr);
  BIGNUM* const s = BN_bin2bn(as_bytes(flat) + size, half, nullptr);
  if (!signature || !r || !s || ECDSA_SIG_set0(signature.get(), r, s) != 1) {
    BN_free(r);
    BN_free(s);
    return {};
  }
  std::string der(static_cast<std::size_t>(i2d_ECDSA_SIG(signature.get(), nullptr)), '\0');
  unsigned char* at = as_bytes(der);
  i2d_ECDSA_SIG(signature.get(), &at);
  return der;
}

bool fits(SignatureType signature, KeyType key) noexcept {
  switch (signature) {
    case SignatureType::RsaPkcs1:
    case SignatureType::RsaPss:
      return key == KeyType::Rsa;
    case SignatureType::EdDsa:
      return key == KeyType::Ed25519 || key == KeyType::Ed448;
    case SignatureType::Ecdsa:
      break;
  }
  return key == KeyType::P256 || key == KeyType::P384 || key == KeyType::P521;
}

}  // namespace

std::string PublicKey::sign(SignatureType type, DigestType digest, std::string_view text) const {
  const ErrorQueue errors;
  const Context context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* key_context = nullptr;
  const EVP_MD* const md = type == SignatureType::EdDsa ? nullptr : digest_of(digest);
  std::size_t size = 0;
  if (!fits(type, type_) || !context || EVP_DigestSignInit(context.get(), &key_context, md, nullptr, key_.get()) != 1 ||
      !use_padding(key_context, type) ||
      EVP_DigestSign(context.get(), nullptr, &size, as_bytes(text), text.size()) != 1)
    throw std::runtime_error("OpenSSL can't sign");
  std::string signature(size, '\0');
  if (EVP_DigestSign(context.get(), as_bytes(signature), &size, as_bytes(text), text.size()) != 1)
    throw std::runtime_error("OpenSSL can't sign");
  signature.resize(size);
  return type == SignatureType::Ecdsa ? flat_from_der(signature, field_size(type_)) : signature;
}

bool PublicKey::verify(SignatureType type, DigestType digest, std::string_view text, std::string_view signature) const {
  const ErrorQueue errors;
  if (!fits(type, type_)) return false;
  std::string der;
  if (type == SignatureType::Ecdsa) {
    der = der_from_flat(signature, field_size(type_));
    signature = der;
  }
  const Context context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* key_context = nullptr;
  const EVP_MD* const md = type == SignatureType::EdDsa ? nullptr : digest_of(digest);
  return !signature.empty() && context &&
         EVP_DigestVerifyInit(context.get(), &key_context, md, nullptr, key_.get()) == 1 &&
         use_padding(key_context, type) &&
         EVP_DigestVerify(context.get(), as_bytes(signature), signature.size(), as_bytes(text), text.size()) == 1;
}

std::string hmac(DigestType digest, std::string_view key, std::string_view text) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (!HMAC(digest_of(digest), key.data(), static_cast<int>(key.size()), as_bytes(text), text.size(), out, &size))
    throw std::runtime_error("OpenSSL has no such HMAC");
  return {reinterpret_cast<const char*>(out), size};
}

}  // namespace coroute::detail
