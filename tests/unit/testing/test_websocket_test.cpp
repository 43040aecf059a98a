// SPDX-License-Identifier: BSL-1.0
#include "coroute/testing/test_websocket.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>
#include <string>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/debug.hpp"
#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/client/errors.hpp"
#include "coroute/json.hpp"
#include "coroute/testing/test_client.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

struct Point {
  int x;
  int y;
};

Async<void> echo(WebSocket& ws) {
  co_await ws.accept();
  while (auto message = co_await ws.receive())
    co_await ws.send_text(message->data());
}

Async<void> swap_points(WebSocket& ws) {
  co_await ws.accept();
  while (auto point = co_await ws.receive_json<Point>()) {
    const Point swapped{point->y, point->x};
    co_await ws.send_json(swapped);
  }
}

/// Says what the handshake was.
Async<void> tell(WebSocket& ws, Request& request) {
  co_await ws.accept();
  std::string seen(request.host());
  for (const std::string_view name : {"user-agent", "x-token", "cookie", "origin"})
    seen.append(" ").append(request.header(name).value_or("-"));
  co_await ws.send_text(seen + ' ' + std::string(request.query_string()));
}

}  // namespace

TEST_SUITE_BEGIN("testing");

TEST_CASE("test websocket: models go both ways") {
  App app;
  app.websocket("/", swap_points);
  TestClient client(std::move(app));
  TestWebSocket ws = client.websocket_connect("/");
  ws.send_json(Point{1, 2});
  const auto swapped = ws.receive_json<Point>();
  REQUIRE(swapped.has_value());
  CHECK(swapped->x == 2);
  CHECK(swapped->y == 1);
  ws.close(WebSocketCloseCode(4000), "enough");
  CHECK(ws.close_code() == WebSocketCloseCode(4000));
}

TEST_CASE("test websocket: a handshake has what the client's requests have, and its own") {
  App app;
  app.websocket("/", tell);
  TestClient client(std::move(app), {.headers = {{"x-token", "of the client"}}});
  client.set_cookie({.name = "a", .value = "1"});
  TestWebSocket ws = client.websocket_connect("/?x=1", {.query = {{"y", "2"}}, .headers = {{"origin", "http://o"}}});
  CHECK(ws.receive_text() == "testserver testclient of the client a=1 http://o x=1&y=2");
  ws.close();
  TestWebSocket other =
      client.websocket_connect("ws://other/", {.headers = {{"x-token", "own"}}, .cookies = {{"b", "2"}}});
  CHECK(other.receive_text() == "other testclient own b=2 - ");
  other.close();
}

TEST_CASE("test websocket: fields of the handshake can't be given") {
  App app;
  app.websocket("/", echo);
  TestClient client(std::move(app));
  CHECK_THROWS_AS(client.websocket_connect("/", {.headers = {{"Sec-WebSocket-Key", "x"}}}), std::invalid_argument);
}

TEST_CASE("test websocket: what is no WebSocket is a WebSocketHandshakeError with the answer") {
  App app;
  app.get("/plain", [] { return Json{{"plain", true}}; });
  TestClient client(std::move(app));
  std::string answer;
  try {
    client.websocket_connect("/plain");
  } catch (const WebSocketHandshakeError& error) {
    answer = std::to_string(error.status().code()) + ' ' + error.response().text();
  }
  CHECK(answer == R"(200 {"plain":true})");
}

TEST_CASE("test websocket: a message that can never come is a deadlock, not a test that hangs") {
  App app;
  app.websocket("/", echo);
  TestClient client(std::move(app));
  TestWebSocket ws = client.websocket_connect("/");
  CHECK_THROWS_AS(ws.receive(), DeadlockError);
  ws.close();
}

TEST_CASE("test websocket: what the handler threw is thrown once, to the test") {
  App app;
  app.websocket("/", [](WebSocket& ws) -> Async<void> {
    co_await ws.accept();
    co_await ws.receive();
    throw std::runtime_error("broken");
  });
  TestClient client(std::move(app));
  TestWebSocket ws = client.websocket_connect("/");
  ws.send_text("x");
  CHECK_THROWS_WITH(ws.receive(), "broken");
  CHECK_FALSE(ws.receive().has_value());
  CHECK(ws.close_code() == WebSocketCloseCode::InternalError);
  ws.close();
}

TEST_CASE("test websocket: destroying it is a client that goes away") {
  std::optional<WebSocketCloseCode> code;
  App app;
  app.websocket("/", [&](WebSocket& ws) -> Async<void> {
    co_await ws.accept();
    while (co_await ws.receive()) {
    }
    code = ws.close_code();
  });
  TestClient client(std::move(app));
  {
    const TestWebSocket ws = client.websocket_connect("/");
  }
  client.advance(1s);
  CHECK(code == WebSocketCloseCode::GoingAway);
}

TEST_CASE("test websocket: many may be open at once, also in a test that awaits") {
  App app;
  app.websocket("/", echo);
  TestClient client(std::move(app));
  const auto talk = [&](std::string text) -> Async<std::string> {
    WebSocket ws = co_await client.async_websocket_connect("/");
    co_await ws.send_text(text);
    const auto answer = co_await ws.receive_text();
    co_await ws.close();
    co_return answer.value_or("nothing");
  };
  const auto talk_twice = [&]() -> Async<std::string> {
    const auto [a, b] = co_await gather(talk("a"), talk("b"));
    co_return a + b;
  };
  CHECK(client.run(talk_twice()) == "ab");
}

TEST_CASE("test websocket: a sender has to wait for a reader, as over a network") {
  std::size_t sent = 0;
  App app;
  app.websocket("/", [&](WebSocket& ws) -> Async<void> {
    co_await ws.accept();
    const std::string piece(10'000, 'x');
    for (; sent < 1000; ++sent)
      co_await ws.send_text(piece);
  });
  TestClient client(std::move(app));
  TestWebSocket ws = client.websocket_connect("/");
  client.advance(5s);
  const std::size_t before = sent;
  CHECK(before < 500);
  std::size_t received = 0;
  while (ws.receive())
    ++received;
  CHECK(received == 1000);
  ws.close();
}

TEST_CASE("test websocket: those of a service that shuts down are closed with 1001") {
  App app;
  app.websocket("/", echo);
  app.get("/", [] { return "still here"; });
  TestClient client(std::move(app));
  TestWebSocket first = client.websocket_connect("/");
  TestWebSocket second = client.websocket_connect("/");
  second.send_text("before");
  client.shut_down();
  CHECK(first.receive_text() == std::nullopt);
  CHECK(first.close_code() == WebSocketCloseCode::GoingAway);
  CHECK(second.receive_text() == "before");
  CHECK(second.receive_text() == std::nullopt);
  CHECK(second.close_code() == WebSocketCloseCode::GoingAway);
  CHECK(client.get("/").is_success());
}

TEST_CASE("test websocket: one that is opened while the service shuts down is closed at once") {
  App app;
  app.websocket("/", echo);
  TestClient client(std::move(app));
  client.shut_down();
  TestWebSocket ws = client.websocket_connect("/");
  CHECK(ws.receive_text() == std::nullopt);
  CHECK(ws.close_code() == WebSocketCloseCode::GoingAway);
}

TEST_SUITE_END();
