// SPDX-License-Identifier: BSL-1.0
// The client's WebSockets against a server made by others; skipped where Python's websockets is not installed.
#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "coroute/asyncio/subprocess.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/client/client.hpp"
#include "coroute/json.hpp"
#include "support/real_time_test.hpp"
#include "support/test_certificates.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

/// The process of websocket_peer.py; ends with this.
class Peer {
 public:
  /// Nothing when there is no Python with websockets.
  static Async<std::optional<Peer>> start(std::optional<TlsIdentity> identity = std::nullopt) {
    std::vector<std::string> arguments{COROUTE_WEBSOCKET_PEER};
    if (identity) {
      arguments.push_back(identity->certificate_file);
      arguments.push_back(identity->private_key_file);
    }
    const auto options = SubprocessOptions().std_in(Stdio::Pipe).std_out(Stdio::Pipe);
    // Debian's packages are for Debian's Python, whichever else may stand first in the PATH.
    for (const std::string python : {"/usr/bin/python3", "python3"}) {
      std::vector<std::string> command = arguments;
      command.insert(command.begin(), python);
      Process process = co_await create_subprocess_exec(command, options);
      const std::string line = co_await process.std_out().readline();
      if (!line.empty()) co_return Peer(std::move(process), line.substr(0, line.size() - 1), identity.has_value());
      co_await process.wait();
    }
    MESSAGE("skipped: no Python with websockets");
    co_return std::nullopt;
  }

  std::string url(const std::string& path) const {
    return (secure_ ? "wss://localhost:" : "ws://127.0.0.1:") + port_ + path;
  }

 private:
  Peer(Process process, std::string port, bool secure)
      : process_(std::move(process)), port_(std::move(port)), secure_(secure) {}

  Process process_;
  std::string port_;
  bool secure_;
};

Async<std::string> next_text(WebSocket& ws) {
  const std::optional<std::string> text = co_await ws.receive_text();
  co_return text.value_or("(closed)");
}

/// Pseudo-random, so that it compresses badly and every loss shows.
std::string noise(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 12345;
  for (char& c : bytes) {
    state = state * 1664525U + 1013904223U;
    c = static_cast<char>(state >> 24U);
  }
  return bytes;
}

Async<void> check_echo(const Client& client, std::string url, bool compresses) {
  WebSocket ws = co_await client.websocket(url).compression(compresses).max_message_bytes(16 * 1024 * 1024);
  CHECK(ws.is_compressed() == compresses);
  for (const std::size_t size : std::vector<std::size_t>{0, 1, 125, 126, 127, 65535, 65536, 8 * 1024 * 1024}) {
    CAPTURE(size);
    const std::string bytes = noise(size);
    co_await ws.send_bytes(bytes);
    const std::optional<std::string> back = co_await ws.receive_bytes();
    const bool same = back == bytes;
    CHECK(same);
    const std::string text(size, 'x');
    co_await ws.send_text(text);
    const std::string text_back = co_await next_text(ws);
    const bool same_text = text_back == text;
    CHECK(same_text);
  }
  co_await ws.close();
  CHECK(ws.close_code() == WebSocketCloseCode::NormalClosure);
}

Async<void> send_numbered(WebSocket& ws, int sender, int messages) {
  for (int i = 0; i < messages; ++i)
    co_await ws.send_text(std::to_string(sender) + ' ' + std::to_string(i) + ' ' + std::string(1000, 'x'));
}

}  // namespace

TEST_SUITE_BEGIN("client");

LOOP_TEST_CASE("websocket peer: text and binary messages of every length come back") {
  const auto peer = co_await Peer::start();
  if (!peer) co_return;
  const Client client;
  co_await check_echo(client, peer->url("/plain"), false);
}

LOOP_TEST_CASE("websocket peer: so do compressed ones, with large windows and small ones") {
  const auto peer = co_await Peer::start();
  if (!peer) co_return;
  const Client client;
  co_await check_echo(client, peer->url("/deflate"), true);
  co_await check_echo(client, peer->url("/deflate-small"), true);
}

LOOP_TEST_CASE("websocket peer: a server without compression is taken as it is") {
  const auto peer = co_await Peer::start();
  if (!peer) co_return;
  const Client client;
  WebSocket ws = co_await client.websocket(peer->url("/plain")).compression();
  CHECK_FALSE(ws.is_compressed());
  co_await ws.send_text(std::string(1000, 'x'));
  const std::string back = co_await next_text(ws);
  CHECK(back == std::string(1000, 'x'));
}

LOOP_TEST_CASE("websocket peer: messages over TLS come back") {
  TestAuthority authority;
  const TlsIdentity identity = authority.issue();
  const auto peer = co_await Peer::start(identity);
  if (!peer) co_return;
  ClientOptions options;
  options.tls = {.system_roots = false, .ca_files = {authority.file()}};
  const Client client(options);
  co_await check_echo(client, peer->url("/plain"), false);
  co_await check_echo(client, peer->url("/deflate"), true);
  bool refused = false;
  const Client other;
  try {
    co_await other.websocket(peer->url("/plain"));
  } catch (const TlsError&) {
    refused = true;
  }
  CHECK(refused);
}

