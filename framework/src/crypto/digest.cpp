// SPDX-License-Identifier: BSL-1.0
#include "digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <stdexcept>

namespace coroute::detail {
namespace {

const unsigned char* bytes_of(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string digest(const EVP_MD* algorithm, std::string_view text) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), out, &size, algorithm, nullptr) != 1)
    throw std::runtime_error("OpenSSL has no such digest");
  return {reinterpret_cast<const char*>(out), size};
}

std::string hmac(const EVP_MD* algorithm, std::string_view key, std::string_view text) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (!HMAC(algorithm, key.data(), static_cast<int>(key.size()), bytes_of(text), text.size(), out, &size))
    throw std::runtime_error("OpenSSL has no such HMAC");
  return {reinterpret_cast<const char*>(out), size};
}

}  // namespace

std::string sha1(std::string_view text) {
  return digest(EVP_sha1(), text);
}

std::string sha256(std::string_view text) {
  return digest(EVP_sha256(), text);
}

std::string hmac_sha1(std::string_view key, std::string_view text) {
  return hmac(EVP_sha1(), key, text);
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
  return hmac(EVP_sha256(), key, text);
}

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1)
    throw std::runtime_error("OpenSSL has no random bytes");
  return bytes;
}

}  // namespace coroute::detail
