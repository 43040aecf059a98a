// SPDX-License-Identifier: BSL-1.0
#pragma once
/// One connection to a server: non-blocking reads and writes, and whether it can carry another request.
#include <cstddef>
#include <string_view>

#include "coroute/asyncio/detail/io_handle.hpp"

namespace coroute::detail {

/// Loop thread only. Closed by the destructor.
class ClientConnection {
 public:
  /// Takes a non-blocking socket over. Throws std::system_error.
  ClientConnection(EventLoop& loop, int socket) : io_(loop, socket) {}
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  enum class Outcome : unsigned char { Progress, WouldBlock, Closed };

  struct Received {
    Outcome outcome;
    std::size_t size = 0;
  };
  Received receive(char* buffer, std::size_t size) noexcept;
  /// Sends without waiting and takes what has gone off the fronts. WouldBlock: something is left.
  Outcome send(std::string_view& head, std::string_view& body) noexcept;

  /// The errno with which connecting has failed, or 0.
  int pending_error() const noexcept;

  IoAwaiter wait_readable() noexcept { return io_.wait_readable(); }
  IoAwaiter wait_writable() noexcept { return io_.wait_writable(); }

  /// Something has arrived, or the peer has closed; as of the loop's last look.
  bool has_input() const noexcept { return io_.is_readable(); }
  /// Asks the kernel: the peer has neither closed nor sent anything, which it must not between two requests.
  bool is_quiet() noexcept;
  /// The peer will read and answer nothing more, as of the loop's last look.
  bool is_peer_closed() const noexcept { return io_.is_peer_closed(); }

  /// Called once when the peer closes; may destroy the connection. Null: nobody.
  void on_hangup(IoHandle::HangupCallback callback, void* context) noexcept { io_.on_hangup(callback, context); }

  Clock::time_point idle_since{};

 private:
  IoHandle io_;
};

}  // namespace coroute::detail
