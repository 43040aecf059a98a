// SPDX-License-Identifier: BSL-1.0
// WebSockets of a server, from the handshake to the end, over real sockets.
#include <doctest/doctest.h>

#include <chrono>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "coroute/app/app.hpp"
#include "coroute/client/client.hpp"
#include "coroute/http/http_exception.hpp"
#include "coroute/json.hpp"
#include "support/gzip.hpp"
#include "support/peak_memory.hpp"
#include "support/raw_websocket.hpp"
#include "support/real_time_test.hpp"
#include "support/sanitizers.hpp"
#include "support/server_reports.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;
using coroute::detail::WebSocketOpcode;

namespace {

struct Greeting {
  std::string name;
  int times;
};

Async<void> echo(WebSocket& ws) {
  co_await ws.accept();
  while (auto message = co_await ws.receive()) {
    if (message->is_text()) {
      co_await ws.send_text(message->data());
    } else {
      co_await ws.send_bytes(message->data());
    }
  }
}

Async<void> greet(WebSocket& ws, Path<int, "room"> room, Query<std::string, "suffix"> suffix) {
  co_await ws.accept().subprotocol("greet.v1").header("x-room", std::to_string(*room));
  while (auto greeting = co_await ws.receive_json<Greeting>()) {
    for (int i = 0; i < greeting->times; ++i)
      co_await ws.send_text("hello " + greeting->name + *suffix);
  }
}

App echo_app() {
  App app;
  app.websocket("/", echo);
  return app;
}

std::string url_of(const TestServer& server, const std::string& path) {
  return "ws://127.0.0.1:" + std::to_string(server.port()) + path;
}

}  // namespace

TEST_SUITE_BEGIN("server");

// --- end to end ---

LOOP_TEST_CASE("websocket server: messages go both ways, with parameters and a subprotocol") {
  App app;
  app.websocket("/rooms/{room}", greet);
  TestServer server(std::move(app).handler());
  const Client client;
  WebSocket ws = co_await client.websocket(url_of(server, "/rooms/7")).query("suffix", "!").subprotocol("greet.v1");
  CHECK(ws.subprotocol() == "greet.v1");
  const Json greeting{{"name", "you"}, {"times", 2}};
  co_await ws.send_json(greeting);
  const auto first = co_await ws.receive_text();
  const auto second = co_await ws.receive_text();
  CHECK(first == "hello you!");
  CHECK(second == "hello you!");
  co_await ws.close(WebSocketCloseCode(4000), "done");
  CHECK(ws.close_code() == WebSocketCloseCode(4000));
}

