// SPDX-License-Identifier: BSL-1.0
#pragma once
/// One connection to a server, plain or with TLS: non-blocking reads and writes, and whether it can carry another
/// request.
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "coroute/asyncio/detail/io_handle.hpp"
#include "tls/session.hpp"

namespace coroute::detail {

/// Loop thread only. Closed by the destructor.
class ClientConnection {
 public:
  /// Takes a non-blocking socket over. Throws std::system_error.
  ClientConnection(EventLoop& loop, int socket) : io_(loop, socket) {}
  ~ClientConnection();
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  enum class Outcome : unsigned char { Progress, WouldBlock, Closed };

  /// From now on everything goes through TLS. `host` is whom the certificate has to name; `resumable` may be null.
  void start_tls(const TlsContext& context, const std::string& host, SslSessionPtr resumable);
  /// To be called again after waiting as long as it would block. Closed: see `tls_error`.
  Outcome handshake() noexcept;
  /// Null without TLS.
  TlsSession* tls() noexcept { return tls_.get(); }

  struct Received {
    Outcome outcome;
    std::size_t size = 0;
  };
  Received receive(char* buffer, std::size_t size) noexcept;
  /// Sends without waiting and takes what has gone off the fronts. WouldBlock: something is left.
  Outcome send(std::string_view& head, std::string_view& body) noexcept;

  /// The peer ended what it sends in a way that leaves no doubt that this was all.
  bool is_properly_closed() const noexcept { return properly_closed_; }

  /// The errno with which connecting has failed, or 0.
  int pending_error() const noexcept;

  /// After `receive` or `handshake` would block.
  IoAwaiter wait_readable() noexcept { return tls_wants_write_ ? io_.wait_writable() : io_.wait_readable(); }
  /// After `send` would block.
  IoAwaiter wait_writable() noexcept { return io_.wait_writable(); }

  /// Something has arrived, or the peer has closed; as of the loop's last look.
  bool has_input() const noexcept { return io_.is_readable() || (tls_ && tls_->has_pending()); }
  /// Asks the kernel: the peer has neither closed nor sent anything, which it must not between two requests.
  bool is_quiet() noexcept;
  /// The peer will read and answer nothing more, as of the loop's last look.
  bool is_peer_closed() const noexcept { return io_.is_peer_closed(); }

  /// See IoHandle::on_ready.
  void on_ready(IoHandle::ReadyCallback callback, void* context) noexcept { io_.on_ready(callback, context); }
  bool is_writable() const noexcept { return io_.is_writable(); }

  /// Called once when the peer closes; may destroy the connection. Null: nobody.
  void on_hangup(IoHandle::HangupCallback callback, void* context) noexcept { io_.on_hangup(callback, context); }

  Clock::time_point idle_since{};

 private:
  Received receive_plain(char* buffer, std::size_t size) noexcept;
  Outcome send_plain(std::string_view& head, std::string_view& body) noexcept;
  Outcome send_tls(std::string_view& head, std::string_view& body) noexcept;
  Outcome outcome_of(TlsStatus status) noexcept;

  IoHandle io_;
  std::unique_ptr<TlsSession> tls_;
  bool tls_wants_write_ = false;
  bool properly_closed_ = false;
};

}  // namespace coroute::detail
