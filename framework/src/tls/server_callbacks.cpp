// SPDX-License-Identifier: BSL-1.0
#include "server_callbacks.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <string>

#include "context.hpp"

namespace coroute::detail {
namespace {

const TlsContext& owner_of(const SSL* ssl) noexcept {
  return *static_cast<const TlsContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
}

int choose_protocol(SSL* ssl, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                    unsigned int offered_size, void*) {
  const std::string& names = owner_of(ssl).alpn();
  unsigned char* chosen = nullptr;
  const int outcome = SSL_select_next_proto(&chosen, out_size, reinterpret_cast<const unsigned char*>(names.data()),
                                            static_cast<unsigned>(names.size()), offered, offered_size);
  if (outcome != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

int choose_certificate(SSL* ssl, int*, void*) {
  const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (!name) return SSL_TLSEXT_ERR_NOACK;
  SSL_set_SSL_CTX(ssl, owner_of(ssl).context_for(name));
  return SSL_TLSEXT_ERR_OK;
}

bool set_authentication(EVP_MAC_CTX* mac, TicketKeys::Key& key) {
  std::string digest = "SHA256";
  const std::array<OSSL_PARAM, 3> parameters{
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.authentication.data(), key.authentication.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0), OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, parameters.data()) == 1;
}

/// 0: nothing is wrong, but no ticket can be used or given; negative: an error.
int use_ticket_key(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                   int encrypts) {
  try {
    TicketKeys& keys = *owner_of(ssl).ticket_keys();
    const auto now = std::chrono::steady_clock::now();
    if (encrypts != 0) {
      TicketKeys::Key key = keys.current(now);
      std::copy(key.name.begin(), key.name.end(), name);
      const bool good = RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) == 1 &&
                        EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.encryption.data(), iv) == 1 &&
                        set_authentication(mac, key);
      return good ? 1 : -1;
    }
    std::optional<TicketKeys::Found> found = keys.find(std::span<const unsigned char, 16>(name, 16), now);
    if (!found) return 0;
    const bool good = set_authentication(mac, found->key) &&
                      EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, found->key.encryption.data(), iv) == 1;
    if (!good) return -1;
    // 2: a new ticket is given out too, which TLS 1.3 wants for each connection (RFC 8446 appendix C.4).
    return found->is_current && SSL_version(ssl) < TLS1_3_VERSION ? 1 : 2;
  } catch (const std::exception&) {
    return -1;  // no random bytes, for instance
  }
}

}  // namespace

void set_server_callbacks(TlsContext& owner, SSL_CTX* context) {
  SSL_CTX_set_app_data(context, &owner);
  SSL_CTX_set_tlsext_servername_callback(context, &choose_certificate);
  if (!owner.alpn().empty()) SSL_CTX_set_alpn_select_cb(context, &choose_protocol, nullptr);
  if (owner.ticket_keys()) {
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context, &use_ticket_key);
  } else {
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context, 0);
  }
}

}  // namespace coroute::detail
