// SPDX-License-Identifier: BSL-1.0
#include "context.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <array>
#include <limits>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include "server_callbacks.hpp"

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

int copy_password(char* buffer, int size, int, void* password) {
  if (!password) return 0;
  const auto& text = *static_cast<const std::string*>(password);
  if (text.size() > static_cast<std::size_t>(size)) return 0;
  text.copy(buffer, text.size());
  return static_cast<int>(text.size());
}

SslContextPtr make_context(const SSL_METHOD* method, TlsVersion min_version) {
  SslContextPtr context(SSL_CTX_new(method));
  if (!context) refuse("cannot use TLS");
  const int version = min_version == TlsVersion::Tls13 ? TLS1_3_VERSION : TLS1_2_VERSION;
  if (SSL_CTX_set_min_proto_version(context.get(), version) != 1) refuse("cannot use this version of TLS");
  if (SSL_CTX_set_cipher_list(context.get(), tls12_ciphers) != 1) refuse("cannot use the ciphers");
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_read_ahead(context.get(), 1);  // head and content of a record by one call of recv
  // What is sent may lie elsewhere when sending goes on; idle connections keep no buffers.
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  return context;
}

void set_identity(SSL_CTX* context, const TlsIdentity& identity) {
  const std::string& certificate = identity.certificate_file;
  const std::string& key = identity.private_key_file.empty() ? certificate : identity.private_key_file;
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
    refuse("cannot use the certificate of '" + certificate + "'");
  }
  // Always set: without a callback OpenSSL asks at the terminal.
  std::string password = identity.private_key_password;
  SSL_CTX_set_default_passwd_cb(context, &copy_password);
  SSL_CTX_set_default_passwd_cb_userdata(context, &password);
  const bool usable = SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) == 1;
  SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  if (!usable || SSL_CTX_check_private_key(context) != 1) refuse("cannot use the private key of '" + key + "'");
}

void trust(SSL_CTX* context, const std::vector<std::string>& ca_files) {
  for (const std::string& file : ca_files) {
    if (SSL_CTX_load_verify_locations(context, file.c_str(), nullptr) != 1) {
      refuse("cannot use the certificates of '" + file + "'");
    }
  }
}

/// So that clients can choose among their certificates.
void name_client_authorities(SSL_CTX* context, const std::vector<std::string>& ca_files) {
  STACK_OF(X509_NAME)* const names = sk_X509_NAME_new_null();
  for (const std::string& file : ca_files)
    SSL_add_file_cert_subjects_to_stack(names, file.c_str());
  SSL_CTX_set_client_CA_list(context, names);  // takes it
}

bool has_name(const SSL_CTX* context, const char* name) noexcept {
  X509* const certificate = SSL_CTX_get0_certificate(context);
  return X509_check_host(certificate, name, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, nullptr) == 1;
}

/// Keys are kept over a reload, unless what a resumed session has proved may no longer count.
std::shared_ptr<TicketKeys> keys_for(const TlsServerOptions& options, std::shared_ptr<TicketKeys> present) {
  if (options.ticket_key_lifetime.count() <= 0) return nullptr;
  if (present && options.client_ca_files.empty()) return present;
  return std::make_shared<TicketKeys>(options.ticket_key_lifetime, std::chrono::steady_clock::now());
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
    : context_(make_context(TLS_client_method(), options.min_version)),
      alpn_(alpn_wire(alpn)),
      is_server_(false),
      verifies_(options.verify) {
  if (!options.identity.certificate_file.empty()) set_identity(native(), options.identity);
  if (options.system_roots && SSL_CTX_set_default_verify_paths(native()) != 1) refuse("cannot read the system's roots");
  trust(native(), options.ca_files);
  SSL_CTX_set_verify(native(), verifies_ ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  // Sessions are kept by whoever has the connections.
  SSL_CTX_set_session_cache_mode(native(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  if (!alpn_.empty() && SSL_CTX_set_alpn_protos(native(), bytes_of(alpn_), static_cast<unsigned>(alpn_.size())) != 0) {
    refuse("cannot offer these protocols");
  }
}

TlsContext::TlsContext(const TlsServerOptions& options, std::shared_ptr<TicketKeys> ticket_keys)
    : ticket_keys_(keys_for(options, std::move(ticket_keys))),
      alpn_(alpn_wire(options.alpn)),
      is_server_(true),
      verifies_(!options.client_ca_files.empty()) {
  context_ = make_server_context(options, options.identity);
  for (const TlsIdentity& identity : options.more_identities)
    more_contexts_.push_back(make_server_context(options, identity));
}

SslContextPtr TlsContext::make_server_context(const TlsServerOptions& options, const TlsIdentity& identity) {
  SslContextPtr context = make_context(TLS_server_method(), options.min_version);
  set_identity(context.get(), identity);
  trust(context.get(), options.client_ca_files);
  if (verifies_) {
    name_client_authorities(context.get(), options.client_ca_files);
    const bool required = options.client_certificates == ClientCertificates::Required;
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
  }
  constexpr std::string_view session_id_context = "coroute";
  SSL_CTX_set_session_id_context(context.get(), bytes_of(session_id_context), session_id_context.size());
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);  // tickets need none, and it has a lock
  SSL_CTX_set_timeout(context.get(), static_cast<long>(2 * options.ticket_key_lifetime.count()));
  set_server_callbacks(*this, context.get());
  return context;
}

SSL_CTX* TlsContext::context_for(const char* name) const noexcept {
  if (has_name(native(), name)) return native();
  for (const SslContextPtr& context : more_contexts_) {
    if (has_name(context.get(), name)) return context.get();
  }
  return native();
}

}  // namespace coroute::detail