TEST_CASE("websocket server: the answer to a handshake has what RFC 6455 asks for, and what accept says") {
  App app;
  app.websocket("/rooms/{room}", greet);
  TestServer server(std::move(app).handler());
  RawWebSocket ws(server.port(), "/rooms/3?suffix=", "sec-websocket-protocol: other, greet.v1\r\n");
  CHECK(ws.response().status == 101);
  CHECK(ws.response().header("upgrade") == "websocket");
  CHECK(ws.response().header("connection") == "upgrade");
  CHECK(ws.response().header("sec-websocket-accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  CHECK(ws.response().header("sec-websocket-protocol") == "greet.v1");
  CHECK(ws.response().header("x-room") == "3");
  CHECK_FALSE(ws.response().header("content-length").has_value());
}

TEST_CASE("websocket server: frames that come with the handshake are the first messages") {
  TestServer server(echo_app().handler());
  RawClient client = server.connect();
  client.send(handshake("/") + client_frame(WebSocketOpcode::Text, "early"));
  CHECK(client.receive().status == 101);
  std::string received;
  while (received.size() < 7)
    received += client.receive_some();
  CHECK(received ==
        "\x81\x05"
        "early");
  client.send(client_frame(WebSocketOpcode::Close, close_payload(1000)));
  CHECK(client.receive_all() == "\x88\x02\x03\xe8");
  CHECK_FALSE(client.was_reset());
}

TEST_CASE("websocket server: a handshake may follow other requests on its connection") {
  App app;
  app.websocket("/ws", echo);
  app.get("/", [] { return "plain"; });
  TestServer server(std::move(app).handler());
  RawClient client = server.connect();
  client.send(get("/") + handshake("/ws") + client_frame(WebSocketOpcode::Close, close_payload(1000)));
  CHECK(client.receive().body == "\"plain\"");
  CHECK(client.receive().status == 101);
  CHECK(client.receive_all() == "\x88\x02\x03\xe8");
}

// --- answers of HTTP ---

TEST_CASE("websocket server: a refused handshake is an answer like any other, and the connection goes on") {
  App app;
  app.websocket("/private", [](WebSocket&) -> Async<void> {
    throw HttpException(Status::Unauthorized, "log in first");
    co_return;
  });
  app.websocket("/closed", [](WebSocket& ws) -> Async<void> { co_await ws.close(); });
  app.websocket("/", echo);
  Reports reports;
  TestServer server(std::move(app).handler(), reports.options());
  RawClient client = server.connect();
  const RawResponse denied = client.request(handshake("/private"));
  CHECK(denied.status == 401);
  CHECK(denied.body == R"({"detail":"log in first"})");
  const RawResponse closed = client.request(handshake("/closed"));
  CHECK(closed.status == 403);
  CHECK(closed.header("content-length") == "0");
  CHECK(client.request(handshake("/")).status == 101);
  client.send(client_frame(WebSocketOpcode::Close, close_payload(1000)));
  CHECK(client.receive_all() == "\x88\x02\x03\xe8");
  CHECK(eventually([&] { return reports.all_accesses().size() == 3; }));
  CHECK(reports.all_accesses() == std::vector<std::string>{"401 /private", "403 /closed", "101 /"});
  CHECK(reports.errors.empty());
}

TEST_CASE("websocket server: what a handler throws is reported, and closes with 1011") {
  App app;
  app.websocket("/", [](WebSocket& ws) -> Async<void> {
    co_await ws.accept();
    throw std::runtime_error("broken");
  });
  Reports reports;
  TestServer server(std::move(app).handler(), reports.options());
  RawWebSocket ws(server.port());
  CHECK(ws.next() == "close 1011 ");
  ws.send_close(1011);
  CHECK(ws.next() == "end");
  const std::lock_guard guard(reports.mutex);
  CHECK(reports.errors == std::vector<std::string>{"broken"});
}

// --- compression ---

LOOP_TEST_CASE("websocket server: messages are compressed when both sides want that") {
  for (const bool wanted : {true, false}) {
    App app;
    app.websocket("/", echo, {.websocket = {.compression = {.enabled = wanted}}});
    TestServer server(std::move(app).handler());
    const Client client;
    WebSocketOptions options;
    options.compression.enabled = true;
    WebSocket ws = co_await client.websocket(url_of(server, "/")).options(options);
    CHECK(ws.is_compressed() == wanted);
    const std::string text(100'000, 'x');
    co_await ws.send_text(text);
    const auto back = co_await ws.receive_text();
    const bool same = back == text;
    CHECK(same);
    co_await ws.close();
  }
}

LOOP_TEST_CASE("websocket server: a compressed bomb is refused with 1009 before it is inflated") {
  App app;
  app.websocket("/", echo, {.websocket = {.max_message_bytes = 10'000, .compression = {.enabled = true}}});
  TestServer server(std::move(app).handler());
  const Client client;
  WebSocketOptions options;
  options.compression.enabled = true;
  for (const std::size_t size : {9'999U, 10'000U, 10'001U, 20'000'000U}) {
    CAPTURE(size);
    WebSocket ws = co_await client.websocket(url_of(server, "/")).options(options);
    co_await ws.send_text(std::string(size, 'x'));
    const auto back = co_await ws.receive_text();
    CHECK(back.has_value() == (size <= 10'000));
    if (!back) CHECK(ws.close_code() == WebSocketCloseCode::MessageTooBig);
    co_await ws.close();
  }
}

TEST_CASE("websocket server: 200 MB in a message of 200 KB, whole or in frames, cost no more than twice the limit") {
  constexpr std::size_t limit = 4 * 1024 * 1024;
  App app;
  app.websocket("/", echo, {.websocket = {.max_message_bytes = limit, .compression = {.enabled = true}}});
  TestServer server(std::move(app).handler());
  const std::string bomb = testing::deflated(std::string(200'000'000, 'x'), -15);
  REQUIRE(bomb.size() < 250'000);
  for (const std::size_t frame_size : {bomb.size(), std::size_t{1000}}) {
    CAPTURE(frame_size);
    RawWebSocket ws(server.port(), "/", "sec-websocket-extensions: permessage-deflate\r\n");
    const PeakMemory memory;
    std::string_view rest = bomb;
    unsigned first = 0x41;  // RFC 7692 section 6: text, compressed, to be continued
    while (rest.size() > frame_size) {
      ws.send_raw(client_frame(first, rest.substr(0, frame_size)));
      rest.remove_prefix(frame_size);
      first = 0;
    }
    ws.send_raw(client_frame(first | 0x80U, rest));
    CHECK(ws.next().starts_with("close 1009 "));
    if (!inflates_memory) CHECK(memory.growth_kib() <= 2 * limit / 1024);
  }
}

TEST_SUITE_END();
