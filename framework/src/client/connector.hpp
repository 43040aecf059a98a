// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Opens TCP connections without blocking.
#include <cstdint>
#include <memory>
#include <vector>

#include "asyncio/stream_address.hpp"
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

/// To a unix socket. When those who wait there are too many it tries again, until it is cancelled.
Async<Connected> connect_to_unix(EventLoop& loop, StreamAddress address);

/// IPv6 and IPv4 in turn, beginning with the family of the first; else in their order (RFC 8305 section 4).
std::vector<SocketAddress> interleave_families(const std::vector<SocketAddress>& addresses);

/// Happy Eyeballs (RFC 8305): the next address is tried when the last one has failed, or hangs for 250 ms; the first
/// connection wins. The error is that of the address tried last.
Async<Connected> connect_to_first(EventLoop& loop, const std::vector<SocketAddress>& addresses, std::uint16_t port);

}  // namespace coroute::detail
