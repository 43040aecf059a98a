// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/streams.hpp"

#include <unistd.h>

#include <cerrno>
#include <memory>
#include <stdexcept>
#include <vector>

#include "address_lookup.hpp"
#include "stream_connection.hpp"

namespace coroute {
namespace {

using detail::IoHandle;
using detail::StreamAddress;

/// Either a connected socket or what went wrong.
struct Attempt {
  std::unique_ptr<IoHandle> socket;
  int error = 0;
};

/// The epoll set takes the socket only after `connect`: before, it would be reported as hung up.
Attempt begin_connect(const StreamAddress& address) {
  Attempt attempt;
  const int socket = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) {
    attempt.error = errno;
    return attempt;
  }
  if (connect(socket, address.data(), address.size()) != 0 && errno != EINPROGRESS) {
    attempt.error = errno;
    close(socket);
    return attempt;
  }
  attempt.socket = std::make_unique<IoHandle>(EventLoop::current(), socket);
  return attempt;
}

Async<Attempt> try_connect(StreamAddress address) {
  Attempt attempt = begin_connect(address);
  if (!attempt.socket) co_return attempt;
  co_await attempt.socket->wait_writable();
  socklen_t size = sizeof attempt.error;
  getsockopt(attempt.socket->descriptor(), SOL_SOCKET, SO_ERROR, &attempt.error, &size);
  co_return attempt;
}

std::string failure_text(const std::string& failures, const StreamAddress& address, int error) {
  const std::string separator = failures.empty() ? "" : "; ";
  return failures + separator + "connect to " + address.to_string() + ": " + std::system_category().message(error);
}

Async<StreamConnection> connect_to_any(std::vector<StreamAddress> addresses, StreamOptions options) {
  std::string failures;
  int first_error = 0;
  for (const StreamAddress& address : addresses) {
    Attempt attempt = co_await try_connect(address);
    if (attempt.error == 0) co_return detail::make_connection(std::move(attempt.socket), options.limit());
    if (first_error == 0) first_error = attempt.error;
    failures = failure_text(failures, address, attempt.error);
  }
  throw std::system_error(first_error, std::system_category(), failures);
}

}  // namespace

StreamOptions& StreamOptions::limit(std::size_t bytes) {
  if (bytes == 0) throw std::invalid_argument("the limit of a stream must not be 0");
  limit_ = bytes;
  return *this;
}

namespace detail {

StreamConnection make_connection(const std::shared_ptr<StreamTransport>& transport) {
  return StreamConnection(StreamReader(StreamTransport::input_of(transport)), StreamWriter(TransportOwner(transport)));
}

StreamConnection make_connection(std::unique_ptr<IoHandle> socket, std::size_t limit) {
  return make_connection(StreamTransport::create(std::move(socket), StreamTransport::Kind::Socket, limit));
}

}  // namespace detail

Async<StreamConnection> open_connection(std::string host, std::uint16_t port, StreamOptions options) {
  std::vector<StreamAddress> addresses = co_await detail::look_up(std::move(host), port, detail::LookupFor::Connecting);
  co_return co_await connect_to_any(std::move(addresses), options);
}

Async<StreamConnection> open_unix_connection(std::string path, StreamOptions options) {
  std::vector<StreamAddress> addresses(1, StreamAddress::from_unix_path(path));
  co_return co_await connect_to_any(std::move(addresses), options);
}

}  // namespace coroute
