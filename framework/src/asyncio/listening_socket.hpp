// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A socket that is bound, and listens once it is told to.
#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>

#include "coroute/asyncio/detail/io_handle.hpp"
#include "coroute/asyncio/stream_server.hpp"
#include "stream_address.hpp"

namespace coroute::detail {

class ListeningSocket {
 public:
  /// Null where the machine has no addresses of this kind; else std::system_error.
  static std::unique_ptr<ListeningSocket> bind(const StreamAddress& address, const StreamServerOptions& options);
  ~ListeningSocket();
  ListeningSocket(const ListeningSocket&) = delete;
  ListeningSocket& operator=(const ListeningSocket&) = delete;

  /// `on_ready(context)`: see IoHandle.
  void listen(EventLoop& loop, int backlog, IoHandle::ReadyCallback on_ready, void* context);
  /// A connected, non-blocking socket, or the negative errno.
  int accept() noexcept;

  int descriptor() const noexcept { return handle_ ? handle_->descriptor() : bound_; }
  StreamAddress address() const noexcept { return StreamAddress::local_of(descriptor()); }

 private:
  explicit ListeningSocket(int socket) noexcept : bound_(socket) {}
  void remember_path(const std::string& path) noexcept;

  int bound_;  // -1 once handle_ owns it
  std::unique_ptr<IoHandle> handle_;
  std::string path_;  // to remove; empty: none
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace coroute::detail
