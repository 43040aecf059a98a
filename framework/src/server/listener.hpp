// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A listening socket on one loop, and the coroutine that accepts from it.
#include "coroute/asyncio/detail/io_handle.hpp"
#include "coroute/asyncio/task.hpp"
#include "worker.hpp"

namespace coroute::detail {

class Listener {
 public:
  /// Takes the socket over.
  Listener(Worker& worker, int socket);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// Accepts until cancelled.
  Async<void> accept_connections();
  /// From now on the kernel begins no handshake; those that it has begun go on. Their clients would be reset when the
  /// socket closes, so: refuse, give the handshakes a moment, accept what is pending, close.
  void refuse_handshakes() noexcept;
  /// Takes what the kernel has accepted already.
  void accept_pending();

 private:
  enum class Outcome : unsigned char { Accepted, WouldBlock, OutOfDescriptors };

  Outcome accept_one();
  void welcome(int socket, const void* address);
  void open_spare();
  void refuse_with_spare() noexcept;

  Worker& worker_;
  IoHandle io_;
  int spare_ = -1;  // given up to accept and close a connection when no descriptor is left
};

}  // namespace coroute::detail
