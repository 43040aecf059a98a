// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What all TLS connections of a client or of a server have in common: OpenSSL's SSL_CTX.
#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <vector>

#include "coroute/tls/options.hpp"

namespace coroute::detail {

struct SslDeleter {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
  void operator()(SSL_SESSION* session) const noexcept { SSL_SESSION_free(session); }
};
using SslPtr = std::unique_ptr<SSL, SslDeleter>;
using SslSessionPtr = std::unique_ptr<SSL_SESSION, SslDeleter>;

/// Immutable once made, so that all loops may use it.
class TlsContext {
 public:
  /// `alpn`: what is offered to servers (RFC 7301), the favourite first.
  TlsContext(const TlsClientOptions& options, const std::vector<std::string>& alpn);
  explicit TlsContext(const TlsServerOptions& options);
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  SSL_CTX* native() const noexcept { return context_.get(); }
  bool is_server() const noexcept { return is_server_; }
  bool verifies() const noexcept { return verifies_; }

 private:
  void set_common(TlsVersion min_version);
  void set_identity(const TlsIdentity& identity);
  void trust(const std::vector<std::string>& ca_files);
  void name_client_authorities(const std::vector<std::string>& ca_files);

  std::unique_ptr<SSL_CTX, SslDeleter> context_;
  std::string alpn_;  // as on the wire: each with its length in front
  bool is_server_;
  bool verifies_;
};

/// The oldest error of OpenSSL's queue of this thread, as text, and the queue emptied. Never empty.
std::string take_tls_error();

}  // namespace coroute::detail
