// SPDX-License-Identifier: BSL-1.0
// What a connection does before HTTP: the TLS handshake.
#include "connection.hpp"
#include "error_response.hpp"

namespace coroute::detail {
namespace {

constexpr char tls_handshake_record = 0x16;  // RFC 8446 section 5.1: the first byte of any client's TLS

/// One of the handshakes in progress, which the server limits.
class HandshakePermit {
 public:
  explicit HandshakePermit(ServerState& server) noexcept : server_(server), count_(++server.handshakes) {}
  ~HandshakePermit() { --server_.handshakes; }
  HandshakePermit(const HandshakePermit&) = delete;
  HandshakePermit& operator=(const HandshakePermit&) = delete;

  bool is_granted() const noexcept { return count_ <= server_.options->limits.max_handshakes; }

 private:
  ServerState& server_;
  std::size_t count_;
};

}  // namespace

/// True: HTTP follows.
Async<bool> Connection::shake_hands() {
  const std::shared_ptr<const TlsContext> context = worker_.tls();  // which may be replaced meanwhile
  const HandshakePermit permit(worker_.server());
  if (!permit.is_granted()) co_return false;
  enter(Phase::Handshake, worker_.options().timeouts.handshake);
  const std::optional<char> first = co_await first_byte();
  if (!first) co_return false;
  if (*first != tls_handshake_record) {
    co_await refuse_plain();
    co_return false;
  }
  stream_.start_tls(*context, worker_.options().limits.max_handshake_bytes);
  while (true) {
    const ByteStream::Outcome outcome = stream_.handshake();
    if (outcome == ByteStream::Outcome::Progress) break;
    if (outcome == ByteStream::Outcome::Closed) {
      exchange_ = worker_.take_exchange();
      co_await linger();  // so that the alert, which says why, isn't destroyed by a reset
      co_return false;
    }
    const bool ready = co_await stream_.wait_readable();
    if (!ready) co_return false;
  }
  const ServerTimeouts& timeouts = worker_.options().timeouts;
  enter(Phase::Idle, worker_.draining() ? timeouts.drain_idle : timeouts.head);
  co_return true;
}

/// Looks at it and leaves it where it is.
Async<std::optional<char>> Connection::first_byte() {
  while (true) {
    char first = 0;
    const ByteStream::Received got = stream_.peek(&first, 1);
    if (got.outcome == ByteStream::Outcome::Progress) co_return first;
    if (got.outcome == ByteStream::Outcome::Closed) co_return std::nullopt;
    const bool ready = co_await stream_.wait_readable();
    if (!ready) co_return std::nullopt;
  }
}

/// Who speaks HTTP is told in HTTP; TLS's alert would be noise to it.
Async<void> Connection::refuse_plain() {
  exchange_ = worker_.take_exchange();
  refuse(plain_http_response());
  std::string_view none;
  bool flushed = try_flush(none);
  if (!flushed) flushed = co_await flush_rest(none);
  if (flushed) co_await linger();
}

}  // namespace coroute::detail
