// SPDX-License-Identifier: BSL-1.0
#include "aes_gcm.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>

#include <memory>
#include <stdexcept>

#include "digest.hpp"

namespace coroute::detail {
namespace {

constexpr std::size_t key_size = 32;
constexpr std::size_t nonce_size = 12;
constexpr std::size_t tag_size = 16;

unsigned char* bytes_of(std::string& text, std::size_t at = 0) noexcept {
  return reinterpret_cast<unsigned char*>(text.data()) + at;
}
const unsigned char* bytes_of(std::string_view text, std::size_t at = 0) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data()) + at;
}

std::string derived_key(std::string_view secret, std::string_view purpose) {
  const std::unique_ptr<EVP_KDF, decltype(&EVP_KDF_free)> kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr), &EVP_KDF_free);
  const std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)> run(EVP_KDF_CTX_new(kdf.get()), &EVP_KDF_CTX_free);
  std::string digest = "SHA256";
  std::string input(secret);
  std::string info(purpose);
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
                                   OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, input.data(), input.size()),
                                   OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
                                   OSSL_PARAM_construct_end()};
  std::string key(key_size, '\0');
  if (!run || EVP_KDF_derive(run.get(), bytes_of(key), key.size(), parameters) != 1)
    throw std::runtime_error("OpenSSL can't derive a key");
  return key;
}

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

Cipher start(std::string_view key, std::string_view nonce, std::string_view context, bool encrypts) {
  Cipher cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  int written = 0;
  if (!cipher ||
      EVP_CipherInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key), bytes_of(nonce), encrypts ? 1 : 0) !=
          1 ||
      EVP_CipherUpdate(cipher.get(), nullptr, &written, bytes_of(context), static_cast<int>(context.size())) != 1)
    throw std::runtime_error("OpenSSL has no AES-256-GCM");
  return cipher;
}

}  // namespace

AesGcm::AesGcm(std::string_view secret, std::string_view purpose) : key_(derived_key(secret, purpose)) {}

std::string AesGcm::seal(std::string_view text, std::string_view context) const {
  std::string out = random_bytes(nonce_size);
  const Cipher cipher = start(key_, out, context, true);
  out.resize(nonce_size + text.size() + tag_size);
  int written = 0;
  int rest = 0;
  unsigned char* const tag = bytes_of(out, nonce_size + text.size());
  if (EVP_CipherUpdate(cipher.get(), bytes_of(out, nonce_size), &written, bytes_of(text),
                       static_cast<int>(text.size())) != 1 ||
      EVP_CipherFinal_ex(cipher.get(), tag, &rest) != 1 ||
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, tag_size, tag) != 1)
    throw std::runtime_error("AES-256-GCM failed");
  return out;
}

std::optional<std::string> AesGcm::open(std::string_view sealed, std::string_view context) const {
  if (sealed.size() < nonce_size + tag_size) return std::nullopt;
  const Cipher cipher = start(key_, sealed.substr(0, nonce_size), context, false);
  std::string text(sealed.size() - nonce_size - tag_size, '\0');
  std::string tag(sealed.substr(sealed.size() - tag_size));
  int written = 0;
  int rest = 0;
  if (EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()) != 1 ||
      EVP_CipherUpdate(cipher.get(), bytes_of(text), &written, bytes_of(sealed, nonce_size),
                       static_cast<int>(text.size())) != 1 ||
      EVP_CipherFinal_ex(cipher.get(), bytes_of(tag), &rest) != 1)
    return std::nullopt;
  return text;
}

}  // namespace coroute::detail
