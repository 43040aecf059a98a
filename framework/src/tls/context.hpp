// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What all TLS connections of a client or of a server have in common: OpenSSL's SSL_CTX.
#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <vector>

#include "coroute/tls/options.hpp"
#include "ticket_keys.hpp"

namespace coroute::detail {

struct SslDeleter {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
  void operator()(SSL_SESSION* session) const noexcept { SSL_SESSION_free(session); }
};
using SslContextPtr = std::unique_ptr<SSL_CTX, SslDeleter>;
using SslPtr = std::unique_ptr<SSL, SslDeleter>;
using SslSessionPtr = std::unique_ptr<SSL_SESSION, SslDeleter>;

/// Immutable once made, so that all loops may use it. Outlives the handshakes that use it.
class TlsContext {
 public:
  /// `alpn`: what is offered to servers (RFC 7301), the favourite first.
  TlsContext(const TlsClientOptions& options, const std::vector<std::string>& alpn);
  /// `ticket_keys`: those of the context that this one is to replace, or null.
  explicit TlsContext(const TlsServerOptions& options, std::shared_ptr<TicketKeys> ticket_keys = nullptr);
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  SSL_CTX* native() const noexcept { return context_.get(); }
  bool is_server() const noexcept { return is_server_; }
  bool verifies() const noexcept { return verifies_; }
  /// Null: no tickets.
  const std::shared_ptr<TicketKeys>& ticket_keys() const noexcept { return ticket_keys_; }
  /// That of the certificate for a name, or `native`.
  SSL_CTX* context_for(const char* name) const noexcept;
  /// Each with its length in front.
  const std::string& alpn() const noexcept { return alpn_; }

 private:
  SslContextPtr make_server_context(const TlsServerOptions& options, const TlsIdentity& identity);

  SslContextPtr context_;
  std::vector<SslContextPtr> more_contexts_;  // chosen by name
  std::shared_ptr<TicketKeys> ticket_keys_;
  std::string alpn_;
  bool is_server_;
  bool verifies_;
};

/// The oldest error of OpenSSL's queue of this thread, as text, and the queue emptied. Never empty.
std::string take_tls_error();

}  // namespace coroute::detail
