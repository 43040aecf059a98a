// SPDX-License-Identifier: BSL-1.0
// WebSockets of a server, from the handshake to the end, over real sockets.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "coroute/app/app.hpp"
#include "coroute/client/client.hpp"
#include "coroute/http/http_exception.hpp"
#include "coroute/json.hpp"
#include "coroute/websocket/rooms.hpp"
#include "support/raw_websocket.hpp"
#include "support/real_time_test.hpp"
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

/// What a server reports.
struct Reports {
  std::mutex mutex;
  std::vector<std::string> errors;
  std::vector<std::string> accesses;

  ServerOptions options() {
    ServerOptions options;
    options.on_handler_error = [this](const HandlerError& error) {
      const std::lock_guard guard(mutex);
      try {
        std::rethrow_exception(error.error);
      } catch (const std::exception& e) {
        errors.emplace_back(e.what());
      }
    };
    options.on_access = [this](const AccessRecord& record) {
      const std::lock_guard guard(mutex);
      accesses.push_back(std::to_string(record.status.code()) + ' ' + std::string(record.request->route_path()));
    };
    return options;
  }
  std::vector<std::string> all_accesses() {
    const std::lock_guard guard(mutex);
    return accesses;
  }
};

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

// --- slow and lost clients ---

/// Offers 256 MiB to a client that reads nothing, and tells how much was taken.
struct Flood {
  static constexpr std::size_t piece_size = 64 * 1024;
  static constexpr std::size_t offered = 256U << 20U;
  /// What the kernel holds on both sides, and the queue.
  static constexpr std::size_t most = 16U << 20U;

  std::atomic<std::size_t> taken = 0;
  std::atomic<bool> ended = false;

  WebSocketRouteOptions options() const {
    WebSocketRouteOptions route;
    route.websocket.max_unsent_bytes = 1U << 20U;
    route.websocket.write_timeout = 200ms;
    return route;
  }
};

TEST_CASE("websocket server: a send to a slow reader waits, and ends with its time-out, whatever is offered") {
  Flood flood;
  App app;
  app.websocket(
      "/",
      [&](WebSocket& ws) -> Async<void> {
        co_await ws.accept();
        const std::string piece(Flood::piece_size, 'x');
        try {
          for (; flood.taken < Flood::offered; flood.taken += piece.size())
            co_await ws.send_bytes(piece);
        } catch (const WebSocketWriteTimeout&) {
          flood.ended = true;
        }
      },
      flood.options());
  TestServer server(std::move(app).handler());
  const RawWebSocket ws(server.port(), "/", {}, {.receive_buffer = 64 * 1024});
  CHECK(eventually([&] { return flood.ended.load(); }));
  CHECK(flood.taken < Flood::most);
  CHECK(flood.taken > 0);
}

TEST_CASE("websocket server: broadcasts to a slow reader are queued up to max_unsent_bytes, then it is closed") {
  Flood flood;
  WebSocketRooms rooms;
  App app;
  app.websocket(
      "/",
      [&](WebSocket& ws) -> Async<void> {
        co_await ws.accept();
        const auto membership = rooms.join("", ws);
        const std::string piece(Flood::piece_size, 'x');
        for (; ws.is_open() && flood.taken < Flood::offered; flood.taken += piece.size()) {
          rooms.broadcast_bytes("", piece);
          co_await sleep(0s);
        }
        flood.ended = ws.close_code() == WebSocketCloseCode::TryAgainLater;
      },
      flood.options());
  TestServer server(std::move(app).handler());
  const RawWebSocket ws(server.port(), "/", {}, {.receive_buffer = 64 * 1024});
  CHECK(eventually([&] { return flood.ended.load(); }));
  CHECK(flood.taken < Flood::most);
  CHECK(flood.taken > (1U << 20U));
}

TEST_CASE("websocket server: a client that is lost ends its handler and its connection") {
  std::atomic<int> ended = 0;
  App app;
  app.websocket("/", [&](WebSocket& ws) -> Async<void> {
    co_await ws.accept();
    try {
      while (co_await ws.receive()) {
      }
    } catch (const WebSocketClosed& closed) {
      if (closed.code() == WebSocketCloseCode::AbnormalClosure) ++ended;
      throw;
    }
  });
  Reports reports;
  TestServer server(std::move(app).handler(), reports.options());
  {
    RawWebSocket reset(server.port());
    reset.connection().reset();
    const RawWebSocket closed(server.port());
  }
  CHECK(eventually([&] { return ended == 2; }));
  CHECK(eventually([&] { return reports.all_accesses().size() == 2; }));
  CHECK(reports.errors.empty());
}

