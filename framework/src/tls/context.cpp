// SPDX-License-Identifier: BSL-1.0
#include "context.hpp"

#include <openssl/err.h>

#include <array>
#include <limits>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

namespace coroute::detail {
namespace {

/// AEAD with forward secrecy; those of TLS 1.3 all are.
constexpr const char* tls12_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

[[noreturn]] void refuse(std::string what) {
  throw std::invalid_argument(std::move(what) + ": " + take_tls_error());
}

std::string alpn_wire(const std::vector<std::string>& names) {
  std::string wire;
  for (const std::string& name : names) {
    if (name.empty() || name.size() > std::numeric_limits<unsigned char>::max()) {
      throw std::invalid_argument("a protocol name for ALPN has 1 to 255 bytes");
    }
    wire.push_back(static_cast<char>(name.size()));
    wire.append(name);
  }
  return wire;
}

const unsigned char* bytes_of(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

int choose_alpn(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                unsigned int offered_size, void* wanted) {
  const auto& names = *static_cast<const std::string*>(wanted);
  unsigned char* chosen = nullptr;
  const int outcome = SSL_select_next_proto(&chosen, out_size, bytes_of(names), static_cast<unsigned>(names.size()),
                                            offered, offered_size);
  if (outcome != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

int copy_password(char* buffer, int size, int, void* password) {
  if (!password) return 0;
  const auto& text = *static_cast<const std::string*>(password);
  if (text.size() > static_cast<std::size_t>(size)) return 0;
  text.copy(buffer, text.size());
  return static_cast<int>(text.size());
}

}  // namespace

std::string take_tls_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "no reason is known";
  if (ERR_SYSTEM_ERROR(code)) return std::generic_category().message(ERR_GET_REASON(code));
  if (const char* const reason = ERR_reason_error_string(code)) return reason;
  std::array<char, 256> text{};
  ERR_error_string_n(code, text.data(), text.size());
  return text.data();
}

TlsContext::TlsContext(const TlsClientOptions& options, const std::vector<std::string>& alpn)
    : context_(SSL_CTX_new(TLS_client_method())), alpn_(alpn_wire(alpn)), is_server_(false), verifies_(options.verify) {
  set_common(options.min_version);
  if (!options.identity.certificate_file.empty()) set_identity(options.identity);
  if (options.system_roots && SSL_CTX_set_default_verify_paths(native()) != 1) refuse("cannot read the system's roots");
  trust(options.ca_files);
  SSL_CTX_set_verify(native(), verifies_ ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  // Sessions are kept by whoever has the connections.
  SSL_CTX_set_session_cache_mode(native(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  if (!alpn_.empty() && SSL_CTX_set_alpn_protos(native(), bytes_of(alpn_), static_cast<unsigned>(alpn_.size())) != 0) {
    refuse("cannot offer these protocols");
  }
}

TlsContext::TlsContext(const TlsServerOptions& options)
    : context_(SSL_CTX_new(TLS_server_method())),
      alpn_(alpn_wire(options.alpn)),
      is_server_(true),
      verifies_(!options.client_ca_files.empty()) {
  set_common(options.min_version);
  set_identity(options.identity);
  trust(options.client_ca_files);
  if (verifies_) {
    name_client_authorities(options.client_ca_files);
    SSL_CTX_set_verify(native(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  constexpr std::string_view session_id_context = "coroute";
  SSL_CTX_set_session_id_context(native(), bytes_of(session_id_context), session_id_context.size());
  if (!alpn_.empty()) SSL_CTX_set_alpn_select_cb(native(), &choose_alpn, &alpn_);
}

void TlsContext::set_common(TlsVersion min_version) {
  if (!context_) refuse("cannot use TLS");
  const int version = min_version == TlsVersion::Tls13 ? TLS1_3_VERSION : TLS1_2_VERSION;
  if (SSL_CTX_set_min_proto_version(native(), version) != 1) refuse("cannot use this version of TLS");
  if (SSL_CTX_set_cipher_list(native(), tls12_ciphers) != 1) refuse("cannot use the ciphers");
  SSL_CTX_set_options(native(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_read_ahead(native(), 1);  // head and content of a record by one call of recv
  // What is sent may lie elsewhere when sending goes on; idle connections keep no buffers.
  SSL_CTX_set_mode(native(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
}

void TlsContext::set_identity(const TlsIdentity& identity) {
  const std::string& certificate = identity.certificate_file;
  const std::string& key = identity.private_key_file.empty() ? certificate : identity.private_key_file;
  if (SSL_CTX_use_certificate_chain_file(native(), certificate.c_str()) != 1) {
    refuse("cannot use the certificate of '" + certificate + "'");
  }
  // Always set: without a callback OpenSSL asks at the terminal.
  std::string password = identity.private_key_password;
  SSL_CTX_set_default_passwd_cb(native(), &copy_password);
  SSL_CTX_set_default_passwd_cb_userdata(native(), &password);
  const bool usable = SSL_CTX_use_PrivateKey_file(native(), key.c_str(), SSL_FILETYPE_PEM) == 1;
  SSL_CTX_set_default_passwd_cb_userdata(native(), nullptr);
  if (!usable || SSL_CTX_check_private_key(native()) != 1) refuse("cannot use the private key of '" + key + "'");
}

void TlsContext::trust(const std::vector<std::string>& ca_files) {
  for (const std::string& file : ca_files) {
    if (SSL_CTX_load_verify_locations(native(), file.c_str(), nullptr) != 1) {
      refuse("cannot use the certificates of '" + file + "'");
    }
  }
}

/// So that clients can choose among their certificates.
void TlsContext::name_client_authorities(const std::vector<std::string>& ca_files) {
  STACK_OF(X509_NAME)* const names = sk_X509_NAME_new_null();
  for (const std::string& file : ca_files)
    SSL_add_file_cert_subjects_to_stack(names, file.c_str());
  SSL_CTX_set_client_CA_list(native(), names);  // takes it
}

}  // namespace coroute::detail
