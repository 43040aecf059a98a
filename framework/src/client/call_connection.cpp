// SPDX-License-Identifier: BSL-1.0
// A new connection for a call: the socket, a proxy's tunnel, TLS.
#include <system_error>

#include "call.hpp"
#include "connector.hpp"
#include "coroute/client/errors.hpp"
#include "proxy.hpp"
#include "resolver.hpp"

namespace coroute::detail {

Async<void> Call::connect() {
  if (const StreamAddress* const socket = request_->client->unix_socket()) {
    co_await connect_to_socket(*socket);
  } else if (const Proxy* const proxy = request_->proxy) {
    co_await connect_to_host(proxy->host, proxy->port, "the proxy ");
    if (!is_forwarded(*request_, url_)) co_await open_tunnel();
  } else {
    co_await connect_to_host(std::string(url_.host()), url_.port(), "");
  }
  if (is_secure()) co_await secure();
}

Async<void> Call::connect_to_host(std::string host, std::uint16_t port, const char* what) {
  ResolutionRef resolution;
  if (const auto address = SocketAddress::parse(host)) {
    resolution = std::make_shared<const Resolution>(Resolution{{*address}, {}});
  } else {
    enter(Phase::Dns);
    resolution = co_await Resolver::of(pool_->loop()).resolve(host);
    if (!resolution->error.empty()) {
      throw DnsError(label(), std::string("cannot resolve ") + what + "'" + host + "': " + resolution->error);
    }
  }
  enter(Phase::Connect);
  Connected connected = co_await connect_to_first(pool_->loop(), resolution->addresses, port);
  if (!connected.connection) {
    Resolver::of(pool_->loop()).forget(host);
    throw_not_connected(what + resolution->addresses.back().with_port(port).to_string(), connected.error);
  }
  lease_.connection = std::move(connected.connection);
}

Async<void> Call::connect_to_socket(const StreamAddress& socket) {
  enter(Phase::Connect);
  Connected connected = co_await connect_to_unix(pool_->loop(), socket);
  if (!connected.connection) throw_not_connected(socket.to_string(), connected.error);
  lease_.connection = std::move(connected.connection);
}

void Call::throw_not_connected(const std::string& to, int error) const {
  throw ConnectError(label(), "cannot connect to " + to + ": " + std::system_category().message(error));
}

/// RFC 9110 section 9.3.6. Nothing of the request is seen by the proxy but where it goes.
Async<void> Call::open_tunnel() {
  const std::string head = tunnel_head(url_, *request_->proxy);
  enter(Phase::Tunnel);
  reader_.emplace(options_.limits, true);
  if (!input_) input_ = pool_->take_buffer();
  co_await send(head, {});
  restart(Phase::Tunnel);
  while (true) {
    if (reader_->error() != ResponseError::None) throw_proxy_error(to_string(reader_->error()));
    if (reader_->has_final_head()) break;
    if (take_input()) co_await lease_.connection->wait_readable();
  }
  const Status answer(reader_->response().status_code());
  if (answer.code() >= 300) throw_proxy_error(status_text(answer), answer);
  if (input_->begin != input_->end) throw_proxy_error("it sent something before anything was asked");
  reader_.reset();
  got_bytes_ = false;
}

void Call::throw_proxy_error(const std::string& reason, std::optional<Status> status) const {
  throw ProxyError(label(), "the proxy " + request_->proxy->authority + ": " + reason, status);
}

Async<void> Call::secure() {
  ClientConnection& connection = *lease_.connection;
  enter(Phase::Tls);
  connection.start_tls(request_->client->tls(), std::string(url_.host()), pool_->take_resumable(pool_key()));
  while (true) {
    const auto outcome = connection.handshake();
    if (outcome == ClientConnection::Outcome::Progress) co_return;
    if (outcome == ClientConnection::Outcome::Closed) throw TlsError(label(), connection.tls()->error());
    co_await connection.wait_readable();
  }
}

}  // namespace coroute::detail