TEST_CASE("websocket server: a client that never answers is given up after ping_timeout") {
  std::atomic<bool> ended = false;
  WebSocketRouteOptions options;
  options.websocket.ping_interval = 20ms;
  options.websocket.ping_timeout = 20ms;
  App app;
  app.websocket(
      "/",
      [&](WebSocket& ws) -> Async<void> {
        co_await ws.accept();
        try {
          co_await ws.receive();
        } catch (const WebSocketPingTimeout&) {
          ended = true;
        }
      },
      options);
  TestServer server(std::move(app).handler());
  RawWebSocket silent(server.port());
  CHECK(eventually([&] { return ended.load(); }));
  CHECK(silent.next().starts_with("ping "));
}

// --- rooms ---

TEST_CASE("websocket server: members of a room on all loops hear everything in the same order") {
  WebSocketRooms rooms;
  App app;
  app.websocket("/rooms/{room}", [&](WebSocket& ws, Path<std::string, "room"> room) -> Async<void> {
    co_await ws.accept();
    const auto membership = rooms.join(*room, ws);
    while (auto text = co_await ws.receive_text())
      rooms.broadcast_text(*room, *text);
  });
  ServerOptions options;
  options.loops = 3;
  TestServer server(std::move(app).handler(), std::move(options));
  std::vector<std::unique_ptr<RawWebSocket>> members;
  for (int i = 0; i < 12; ++i)
    members.push_back(std::make_unique<RawWebSocket>(server.port(), "/rooms/a"));
  RawWebSocket other(server.port(), "/rooms/b");
  CHECK(eventually([&] { return rooms.size("a") == members.size() && rooms.size("b") == 1; }));
  for (std::size_t i = 0; i < members.size(); ++i) {
    for (int k = 0; k < 20; ++k)
      members[i]->send_text(std::to_string(i));
  }
  std::vector<std::string> heard;
  for (const auto& member : members) {
    std::string all;
    for (std::size_t i = 0; i < members.size() * 20; ++i)
      all += member->next() + ' ';
    heard.push_back(all);
  }
  for (const std::string& each : heard)
    CHECK(each == heard.front());
  members.clear();
  CHECK(eventually([&] { return rooms.size("a") == 0; }));
  other.send_text("still here");
  CHECK(other.next() == "text still here");
}

// --- shutdown ---

TEST_CASE("websocket server: at shutdown open WebSockets are closed with 1001, and their handlers end") {
  std::atomic<int> open = 0;
  std::atomic<int> ended = 0;
  App app;
  app.websocket("/", [&](WebSocket& ws) -> Async<void> {
    co_await ws.accept();
    ++open;
    while (co_await ws.receive()) {
    }
    if (ws.close_code() == WebSocketCloseCode::GoingAway) ++ended;
  });
  TestServer server(std::move(app).handler());
  RawWebSocket one(server.port());
  RawWebSocket two(server.port());
  CHECK(eventually([&] { return open == 2; }));
  server->shut_down();
  CHECK(one.next() == "close 1001 ");
  one.send_close(1001);
  CHECK(one.next() == "end");
  CHECK(two.next() == "close 1001 ");
  two.send_close(1001);
  CHECK(two.next() == "end");
  server->join();
  CHECK(ended == 2);
}

TEST_CASE("websocket server: a handler that goes on after the close is cancelled at the end of the drain") {
  std::atomic<bool> open = false;
  std::atomic<bool> cancelled = false;
  App app;
  app.websocket("/", [&](WebSocket& ws) -> Async<void> {
    co_await ws.accept();
    open = true;
    try {
      co_await sleep(24h);
    } catch (const Cancelled&) {
      cancelled = true;
      throw;
    }
  });
  ServerOptions options;
  options.timeouts.drain = 300ms;
  TestServer server(std::move(app).handler(), std::move(options));
  RawWebSocket ws(server.port());
  CHECK(eventually([&] { return open.load(); }));
  server->shut_down();
  CHECK(ws.next() == "close 1001 ");
  server->join();
  CHECK(cancelled);
}

TEST_SUITE_END();
