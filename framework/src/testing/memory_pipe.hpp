// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Two ends of an upgraded connection that is memory, on one loop.
#include <array>
#include <memory>
#include <string>
#include <utility>

#include "coroute/asyncio/event_loop.hpp"
#include "http/upgraded_connection.hpp"

namespace coroute::detail {

/// Each direction holds as much as a socket's buffers would: then its sender has to wait. The second end is the
/// server's: it drains once shutdown is requested on the loop.
class MemoryPipe : public std::enable_shared_from_this<MemoryPipe> {
 public:
  static constexpr std::size_t capacity = 64 * 1024;

  using Ends = std::pair<std::unique_ptr<UpgradedConnection>, std::unique_ptr<UpgradedConnection>>;
  explicit MemoryPipe(EventLoop& loop) noexcept : loop_(&loop) {}
  /// Once.
  Ends ends();
  /// Has the server's end look, when shutdown is requested.
  void notice_shutdown() { tell(server_side); }

 private:
  static constexpr std::size_t server_side = 1;

  class End;
  struct Side {
    std::string input;
    bool gone = false;
    bool told = false;  // a call is queued
    IoHandle::ReadyCallback callback = nullptr;
    void* context = nullptr;
  };

  /// From the ready queue, as a loop reports events.
  void tell(std::size_t side);

  EventLoop* loop_;
  std::array<Side, 2> sides_;
};

}  // namespace coroute::detail
