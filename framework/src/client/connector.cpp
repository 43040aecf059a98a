// SPDX-License-Identifier: BSL-1.0
#include "connector.hpp"

#include <netinet/tcp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <system_error>
#include <utility>

#include "coroute/asyncio/errors.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/staggered_race.hpp"

namespace coroute::detail {
namespace {

constexpr std::chrono::milliseconds attempt_delay{250};  // RFC 8305 section 5
constexpr std::chrono::milliseconds full_queue_pause{5};

/// The epoll set takes the socket only after `connect`: before, it would be reported as hung up.
template <class Address>
Connected begin_connect(EventLoop& loop, const Address& address) {
  const int socket = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) return Connected(errno);
  if (address.family() != AF_UNIX) {
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
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

Async<Connected> connect_to_unix(EventLoop& loop, StreamAddress address) {
  while (true) {
    Connected result = begin_connect(loop, address);
    // The queue of those who wait to be accepted is full; nobody says when it has room.
    if (result.connection || result.error != EAGAIN) co_return result;
    co_await sleep(full_queue_pause);
  }
}

namespace {

/// What an attempt throws: `staggered_race` goes on after errors.
struct ConnectFailure {
  int error;
};

struct ConnectAttempt {
  EventLoop* loop;
  SocketAddress address;

  Async<std::unique_ptr<ClientConnection>> operator()() const { return run(*loop, address); }
  static Async<std::unique_ptr<ClientConnection>> run(EventLoop& loop, SocketAddress address) {
    Connected connected = co_await connect_to(loop, address);
    if (!connected.connection) throw ConnectFailure{connected.error};
    co_return std::move(connected.connection);
  }
};

int error_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const ConnectFailure& known) {
    return known.error;
  } catch (const Cancelled&) {
    return ECANCELED;
  }
}

}  // namespace

std::vector<SocketAddress> interleave_families(const std::vector<SocketAddress>& addresses) {
  std::vector<SocketAddress> preferred;
  std::vector<SocketAddress> others;
  for (const SocketAddress& address : addresses)
    (address.family() == addresses.front().family() ? preferred : others).push_back(address);
  std::vector<SocketAddress> result;
  for (std::size_t i = 0; i < std::max(preferred.size(), others.size()); ++i) {
    if (i < preferred.size()) result.push_back(preferred[i]);
    if (i < others.size()) result.push_back(others[i]);
  }
  return result;
}

Async<Connected> connect_to_first(EventLoop& loop, const std::vector<SocketAddress>& addresses, std::uint16_t port) {
  if (addresses.size() == 1) {
    Connected only = co_await connect_to(loop, addresses.front().with_port(port));
    co_return only;
  }
  std::vector<ConnectAttempt> attempts;
  for (const SocketAddress& address : interleave_families(addresses))
    attempts.push_back({&loop, address.with_port(port)});
  auto race = co_await staggered_race(std::move(attempts), attempt_delay);
  if (race.value) co_return Connected(std::move(*race.value));
  co_return Connected(error_of(race.exceptions.back()));
}

}  // namespace coroute::detail
