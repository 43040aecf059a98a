// SPDX-License-Identifier: BSL-1.0
#pragma once
/// TLS over one non-blocking socket, on either side of it. Nothing here waits: what can't go on says for what.
#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include "context.hpp"
#include "coroute/tls/connection.hpp"

namespace coroute::detail {

enum class TlsStatus : unsigned char {
  Done,
  WantRead,   ///< Go on when the socket is readable; all that was there has been read.
  WantWrite,  ///< Go on when the socket is writable.
  Closed,     ///< The peer has ended the session properly: nothing is missing.
  Truncated,  ///< The connection ended without that.
  Failed,     ///< `error()` says why; the session is of no more use.
};

struct TlsTransfer {
  TlsStatus status;
  std::size_t size = 0;
};

/// What a TlsSession reads from and writes to.
struct TlsSocket {
  int descriptor;
  std::size_t max_bytes = std::numeric_limits<std::size_t>::max();  ///< That may still be read.
  bool is_drained = false;                                          ///< The last read got all there was.
  bool is_over_limit = false;
  bool is_ended = false;  ///< The peer has closed; nothing is sent any more.
};

/// One thread at a time; the socket belongs to the caller and must outlive it.
class TlsSession final : public TlsSource {
 public:
  TlsSession(const TlsContext& context, int socket);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  /// Before the handshake of a client: whose certificate it has to be, a name or an address without brackets.
  void set_peer(const std::string& host);
  /// Before the handshake of a client: a session to resume, from `take_resumable` of an earlier connection to the same
  /// peer.
  void resume(SslSessionPtr session) noexcept;

  /// Before the handshake: it fails when the peer sends more for it.
  void limit_handshake(std::size_t max_bytes) noexcept { socket_.max_bytes = max_bytes; }

  TlsStatus handshake() noexcept;
  TlsTransfer read(char* buffer, std::size_t size) noexcept;
  /// When it wants to go on, call it with the same bytes in front.
  TlsTransfer write(std::string_view bytes) noexcept;
  /// Tells the peer that nothing follows; doesn't wait for its answer.
  TlsStatus shut_down() noexcept;

  /// Bytes have come that `read` has not given yet: the socket won't become readable for them.
  bool has_pending() const noexcept { return SSL_has_pending(ssl_.get()) != 0; }
  /// The last `read` has seen the end of what there was: there is nothing to read until the socket becomes readable
  /// again.
  bool is_drained() const noexcept { return socket_.is_drained && !has_pending(); }
  bool is_resumed() const noexcept { return SSL_session_reused(ssl_.get()) != 0; }
  /// What ALPN agreed on; empty: nothing.
  std::string_view alpn() const noexcept;
  /// What the client has asked for by SNI; empty: nothing.
  std::string_view server_name() const noexcept;
  /// "TLSv1.3"
  std::string_view version() const noexcept { return SSL_get_version(ssl_.get()); }
  /// After the handshake of a server; valid as long as the session.
  const TlsConnection& tls_connection() override;
  /// What another connection can go on from, or null. With TLS 1.3 there is one only some time after the handshake, and
  /// each may be used once (RFC 8446 appendix C.4).
  SslSessionPtr take_resumable() noexcept;
  const std::string& error() const noexcept { return error_; }

 private:
  TlsStatus status_of(int result) noexcept;
  void fail();

  TlsSocket socket_;
  SslPtr ssl_;
  bool failed_ = false;
  std::string error_;
  std::unique_ptr<TlsConnection> connection_;  // once somebody has asked
};

}  // namespace coroute::detail
