// SPDX-License-Identifier: BSL-1.0
// WebSockets of a server with clients that are slow or lost, in rooms, and at shutdown.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/websocket/rooms.hpp"
#include "support/raw_websocket.hpp"
#include "support/server_reports.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("server");

// --- slow and lost clients ---

namespace {

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

}  // namespace

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

TEST_CASE(
    "websocket server: a handler that pushes to a lost client ends, also when it doesn't fetch what that has sent") {
  for (const bool waits : {true, false}) {
    CAPTURE(waits);
    std::atomic<bool> is_paused = false;
    std::atomic<bool> ended = false;
    WebSocketRouteOptions options;
    options.websocket.max_queued_messages = 1;
    App app;
    app.websocket(
        "/",
        [&](WebSocket& ws) -> Async<void> {
          co_await ws.accept();
          co_await ws.receive();
          is_paused = true;
          const std::shared_ptr<void> end(nullptr, [&](void*) { ended = true; });
          while (waits || ws.is_open()) {
            if (waits) co_await ws.send_text("x");
            if (!waits) ws.try_send_text("x");
            co_await sleep(1ms);
          }
        },
        options);
    Reports reports;
    TestServer server(std::move(app).handler(), reports.options());
    RawWebSocket client(server.port());
    std::string messages;
    for (int i = 0; i < 3; ++i)
      messages += client_frame(coroute::detail::WebSocketOpcode::Text, "x");
    client.send_raw(messages);
    CHECK(eventually([&] { return is_paused.load(); }));
    client.connection().reset();
    CHECK(eventually([&] { return ended.load(); }));
    CHECK(eventually([&] { return reports.all_accesses().size() == 1; }));
    CHECK(reports.errors.empty());
  }
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
