// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A connection on which an upgrade has ended HTTP (RFC 9110 section 7.8): what either side hands on to the protocol
/// that follows.
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "coroute/asyncio/detail/io_handle.hpp"
#include "coroute/http/response.hpp"

namespace coroute::detail {

/// Loop thread only; nothing waits. Closed by the destructor.
class UpgradedConnection {
 public:
  enum class Outcome : unsigned char { Progress, WouldBlock, Closed };
  struct Received {
    Outcome outcome;
    std::size_t size = 0;
  };

  UpgradedConnection() = default;
  UpgradedConnection(const UpgradedConnection&) = delete;
  UpgradedConnection& operator=(const UpgradedConnection&) = delete;
  virtual ~UpgradedConnection() = default;

  virtual Received receive(char* buffer, std::size_t size) noexcept = 0;
  /// Takes what has gone off the front. WouldBlock: something is left; to be called again with the same bytes in front.
  virtual Outcome send(std::string_view& bytes) noexcept = 0;
  /// As of the loop's last look.
  virtual bool has_input() const noexcept = 0;
  virtual bool is_writable() const noexcept = 0;
  /// See IoHandle::on_ready: the connection must not be destroyed in it.
  virtual void on_ready(IoHandle::ReadyCallback callback, void* context) noexcept = 0;
  /// The peer may be gone without a word: then it is asked now and then.
  virtual bool can_vanish() const noexcept { return true; }
  /// The server stops: what is open is to be closed soon. The ready callback is called when that begins.
  virtual bool is_draining() const noexcept { return false; }
};

/// What a server's connection has become.
struct Upgrade {
  std::unique_ptr<UpgradedConnection> connection;
  std::string received;  ///< Bytes that came behind the head of the request.
  std::string unsent;    ///< Bytes that are to go out first, such as the head of the answer.
};

/// The connection of a request, for the handler that ends HTTP on it.
class ConnectionUpgrader {
 public:
  /// Answers the request with `head`, a 101. Once, while the handler runs; what the handler gives back is not sent
  /// then. The connection ends when the handler has ended, and what it left to be done after the response.
  virtual Upgrade upgrade(const Response& head) = 0;

 protected:
  ~ConnectionUpgrader() = default;
};

}  // namespace coroute::detail
