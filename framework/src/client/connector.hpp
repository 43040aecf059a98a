// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Opens TCP connections without blocking.
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "connection.hpp"
#include "coroute/asyncio/async.hpp"
#include "socket_address.hpp"

namespace coroute::detail {

/// Either a connection or the errno of the last failure.
struct Connected {
  Connected() noexcept = default;
  explicit Connected(int error_number) noexcept : error(error_number) {}
  explicit Connected(std::unique_ptr<ClientConnection> opened) noexcept : connection(std::move(opened)) {}

  std::unique_ptr<ClientConnection> connection;
  int error = 0;
};

Async<Connected> connect_to(EventLoop& loop, SocketAddress address);

/// Tries one address after the other until `until`; each but the last gets an equal share of the time that is left, so
/// that a dead first one doesn't use it all up. `addresses` must outlive the call. The last attempt is not bounded
/// here.
Async<Connected> connect_to_first(EventLoop& loop, const std::vector<SocketAddress>& addresses, std::uint16_t port,
                                  std::optional<Clock::time_point> until);

}  // namespace coroute::detail
