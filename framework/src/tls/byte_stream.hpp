// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The bytes of one connection, over a plain socket or over TLS: non-blocking reads and writes, and what to wait for
/// when they can't go on.
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "coroute/asyncio/detail/io_handle.hpp"
#include "session.hpp"

namespace coroute::detail {

/// Loop thread only. Closed by the destructor. Without TLS a call costs what the system call costs.
class ByteStream {
 public:
  /// Takes a non-blocking socket over. Throws std::system_error.
  ByteStream(EventLoop& loop, int socket) : io_(loop, socket) {}
  ~ByteStream();
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  enum class Outcome : unsigned char { Progress, WouldBlock, Closed };
  struct Received {
    Outcome outcome;
    std::size_t size = 0;
  };

  /// From now on everything goes through TLS. The context must outlive the handshake; what the session is to know
  /// before that is set on `tls()`.
  void start_tls(const TlsContext& context);
  /// To be called again after `wait_readable` as long as it would block. Closed: see `TlsSession::error`.
  Outcome handshake() noexcept;
  /// Null without TLS.
  TlsSession* tls() const noexcept { return tls_.get(); }
  bool is_secure() const noexcept { return tls_ != nullptr; }

  Received receive(char* buffer, std::size_t size) noexcept;
  /// Before TLS: looks at what has come and leaves it there.
  Received peek(char* buffer, std::size_t size) noexcept;
  /// Sends without waiting and takes what has gone off the fronts. WouldBlock: something is left; to be called again
  /// with the same bytes in front.
  Outcome send(std::string_view& head, std::string_view& tail) noexcept;

  /// Without TLS.
  enum class FileOutcome : unsigned char {
    Progress,
    WouldBlock,
    Closed,
    Ended,    ///< The file has no bytes there.
    Refused,  ///< The kernel can't send from this file: read it and use `send`.
  };
  struct SentFile {
    FileOutcome outcome;
    std::size_t size = 0;
  };
  /// Has the kernel send bytes of a file, as many as go without waiting for the peer; but waits for a disk.
  SentFile send_file(int file, std::uint64_t offset, std::size_t count) noexcept;

  /// Bytes or the end may have come; as of the loop's last look.
  bool has_input() const noexcept { return io_.is_readable() || (tls_ && (tls_wants_write_ || tls_->has_pending())); }
  bool is_writable() const noexcept { return io_.is_writable(); }
  /// Asks the kernel: something has come that `receive` has not looked at.
  bool has_unread() const noexcept;
  /// The peer has closed its sending side or the connection is broken; as of the loop's last look.
  bool is_peer_closed() const noexcept { return io_.is_peer_closed(); }
  /// After Closed: the peer has ended what it sends in a way that leaves no doubt that this was all, by a FIN, or in
  /// TLS by a close_notify (RFC 8446 section 6.1).
  bool is_properly_closed() const noexcept { return properly_closed_; }

  /// After `receive` or `handshake` would block.
  IoAwaiter wait_readable() noexcept { return tls_wants_write_ ? io_.wait_writable() : io_.wait_readable(); }
  /// After `send` would block.
  IoAwaiter wait_writable() noexcept { return io_.wait_writable(); }
  /// After both would block: for whichever can go on first.
  IoAwaiter wait_ready() noexcept { return io_.wait_ready(); }
  /// Ends the waits in progress and all later ones.
  void abort_waits() noexcept { io_.abort_waits(); }

  /// Tells the peer that nothing follows, at once; what it still sends can be read with `discard`.
  void shut_down() noexcept;
  /// Reads bytes nobody wants as they come, without TLS.
  Received discard(char* buffer, std::size_t size) noexcept;
  /// The end of the connection will tell the peer that something is missing.
  void reset_on_close() noexcept;

  /// See IoHandle.
  void on_hangup(IoHandle::HangupCallback callback, void* context) noexcept { io_.on_hangup(callback, context); }
  void on_ready(IoHandle::ReadyCallback callback, void* context) noexcept { io_.on_ready(callback, context); }

  /// For its options: bytes go through `receive` and `send`, or by other ways where it isn't secure.
  int descriptor() const noexcept { return io_.descriptor(); }
  IoHandle& handle() noexcept { return io_; }

 private:
  static ssize_t send_parts(int socket, std::string_view head, std::string_view tail) noexcept;
  Received receive_plain(char* buffer, std::size_t size, int flags = 0) noexcept;
  Received receive_tls(char* buffer, std::size_t size) noexcept;
  Outcome send_tls(std::string_view& head, std::string_view& tail) noexcept;
  Outcome outcome_of(TlsStatus status) noexcept;

  IoHandle io_;
  std::unique_ptr<TlsSession> tls_;
  bool tls_wants_write_ = false;
  bool properly_closed_ = false;
  bool ends_abruptly_ = false;
};

// Implementation

inline ByteStream::Received ByteStream::receive(char* buffer, std::size_t size) noexcept {
  return tls_ ? receive_tls(buffer, size) : receive_plain(buffer, size);
}

inline ByteStream::Received ByteStream::receive_plain(char* buffer, std::size_t size, int flags) noexcept {
  if (!io_.is_readable()) return {Outcome::WouldBlock};
  ssize_t count = 0;
  do {
    count = recv(io_.descriptor(), buffer, size, flags);
  } while (count < 0 && errno == EINTR);
  if (count > 0) {
    const auto received = static_cast<std::size_t>(count);
    if (received < size && flags == 0) io_.clear_readable();
    return {Outcome::Progress, received};
  }
  properly_closed_ = count == 0;
  if (count == 0 || errno != EAGAIN) return {Outcome::Closed};
  io_.clear_readable();
  return {Outcome::WouldBlock};
}

inline ssize_t ByteStream::send_parts(int socket, std::string_view head, std::string_view tail) noexcept {
  if (tail.empty()) return ::send(socket, head.data(), head.size(), MSG_NOSIGNAL);  // cheaper for the kernel
  std::array<iovec, 2> parts{
      {{const_cast<char*>(head.data()), head.size()}, {const_cast<char*>(tail.data()), tail.size()}}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  return sendmsg(socket, &message, MSG_NOSIGNAL);
}

inline ByteStream::Outcome ByteStream::send(std::string_view& head, std::string_view& tail) noexcept {
  if (tls_) return send_tls(head, tail);
  while (!head.empty() || !tail.empty()) {
    const ssize_t count = send_parts(io_.descriptor(), head, tail);
    if (count < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return Outcome::Closed;
      io_.clear_writable();
      return Outcome::WouldBlock;
    }
    const auto sent = static_cast<std::size_t>(count);
    const std::size_t of_head = std::min(sent, head.size());
    head.remove_prefix(of_head);
    tail.remove_prefix(sent - of_head);
  }
  return Outcome::Progress;
}

}  // namespace coroute::detail