LOOP_TEST_CASE("websocket peer: fragments and pings of the server") {
  const auto peer = co_await Peer::start();
  if (!peer) co_return;
  const Client client;
  for (const std::string path : {"/plain", "/deflate"}) {
    WebSocket ws = co_await client.websocket(peer->url(path)).compression();
    co_await ws.send_text("fragments");
    const std::string text = co_await next_text(ws);
    CHECK(text == "one two three");
    co_await ws.send_text("bytes in fragments");
    const std::optional<std::string> bytes = co_await ws.receive_bytes();
    const bool same = bytes == std::string(70'000, '\0') + std::string(3, '\1');
    CHECK(same);
    co_await ws.send_text("ping");
    const std::string ponged = co_await next_text(ws);
    CHECK(ponged == "pong came");
    const Clock::duration took = co_await ws.ping();
    CHECK(took > Clock::duration::zero());
  }
}

LOOP_TEST_CASE("websocket peer: the server chooses among the subprotocols") {
  const auto peer = co_await Peer::start();
  if (!peer) co_return;
  const Client client;
  WebSocket chosen = co_await client.websocket(peer->url("/plain")).subprotocol("other").subprotocol("chat.v1");
  CHECK(chosen.subprotocol() == "chat.v1");
  WebSocket none = co_await client.websocket(peer->url("/plain")).subprotocol("other");
  CHECK(none.subprotocol().empty());
}

LOOP_TEST_CASE("websocket peer: query, header fields and cookies reach the server") {
  const auto peer = co_await Peer::start();
  if (!peer) co_return;
  const Client client{{.headers = {{"x-default", "1"}}}};
  WebSocket ws = co_await client.websocket(peer->url("/plain")).query("room", 7).header("x-own", "2").cookie("a", "b");
  co_await ws.send_text("path");
  const std::string path = co_await next_text(ws);
  CHECK(path == "/plain?room=7");
  co_await ws.send_text("headers");
  const std::string headers = co_await next_text(ws);
  for (const std::string_view field : {"x-default: 1", "x-own: 2", "cookie: a=b", "connection: Upgrade"}) {
    CAPTURE(field);
    CHECK(headers.find(field) != std::string::npos);
  }
}

LOOP_TEST_CASE("websocket peer: the server closes with a code and a reason, or without any") {
  const auto peer = co_await Peer::start();
  if (!peer) co_return;
  const Client client;
  WebSocket ws = co_await client.websocket(peer->url("/plain"));
  co_await ws.send_text("close");
  const auto end = co_await ws.receive();
  CHECK_FALSE(end.has_value());
  CHECK(ws.close_code() == WebSocketCloseCode(4001));
  CHECK(ws.close_reason() == "as you wish");
  co_await ws.close();

  WebSocket other = co_await client.websocket(peer->url("/plain"));
  co_await other.send_text("close without code");
  const auto silent_end = co_await other.receive();
  CHECK_FALSE(silent_end.has_value());
  CHECK(other.close_code() == WebSocketCloseCode::NoStatusReceived);
}

LOOP_TEST_CASE("websocket peer: a handshake that is refused gives the answer") {
  const auto peer = co_await Peer::start();
  if (!peer) co_return;
  const Client client;
  std::optional<ClientResponse> answer;
  try {
    co_await client.websocket(peer->url("/forbidden"));
  } catch (const WebSocketHandshakeError& error) {
    answer = error.response();
    CHECK(error.status() == Status::Forbidden);
  }
  REQUIRE(answer.has_value());
  CHECK(answer->text() == "not for you\n");
  CHECK(answer->header("content-type") == "text/plain");
}

LOOP_TEST_CASE("websocket peer: a flood that is fetched slowly, with receives cancelled in between, is complete") {
  const auto peer = co_await Peer::start();
  if (!peer) co_return;
  const Client client;
  WebSocket ws = co_await client.websocket(peer->url("/deflate")).compression();
  co_await ws.send_text("flood");
  int cancelled = 0;
  for (int next = 0; next < 20'000;) {
    if (next % 1000 == 0) co_await sleep(5ms);
    auto receiving = create_task(ws.receive_text());
    if (next % 3 == 0) co_await sleep(0s);
    if (next % 2 == 0) receiving.cancel();
    std::optional<std::string> text;
    bool was_cancelled = false;
    try {
      text = co_await receiving;
    } catch (const Cancelled&) {
      was_cancelled = true;
    }
    if (was_cancelled) {
      ++cancelled;
      text = co_await ws.receive_text();
    }
    REQUIRE(text == "message " + std::to_string(next));
    ++next;
  }
  CHECK(cancelled > 100);
  co_await ws.close();
  CHECK(ws.close_code() == WebSocketCloseCode::NormalClosure);
}

LOOP_TEST_CASE("websocket peer: messages of many tasks go out whole, those of each in order") {
  const auto peer = co_await Peer::start();
  if (!peer) co_return;
  const Client client;
  constexpr int senders = 20;
  constexpr int messages = 200;
  WebSocket ws = co_await client.websocket(peer->url("/deflate")).compression();
  std::vector<Task<void>> tasks;
  tasks.reserve(senders);
  for (int sender = 0; sender < senders; ++sender)
    tasks.push_back(create_task(send_numbered(ws, sender, messages)));
  std::vector<int> next(senders, 0);
  for (int i = 0; i < senders * messages; ++i) {
    const std::string text = co_await next_text(ws);
    const int sender = std::stoi(text);
    REQUIRE(std::stoi(text.substr(text.find(' '))) == next[static_cast<std::size_t>(sender)]++);
  }
  for (Task<void>& task : tasks)
    co_await task;
}

LOOP_TEST_CASE("websocket peer: many at once") {
  const auto peer = co_await Peer::start();
  if (!peer) co_return;
  const Client client{{.limits = {.max_connections_per_host = 1}}};
  std::vector<WebSocket> all;
  for (int i = 0; i < 100; ++i)
    all.push_back(co_await client.websocket(peer->url("/plain")));
  for (std::size_t i = 0; i < all.size(); ++i)
    co_await all[i].send_text(std::to_string(i));
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string text = co_await next_text(all[i]);
    CHECK(text == std::to_string(i));
  }
}

TEST_SUITE_END();
