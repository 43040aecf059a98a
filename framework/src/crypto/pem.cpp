// SPDX-License-Identifier: BSL-1.0
#include <openssl/bio.h>
#include <openssl/decoder.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "openssl_handles.hpp"
#include "public_key.hpp"

namespace coroute::detail {
namespace {

using Bio = Handle<BIO, &BIO_free_all>;

Bio reader_of(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

EVP_PKEY* key_of_certificate(std::string_view pem) {
  const Bio bio = reader_of(pem);
  const Handle<X509, &X509_free> certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  return certificate ? X509_get_pubkey(certificate.get()) : nullptr;
}

EVP_PKEY* decode_key(std::string_view pem, int selection) {
  const Bio bio = reader_of(pem);
  EVP_PKEY* key = nullptr;
  const Handle<OSSL_DECODER_CTX, &OSSL_DECODER_CTX_free> decoder(
      OSSL_DECODER_CTX_new_for_pkey(&key, "PEM", nullptr, nullptr, selection, nullptr, nullptr));
  static constexpr unsigned char none = 0;
  // Without one, OpenSSL would ask the terminal.
  if (decoder) OSSL_DECODER_CTX_set_passphrase(decoder.get(), &none, 0);
  return decoder && OSSL_DECODER_from_bio(decoder.get(), bio.get()) == 1 ? key : nullptr;
}

}  // namespace

std::optional<PublicKey> PublicKey::from_pem(std::string_view pem) {
  const ErrorQueue errors;
  const bool is_private = pem.find("PRIVATE KEY-----") != pem.npos;
  EVP_PKEY* const key = is_private                                 ? decode_key(pem, EVP_PKEY_KEYPAIR)
                        : pem.find("CERTIFICATE-----") != pem.npos ? key_of_certificate(pem)
                                                                   : decode_key(pem, EVP_PKEY_PUBLIC_KEY);
  return checked(SharedKey(key, &EVP_PKEY_free), is_private);
}

}  // namespace coroute::detail
