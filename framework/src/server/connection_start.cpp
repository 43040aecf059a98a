// SPDX-License-Identifier: BSL-1.0
// What a connection does before HTTP: the header of the PROXY protocol, the TLS handshake; and what it believes of the
// proxy it comes from.
#include <algorithm>

#include "connection.hpp"
#include "error_response.hpp"
#include "forwarded.hpp"
#include "proxy_protocol.hpp"

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

bool Connection::has_preface() const noexcept {
  return worker_.tls() || (peer_is_trusted_ && worker_.options().proxy_protocol);
}

/// True: HTTP follows.
Async<bool> Connection::begin() {
  enter(Phase::Handshake, worker_.options().timeouts.handshake);
  bool good = true;
  if (peer_is_trusted_ && worker_.options().proxy_protocol) good = co_await take_proxy_header();
  if (good && worker_.tls()) good = co_await shake_hands();
  if (!good) co_return false;
  const ServerTimeouts& timeouts = worker_.options().timeouts;
  enter(Phase::Idle, worker_.draining() ? timeouts.drain_idle : timeouts.head);
  co_return true;
}

/// Takes the header and nothing behind it, which may be for TLS.
Async<bool> Connection::take_proxy_header() {
  exchange_ = worker_.take_exchange();
  char* const buffer = exchange_->input.get();
  const std::size_t limit = std::min(worker_.options().limits.max_proxy_header_bytes, exchange_->capacity);
  std::size_t seen = 0;
  while (true) {
    const ByteStream::Received got = stream_.peek(buffer, limit);
    if (got.outcome == ByteStream::Outcome::Closed) co_return false;
    const ProxyHeader header = parse_proxy_header({buffer, got.size}, limit);
    if (header.result == ProxyHeader::Result::Malformed) co_return false;
    if (header.result == ProxyHeader::Result::Complete) {
      stream_.discard(buffer, header.size);
      if (header.client) peer_ = *header.client;
      peer_is_trusted_ = worker_.server().trusted_peers->trusts(peer_);
      worker_.give_back(std::move(exchange_));
      co_return true;
    }
    if (got.size == seen && stream_.is_peer_closed()) co_return false;  // no more comes
    seen = got.size;
    stream_.handle().clear_readable();
    const bool ready = co_await stream_.wait_readable();
    if (!ready) co_return false;
  }
}

/// What a trusted proxy says in header fields counts.
void Connection::believe_proxy(RequestHead& head) {
  Exchange& exchange = *exchange_;
  const ServerOptions& options = worker_.options();
  const TrustedPeers& trusted = *worker_.server().trusted_peers;
  ForwardedRequest said = options.proxy_headers == ProxyHeaders::Forwarded ? read_forwarded(head.headers, trusted)
                                                                           : read_x_forwarded(head.headers, trusted);
  if (said.client) exchange.forwarded_client = std::move(said.client);
  if (!said.scheme.empty()) head.scheme = said.scheme;
  if (!options.forwarded_host || said.host.empty()) return;
  exchange.forwarded_host = std::move(said.host);
  for (HeaderField& field : exchange.fields) {
    if (iequals(field.name, "host")) field.value = exchange.forwarded_host;
  }
}

Async<bool> Connection::shake_hands() {
  const std::shared_ptr<const TlsContext> context = worker_.tls();  // which may be replaced meanwhile
  const HandshakePermit permit(worker_.server());
  if (!permit.is_granted()) co_return false;
  const std::optional<char> first = co_await first_byte();
  if (!first) co_return false;
  if (*first != tls_handshake_record) {
    co_await refuse_plain();
    co_return false;
  }
  stream_.start_tls(*context);
  stream_.tls()->limit_handshake(worker_.options().limits.max_handshake_bytes);
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
