// SPDX-License-Identifier: BSL-1.0
#include "client/connection.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "coroute/asyncio/sleep.hpp"
#include "support/async_test.hpp"
#include "support/test_certificates.hpp"
#include "support/tls_pair.hpp"

using namespace coroute;
using namespace coroute::detail;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

struct Trust {
  TestAuthority authority;
  TlsContext server{TlsServerOptions{.identity = authority.issue()}};
  TlsContext client{TlsClientOptions{.system_roots = false, .ca_files = {authority.file()}}, {}};
};

/// A connection to a server with TLS that has shaken hands; the tickets are on their way.
struct SecurePeer {
  explicit SecurePeer(const Trust& trust, SslSessionPtr resumable = nullptr) : server(trust.server, sockets.server()) {
    connection.start_tls(trust.client, "localhost", std::move(resumable));
    auto outcome = ByteStream::Outcome::WouldBlock;
    TlsStatus answered = TlsStatus::WantRead;
    for (int i = 0; i < 10 && (outcome == ByteStream::Outcome::WouldBlock || !is_over(answered)); ++i) {
      if (outcome == ByteStream::Outcome::WouldBlock) outcome = connection.handshake();
      if (!is_over(answered)) answered = server.handshake();
    }
    REQUIRE(outcome == ByteStream::Outcome::Progress);
    REQUIRE(answered == TlsStatus::Done);
  }

  Sockets sockets;
  ClientConnection connection{EventLoop::current(), dup(sockets.client())};
  TlsSession server;
};

}  // namespace

TEST_SUITE_BEGIN("client");

ASYNC_TEST_CASE("client_connection: without TLS it is quiet until anything has come") {
  Sockets sockets;
  ClientConnection connection(EventLoop::current(), dup(sockets.client()));
  CHECK(connection.is_quiet());
  REQUIRE(send(sockets.server(), "x", 1, 0) == 1);
  CHECK_FALSE(connection.is_quiet());
  CHECK_FALSE(connection.is_quiet());  // it has only looked
  co_await sleep(1s);
  char byte = 0;
  CHECK(connection.receive(&byte, 1).size == 1);
  CHECK(byte == 'x');
}

ASYNC_TEST_CASE("client_connection: a peer that has closed is not quiet") {
  Sockets sockets;
  ClientConnection connection(EventLoop::current(), dup(sockets.client()));
  shutdown(sockets.server(), SHUT_WR);
  CHECK_FALSE(connection.is_quiet());
  co_await sleep(1s);
  CHECK(connection.is_peer_closed());
}

ASYNC_TEST_CASE("client_connection: the tickets of TLS leave it quiet, and can be used for the next one") {
  const Trust trust;
  SecurePeer first(trust);
  co_await sleep(1s);
  CHECK(first.connection.has_input());
  CHECK(first.connection.is_quiet());
  CHECK_FALSE(first.connection.has_input());
  SecurePeer second(trust, first.connection.tls()->take_resumable());
  CHECK(second.connection.tls()->is_resumed());
}

ASYNC_TEST_CASE("client_connection: in TLS bytes, an announced end and a bare one each end the quiet") {
  const Trust trust;
  for (const int how : {0, 1, 2}) {
    SecurePeer peer(trust);
    CHECK(peer.connection.is_quiet());
    if (how == 0) CHECK(peer.server.write("x").size == 1);
    if (how == 1) peer.server.shut_down();
    if (how == 2) shutdown(peer.sockets.server(), SHUT_WR);
    CHECK_FALSE(peer.connection.is_quiet());
  }
  co_return;
}

ASYNC_TEST_CASE("client_connection: a failed connect is told once") {
  Sockets sockets;
  ClientConnection connection(EventLoop::current(), dup(sockets.client()));
  CHECK(connection.pending_error() == 0);
  REQUIRE(send(sockets.client(), "x", 1, 0) == 1);
  sockets.close_server();  // with a byte unread: a reset
  CHECK(connection.pending_error() == ECONNRESET);
  CHECK(connection.pending_error() == 0);
  co_return;
}

TEST_SUITE_END();
