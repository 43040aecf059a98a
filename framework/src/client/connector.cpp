// SPDX-License-Identifier: BSL-1.0
#include "connector.hpp"

#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "coroute/asyncio/timeout.hpp"

namespace coroute::detail {
namespace {

/// The epoll set takes the socket only after `connect`: before, it would be reported as hung up.
Connected begin_connect(EventLoop& loop, const SocketAddress& address) {
  const int socket = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (socket < 0) return Connected(errno);
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(socket, address.data(), address.size()) != 0 && errno != EINPROGRESS) {
    const int error = errno;
    close(socket);
    return Connected(error);
  }
  try {
    return Connected(std::make_unique<ClientConnection>(loop, socket));
  } catch (const std::system_error& failure) {
    return Connected(failure.code().value());
  }
}

}  // namespace

Async<Connected> connect_to(EventLoop& loop, SocketAddress address) {
  Connected result = begin_connect(loop, address);
  if (!result.connection) co_return result;
  co_await result.connection->wait_writable();
  result.error = result.connection->pending_error();
  if (result.error != 0) result.connection.reset();
  co_return result;
}

Async<Connected> connect_to_first(EventLoop& loop, const std::vector<SocketAddress>& addresses, std::uint16_t port,
                                  std::optional<Clock::time_point> until) {
  Connected result;
  for (std::size_t i = 0; i < addresses.size() && !result.connection; ++i) {
    const SocketAddress address = addresses[i].with_port(port);
    const auto left = static_cast<Clock::rep>(addresses.size() - i);
    std::optional<Clock::time_point> share;
    if (until && left > 1) share = loop.time() + (*until - loop.time()) / left;
    try {
      result = co_await timeout_at(share, connect_to(loop, address));
    } catch (const TimeoutError&) {
      result = Connected(ETIMEDOUT);
    }
  }
  co_return result;
}

}  // namespace coroute::detail
