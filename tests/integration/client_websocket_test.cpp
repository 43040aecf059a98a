// SPDX-License-Identifier: BSL-1.0
// What a WebSocket's server should not do: each ends in its typed error, within its limit.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "coroute/asyncio/task.hpp"
#include "coroute/client/client.hpp"
#include "support/client_outcome.hpp"
#include "support/memory_websocket.hpp"
#include "support/raw_server.hpp"
#include "support/real_time_test.hpp"
#include "websocket/handshake.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;
using namespace std::string_literals;
using coroute::testing::eventually;

namespace {

/// What the server does behind its bytes.
enum class Then : unsigned char { Close, Reset, Wait };

const std::string head = "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n";

std::string key_of(const std::string& request) {
  const std::size_t at = request.find("sec-websocket-key: ");
  return at == std::string::npos ? "" : request.substr(at + 19, 24);
}

std::string accept_line(const std::string& request) {
  return "sec-websocket-accept: " + detail::websocket_accept(key_of(request)) + "\r\n";
}

/// Does the handshake and sends `bytes` in the same segment.
RawServer::Script open_and_send(std::string bytes, Then then = Then::Wait) {
  return [bytes = std::move(bytes), then](RawConnection& connection) {
    const std::string request = connection.read_request();
    if (request.empty()) return;
    connection.send(head + accept_line(request) + "\r\n" + bytes);
    if (then == Then::Wait) connection.wait_for_close();
    if (then == Then::Reset) connection.close_by_reset();
  };
}

/// Impatient, so that waiting in vain is short.
ClientOptions options_for(const RawServer& server) {
  return {.base_url = server.url(), .timeout = {.head = 300ms, .total = 1000ms}, .retries = {.max_attempts = 1}};
}

WebSocketOptions impatient() {
  WebSocketOptions options;
  options.max_message_bytes = 1000;
  options.ping_interval = 100ms;
  options.ping_timeout = 100ms;
  options.close_timeout = 100ms;
  return options;
}

/// "open", or the class of the error.
Async<std::string> outcome_of_opening(WebSocketBuilder websocket) {
  std::string outcome = "open";
  try {
    const WebSocket ws = co_await std::move(websocket);
  } catch (const ClientError& error) {
    outcome = class_of(error);
  }
  co_return outcome;
}

struct BadAnswer {
  std::string name;
  std::string bytes;  // {ACCEPT} stands for the right sec-websocket-accept
  Then then;
  std::string expected;
};

std::vector<BadAnswer> bad_handshakes() {
  const std::string refused = "WebSocketHandshakeError";
  return {
      {"a wrong accept", head + "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n", Then::Wait, refused},
      {"no accept", head + "\r\n", Then::Wait, refused},
      {"two accepts", head + "{ACCEPT}{ACCEPT}\r\n", Then::Wait, refused},
      {"no upgrade", "HTTP/1.1 101 x\r\nconnection: Upgrade\r\n{ACCEPT}\r\n", Then::Wait, refused},
      {"another upgrade", "HTTP/1.1 101 x\r\nupgrade: h2c\r\nconnection: Upgrade\r\n{ACCEPT}\r\n", Then::Wait, refused},
      {"no connection field", "HTTP/1.1 101 x\r\nupgrade: websocket\r\n{ACCEPT}\r\n", Then::Wait, refused},
      {"a subprotocol nobody offered", head + "{ACCEPT}sec-websocket-protocol: other\r\n\r\n", Then::Wait, refused},
      {"two subprotocols", head + "{ACCEPT}sec-websocket-protocol: a\r\nsec-websocket-protocol: b\r\n\r\n", Then::Wait,
       refused},
      {"an extension nobody offered", head + "{ACCEPT}sec-websocket-extensions: permessage-deflate\r\n\r\n", Then::Wait,
       refused},
      {"malformed extensions", head + "{ACCEPT}sec-websocket-extensions: a b\r\n\r\n", Then::Wait, refused},
      {"200", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", Then::Wait, refused},
      {"404 until the end of the connection", "HTTP/1.1 404 Not Found\r\n\r\ngone", Then::Close, refused},
      {"426", "HTTP/1.1 426 Upgrade Required\r\nsec-websocket-version: 8\r\ncontent-length: 0\r\n\r\n", Then::Wait,
       refused},
      {"another protocol", "SSH-2.0-OpenSSH_9.2\r\n", Then::Wait, "ProtocolError"},
      {"a folded field", head + " x\r\n\r\n", Then::Wait, "ProtocolError"},
      {"a flood of 1xx",
       "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 103 x\r\n\r\n"
       "HTTP/1.1 103 x\r\n\r\nHTTP/1.1 103 x\r\n\r\nHTTP/1.1 103 x\r\n\r\nHTTP/1.1 103 x\r\n\r\n"
       "HTTP/1.1 103 x\r\n\r\nHTTP/1.1 103 x\r\n\r\n",
       Then::Wait, "ProtocolError"},
      {"a head over the limit", head + "a: " + std::string(17'000, 'a') + "\r\n\r\n", Then::Wait, "ResponseTooLarge"},
      {"no answer", "", Then::Wait, "HeadTimeout"},
      {"half a head", head, Then::Wait, "HeadTimeout"},
      {"the end of the connection", "", Then::Close, "ConnectionClosed"},
      {"the end inside the head", head, Then::Close, "ConnectionClosed"},
      {"a reset", "", Then::Reset, "ConnectionClosed"},
      {"a refusal whose body doesn't end", "HTTP/1.1 500 x\r\ncontent-length: 9\r\n\r\nbad", Then::Wait,
       "TotalTimeout"},
      {"a refusal of 20 MB", "HTTP/1.1 500 x\r\ncontent-length: 20000000\r\n\r\n", Then::Wait, "ResponseTooLarge"},
  };
}

std::string with_accept(std::string text, const std::string& request) {
  for (std::size_t at = text.find("{ACCEPT}"); at != std::string::npos; at = text.find("{ACCEPT}"))
    text.replace(at, 8, accept_line(request));
  return text;
}

struct BadPeer {
  std::string name;
  std::string bytes;
  Then then;
  std::string expected;
};

std::vector<BadPeer> bad_peers() {
  const std::string wrong = "WebSocketProtocolError";
  return {
      {"a masked frame", "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", Then::Wait, wrong},
      {"a reserved bit", "\xF1\x05hello", Then::Wait, wrong},
      {"compression without agreement", "\xC1\x05hello", Then::Wait, wrong},
      {"a reserved opcode", "\x83\x05hello", Then::Wait, wrong},
      {"a fragment of nothing", "\x80\x05hello", Then::Wait, wrong},
      {"a fragmented ping", "\x09\x05hello", Then::Wait, wrong},
      {"a ping of 126 bytes", "\x89\x7E\x00\x7E"s + std::string(126, 'x'), Then::Wait, wrong},
      {"a text that is not UTF-8", "\x81\x05h\xFFllo", Then::Wait, wrong},
      {"a text that ends inside a character", "\x81\x01\xC3", Then::Wait, wrong},
      {"a close of one byte", "\x88\x01x", Then::Wait, wrong},
      {"a close with 1006", "\x88\x02\x03\xEE", Then::Wait, wrong},
      {"a close reason that is not UTF-8", "\x88\x03\x03\xE8\xFF", Then::Wait, wrong},
      {"a length of 2^63", "\x82\x7F\x80\x00\x00\x00\x00\x00\x00\x00"s, Then::Wait, wrong},
      {"a length of 2^62", "\x82\x7F\x40\x00\x00\x00\x00\x00\x00\x00"s, Then::Wait, "WebSocketMessageTooLarge"},
      {"1001 bytes", "\x82\x7E\x03\xE9"s, Then::Wait, "WebSocketMessageTooLarge"},
      {"1001 bytes in fragments", "\x02\x7E\x03\xE8"s + std::string(1000, 'x') + "\x80\x01x", Then::Wait,
       "WebSocketMessageTooLarge"},
      {"silence", "", Then::Wait, "WebSocketPingTimeout"},
      {"silence inside a frame", "\x81\x05he", Then::Wait, "WebSocketPingTimeout"},
      {"the end of the connection", "", Then::Close, "WebSocketClosed"},
      {"the end inside a frame", "\x81\x05he", Then::Close, "WebSocketClosed"},
      {"a reset inside a frame", "\x81\x05he", Then::Reset, "WebSocketClosed"},
  };
}

}  // namespace

TEST_SUITE_BEGIN("client");

LOOP_TEST_CASE("client websocket: each bad answer to the handshake ends in its typed error in time") {
  for (const BadAnswer& bad : bad_handshakes()) {
    CAPTURE(bad.name);
    RawServer server([&](RawConnection& connection) {
      const std::string request = connection.read_request();
      connection.send(with_accept(bad.bytes, request));
      if (bad.then == Then::Wait) connection.wait_for_close();
      if (bad.then == Then::Reset) connection.close_by_reset();
    });
    const Client client(options_for(server));
    const std::string outcome = co_await outcome_of_opening(client.websocket("/ws").subprotocol("a"));
    CHECK(outcome == bad.expected);
    co_await eventually([&] { return server.open() == 0; });
    CHECK(server.accepted() == 1);
  }
}

LOOP_TEST_CASE("client websocket: each bad peer ends in its typed error in time, and its connection is closed") {
  for (const BadPeer& bad : bad_peers()) {
    CAPTURE(bad.name);
    RawServer server(open_and_send(bad.bytes, bad.then));
    const Client client(options_for(server));
    WebSocket ws = co_await client.websocket("/ws").options(impatient());
    const std::string outcome = co_await next_of(ws);
    CHECK(outcome == bad.expected);
    co_await ws.close();
    co_await eventually([&] { return server.open() == 0; });
  }
}

LOOP_TEST_CASE("client websocket: frames that come with the head of the answer are received") {
  RawServer server(open_and_send("\x81\x05hello\x82\x01x\x88\x02\x03\xE9"));
  const Client client(options_for(server));
  WebSocket ws = co_await client.websocket("/ws");
  const std::string first = co_await next_of(ws);
  const std::string second = co_await next_of(ws);
  const std::string end = co_await next_of(ws);
  CHECK(first == "text hello");
  CHECK(second == "binary x");
  CHECK(end == "end 1001 ");
}

LOOP_TEST_CASE("client websocket: a peer that doesn't answer Close is cut off") {
  RawServer server(open_and_send(""));
  const Client client(options_for(server));
  WebSocketOptions options;
  options.close_timeout = 50ms;
  WebSocket ws = co_await client.websocket("/ws").options(options);
  co_await ws.close(WebSocketCloseCode(4000), "enough");
  CHECK(ws.close_code() == WebSocketCloseCode::AbnormalClosure);
  co_await eventually([&] { return server.open() == 0; });
}

LOOP_TEST_CASE("client websocket: a peer that reads nothing is given up, and its memory bounded") {
  std::atomic<bool> done{false};
  RawServer server([&](RawConnection& connection) {
    const std::string request = connection.read_request();
    connection.send(head + accept_line(request) + "\r\n");
    while (!done)
      std::this_thread::sleep_for(1ms);
  });
  const Client client(options_for(server));
  WebSocketOptions options;
  options.write_timeout = 200ms;
  WebSocket ws = co_await client.websocket("/ws").options(options);
  std::string outcome = "sent";
  std::size_t sent = 0;
  while (outcome == "sent" && sent < 1000) {
    outcome = co_await outcome_of_sending(ws, std::string(1024 * 1024, 'x'));
    ++sent;
  }
  CHECK(outcome == "WebSocketWriteTimeout");
  CHECK(sent < 100);
  done = true;
}

LOOP_TEST_CASE("client websocket: its connection is neither one of those that are kept nor counted among them") {
  RawServer server([](RawConnection& connection) {
    while (true) {
      const std::string request = connection.read_request();
      if (request.empty()) return;
      if (key_of(request).empty()) {
        connection.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
      } else {
        connection.send(head + accept_line(request) + "\r\n");
      }
    }
  });
  ClientOptions options = options_for(server);
  options.limits.max_connections_per_host = 1;
  const Client client(options);
  const std::string before = co_await outcome_of(client.get("/"));
  CHECK(before == "200 ok");
  CHECK(server.accepted() == 1);
  std::optional<WebSocket> first(co_await client.websocket("/ws"));
  WebSocket second = co_await client.websocket("/ws");
  CHECK(server.accepted() == 3);
  const std::string during = co_await outcome_of(client.get("/"));
  CHECK(during == "200 ok");
  CHECK(server.accepted() == 3);
  first.reset();
  co_await eventually([&] { return server.open() == 2; });
  const std::string after = co_await outcome_of(client.get("/"));
  CHECK(after == "200 ok");
  CHECK(server.accepted() == 3);
}

LOOP_TEST_CASE("client websocket: a redirect is followed, too many are not") {
  RawServer target(open_and_send("\x81\x02hi"));
  RawServer server([&](RawConnection& connection) {
    const std::string request = connection.read_request();
    const std::string to = request.starts_with("GET /loop") ? "/loop" : "ws" + target.url().substr(4) + "/elsewhere";
    connection.send("HTTP/1.1 307 x\r\ncontent-length: 0\r\nconnection: close\r\nlocation: " + to + "\r\n\r\n");
  });
  const Client client(options_for(server));
  WebSocket ws = co_await client.websocket("/ws");
  const std::string text = co_await next_of(ws);
  CHECK(text == "text hi");
  const std::string loop = co_await outcome_of_opening(client.websocket("/loop"));
  CHECK(loop == "TooManyRedirects");
  const std::string refused = co_await outcome_of_opening(client.websocket("/ws").max_redirects(0));
  CHECK(refused == "WebSocketHandshakeError");
}

LOOP_TEST_CASE("client websocket: cookies of the client are sent, and those of the answer kept") {
  std::string seen;
  RawServer server([&](RawConnection& connection) {
    const std::string request = connection.read_request();
    if (connection.number == 1) seen = request;
    connection.send(head + accept_line(request) + "set-cookie: session=abc\r\n\r\n");
    connection.wait_for_close();
  });
  ClientOptions options = options_for(server);
  options.cookies = std::make_shared<ClientCookies>();
  const Client client(options);
  const std::string first = co_await outcome_of_opening(client.websocket("/ws"));
  CHECK(first == "open");
  const std::string second = co_await outcome_of_opening(client.websocket("/ws"));
  CHECK(second == "open");
  CHECK(seen.find("cookie: session=abc\r\n") != std::string::npos);
}

LOOP_TEST_CASE("client websocket: a handshake that is cancelled closes its connection") {
  RawServer server([](RawConnection& connection) { connection.wait_for_close(); });
  const Client client{{.base_url = server.url()}};
  auto opening = create_task(client.websocket("/ws").connect());
  co_await eventually([&] { return server.open() == 1; });
  opening.cancel();
  co_await eventually([&] { return server.open() == 0; });
  CHECK(opening.cancelled());
}

LOOP_TEST_CASE("client websocket: nobody listening, no such host and no TLS are the errors of any request") {
  const int unused = RawServer::listen_on_loopback(1);
  const std::string port = std::to_string(RawServer::port_of(unused));
  close(unused);
  const Client client{{.retries = {.max_attempts = 1}}};
  const std::string refused = co_await outcome_of_opening(client.websocket("ws://127.0.0.1:" + port));
  CHECK(refused == "ConnectError");
  const std::string unknown = co_await outcome_of_opening(client.websocket("ws://no-such-host.invalid/"));
  CHECK((unknown == "DnsError" || unknown == "DnsTimeout"));
  RawServer server([](RawConnection& connection) {
    connection.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    connection.wait_for_close();
  });
  const std::string plain = co_await outcome_of_opening(client.websocket("wss" + server.url().substr(4) + "/"));
  CHECK(plain == "TlsError");
}

LOOP_TEST_CASE("client websocket: the time-out is for the handshake alone") {
  RawServer server([](RawConnection& connection) {
    const std::string request = connection.read_request();
    connection.send(head + accept_line(request) + "\r\n");
    std::this_thread::sleep_for(300ms);
    connection.send("\x81\x04late");
    connection.wait_for_close();
  });
  const Client client{{.base_url = server.url()}};
  WebSocket ws = co_await client.websocket("/ws").timeout(100ms);
  const std::string text = co_await next_of(ws);
  CHECK(text == "text late");
}

TEST_SUITE_END();
