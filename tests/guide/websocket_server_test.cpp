// SPDX-License-Identifier: BSL-1.0
// Snippets of framework/guide.md: between "// [name]" and "// [/name]" stands what the guide shows.
#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "coroute/coroute.hpp"
#include "coroute/testing/test_client.hpp"

using namespace coroute;

namespace {

struct Member {
  std::string name;
};

Async<Member> current_member(Query<std::string, "token"> token) {
  if (!token->starts_with("token-of-")) throw HttpException(Status::Unauthorized, "Log in first");
  co_return Member{token->substr(9)};
}

// [websocket_room]
struct Line {
  std::string from;
  std::string text;
};

App chat_app(WebSocketRooms& rooms) {
  App app({.title = "Chat"});
  app.websocket("/rooms/{room}",
                [&rooms](WebSocket& ws, Path<std::string, "room"> room, Depends<current_member> member) -> Async<void> {
                  co_await ws.accept();
                  const auto membership = rooms.join(*room, ws);  // to the end of the scope
                  while (auto text = co_await ws.receive_text())  // until either side closes
                    rooms.broadcast_json(*room, Line{member->name, *text});
                });
  return app;
}
// [/websocket_room]

// [websocket_accept]
Async<void> prices(WebSocket& ws, Query<std::string, "symbol", max_length(8)> symbol) {
  if (*symbol != "EUR") throw HttpException(Status::NotFound, "no such symbol");  // an answer of HTTP
  co_await ws.accept().subprotocol("prices.v1").header("x-delay", "0");
  co_await ws.send_text("1.25");
  const auto answer = co_await ws.receive_text();
  if (answer == "bye") co_await ws.close();
  throw WebSocketException(WebSocketCloseCode::PolicyViolation, "say bye");
}

App prices_app() {
  App app;
  app.websocket("/prices", prices, {.same_origin = true, .websocket = {.max_message_bytes = 1024}});
  return app;
}
// [/websocket_accept]

}  // namespace

// [websocket_testing]
TEST_CASE("chat: what one says all in the room hear") {
  WebSocketRooms rooms;
  TestClient client(chat_app(rooms));
  TestWebSocket ann = client.websocket_connect("/rooms/tea?token=token-of-ann");
  TestWebSocket bob = client.websocket_connect("/rooms/tea?token=token-of-bob");
  ann.send_text("hello");
  CHECK(bob.receive_json<Line>()->from == "ann");
  CHECK(ann.receive_json<Line>()->text == "hello");
  CHECK_THROWS_AS(client.websocket_connect("/rooms/tea?token=none"), WebSocketHandshakeError);
  ann.close();
  bob.close();
}
// [/websocket_testing]

TEST_CASE("guide: a WebSocket is refused before it is accepted, and closed afterwards") {
  TestClient client(prices_app());
  const auto connect = [&](std::string url) { return client.websocket_connect(url, {.subprotocols = {"prices.v1"}}); };
  CHECK_THROWS_AS(connect("/prices?symbol=none"), WebSocketHandshakeError);
  CHECK_THROWS_AS(connect("/prices?symbol=much-too-long"), WebSocketHandshakeError);
  TestWebSocket ws = connect("/prices?symbol=EUR");
  CHECK(ws.headers().get("x-delay") == "0");
  CHECK(ws.receive_text() == "1.25");
  ws.send_text("more");
  CHECK_FALSE(ws.receive_text().has_value());
  CHECK(ws.close_code() == WebSocketCloseCode::PolicyViolation);
  CHECK(ws.close_reason() == "say bye");
  ws.close();
}
