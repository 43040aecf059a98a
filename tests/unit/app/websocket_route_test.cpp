// SPDX-License-Identifier: BSL-1.0
#include "coroute/app/websocket_route.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <stdexcept>
#include <string>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/client/errors.hpp"
#include "coroute/http/http_exception.hpp"
#include "coroute/json.hpp"
#include "coroute/testing/test_client.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

struct User {
  std::string name;
};

Async<User> current_user(Query<std::string, "user"> user) {
  if (*user == "nobody") throw HttpException(Status::Unauthorized, "Who are you?");
  co_return User{*user};
}

void need_token(Header<std::string, "x-token"> token) {
  if (*token != "fake") throw HttpException(Status::BadRequest, "X-Token header invalid");
}

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

Async<void> chat(WebSocket& ws, Path<int, "room"> room, Query<std::optional<int>, "limit"> limit, Request& request,
                 Depends<current_user> user) {
  co_await ws.accept();
  const std::string limited = limit->has_value() ? std::to_string(**limit) : "none";
  co_await ws.send_text(user->name + " in " + std::to_string(*room) + ", limit " + limited + ", at " +
                        std::string(request.path()));
}

/// An application whose one WebSocket does `act`, which is called when it is accepted or not.
App acting(std::function<Async<void>(WebSocket&)> act) {
  App app;
  app.websocket("/", [act = std::move(act)](WebSocket& ws) { return act(ws); });
  return app;
}

/// "403 the body", or "101".
std::string answer_to(TestClient& client, const std::string& url, TestWebSocketOptions options = {}) {
  try {
    client.websocket_connect(url, std::move(options)).close();
    return "101";
  } catch (const WebSocketHandshakeError& refused) {
    return std::to_string(refused.status().code()) + ' ' + refused.response().text();
  }
}

std::string answer_of(App app) {
  TestClient client(std::move(app), {.raise_server_exceptions = false});
  return answer_to(client, "/");
}

/// The code and the reason with which a WebSocket is closed.
std::string end_of(App app) {
  TestClient client(std::move(app), {.raise_server_exceptions = false});
  TestWebSocket ws = client.websocket_connect("/");
  while (ws.receive()) {
  }
  const std::string end = std::to_string(to_number(*ws.close_code())) + ' ' + ws.close_reason();
  ws.close();
  return end;
}

template <class E>
std::string text_of(const std::function<void()>& function) {
  try {
    function();
  } catch (const E& error) {
    return error.what();
  }
  return "nothing was thrown";
}

Async<void> accept_then_throw(WebSocket& ws, std::exception_ptr error) {
  co_await ws.accept();
  std::rethrow_exception(error);
}

template <class E>
std::function<Async<void>(WebSocket&)> throwing(E error) {
  return [error = std::make_exception_ptr(std::move(error))](WebSocket&) -> Async<void> {
    std::rethrow_exception(error);
    co_return;
  };
}

template <class E>
std::function<Async<void>(WebSocket&)> accepting_and_throwing(E error) {
  return [error = std::make_exception_ptr(std::move(error))](WebSocket& ws) { return accept_then_throw(ws, error); };
}

}  // namespace

TEST_SUITE_BEGIN("app");

// --- messages, arguments ---

TEST_CASE("websocket route: texts and bytes go both ways") {
  TestClient client(acting(echo));
  TestWebSocket ws = client.websocket_connect("/");
  ws.send_text("hello");
  ws.send_bytes(std::string("\0\xFF", 2));
  ws.send_text("");
  CHECK(ws.receive() == WebSocketMessage(WebSocketMessage::Type::Text, "hello"));
  CHECK(ws.receive_bytes() == std::string("\0\xFF", 2));
  CHECK(ws.receive_text() == "");
  ws.close();
  CHECK(ws.close_code() == WebSocketCloseCode::NormalClosure);
}

TEST_CASE("websocket route: its handler takes what any handler takes") {
  App app;
  app.websocket("/rooms/{room}", chat);
  TestClient client(std::move(app));
  TestWebSocket ws = client.websocket_connect("/rooms/7?limit=3&user=ann");
  CHECK(ws.receive_text() == "ann in 7, limit 3, at /rooms/7");
  TestWebSocket other = client.websocket_connect("/rooms/8", {.query = {{"user", "bob"}}});
  CHECK(other.receive_text() == "bob in 8, limit none, at /rooms/8");
  ws.close();
  other.close();
}

TEST_CASE("websocket route: wrong arguments are answered with 403 and nothing else, as of FastAPI") {
  App app;
  app.websocket("/rooms/{room}", chat);
  TestClient client(std::move(app));
  CHECK(answer_to(client, "/rooms/x?user=ann") == "403 ");
  CHECK(answer_to(client, "/rooms/7") == "403 ");
  CHECK(answer_to(client, "/rooms/7?user=ann&limit=many") == "403 ");
  CHECK(answer_to(client, "/rooms/7?user=ann") == "101");
}

TEST_CASE("websocket route: dependencies of the route and of its routers run before the handler") {
  Router router("/v1", {.dependencies = {depends<need_token>()}});
  router.websocket("/a", echo);
  App app;
  app.include(std::move(router));
  app.websocket("/b", echo, {.dependencies = {depends<need_token>()}});
  TestClient client(std::move(app));
  for (const std::string path : {"/v1/a", "/b"}) {
    CAPTURE(path);
    CHECK(answer_to(client, path, {.headers = {{"x-token", "fake"}}}) == "101");
    CHECK(answer_to(client, path, {.headers = {{"x-token", "other"}}}) == R"(400 {"detail":"X-Token header invalid"})");
    CHECK(answer_to(client, path) == "403 ");
  }
}

// --- accept ---

TEST_CASE("websocket route: accept takes a subprotocol, fields and cookies") {
  TestClient client(acting([](WebSocket& ws) -> Async<void> {
    const std::string favourite = ws.offered_subprotocols().at(0);
    const SetCookie cookie{.name = "seen", .value = "yes"};
    co_await ws.accept().subprotocol(favourite).header("x-room", "7").set_cookie(cookie).set_cookie("theme", "dark");
    co_await ws.send_text(ws.subprotocol());
  }));
  TestWebSocket ws = client.websocket_connect("/", {.subprotocols = {"b", "a"}});
  CHECK(ws.receive_text() == "b");
  CHECK(ws.subprotocol() == "b");
  CHECK(ws.headers().get("x-room") == "7");
  CHECK(client.cookies().size() == 2);
  ws.close();
}

TEST_CASE("websocket route: accept chooses the first of its subprotocols that the client offers, or none") {
  TestClient client(acting([](WebSocket& ws) -> Async<void> {
    const std::string newest = "v3";
    co_await ws.accept().subprotocols(newest, "v2", "v1");
    co_await ws.send_text("hello");
  }));
  const auto chosen = [&](std::vector<std::string> offered) {
    TestWebSocket ws = client.websocket_connect("/", {.subprotocols = std::move(offered)});
    CHECK(ws.receive_text() == "hello");
    std::string subprotocol = ws.subprotocol();
    ws.close();
    return subprotocol;
  };
  CHECK(chosen({"v1", "v2", "v4"}) == "v2");
  CHECK(chosen({"v1", "v3"}) == "v3");
  CHECK(chosen({"v1"}) == "v1");
  CHECK(chosen({"v4"}).empty());
  CHECK(chosen({}).empty());
}

TEST_CASE("websocket route: a subprotocol that the client doesn't offer can't be accepted") {
  TestClient client(acting([](WebSocket& ws) -> Async<void> { co_await ws.accept().subprotocol("c"); }));
  CHECK(text_of<std::invalid_argument>([&] { client.websocket_connect("/", {.subprotocols = {"a"}}); }) ==
        "the client does not offer the subprotocol 'c'");
}

TEST_CASE("websocket route: accept can't set a field of the handshake") {
  TestClient client(
      acting([](WebSocket& ws) -> Async<void> { co_await ws.accept().header("Sec-WebSocket-Accept", "x"); }));
  CHECK(text_of<std::invalid_argument>([&] { client.websocket_connect("/"); }) ==
        "the header field 'Sec-WebSocket-Accept' is set by the WebSocket handshake");
}

TEST_CASE("websocket route: nothing but close can be done before accept, and accept once") {
  std::vector<std::string> thrown;
  TestClient client(acting([&](WebSocket& ws) -> Async<void> {
    CHECK_FALSE(ws.is_open());
    thrown.push_back(text_of<RuntimeError>([&] { static_cast<void>(ws.try_send_text("x")); }));
    thrown.push_back(text_of<RuntimeError>([&] { static_cast<void>(ws.close_code()); }));
    co_await ws.accept();
    CHECK(ws.is_open());
    try {
      co_await ws.accept();
    } catch (const RuntimeError& error) {
      thrown.emplace_back(error.what());
    }
  }));
  TestWebSocket ws = client.websocket_connect("/");
  ws.close();
  CHECK(thrown == std::vector<std::string>{"the WebSocket is not open: co_await its accept() first",
                                           "the WebSocket is not open: co_await its accept() first",
                                           "the WebSocket has been accepted already"});
}

// --- refused ---

TEST_CASE("websocket route: an HttpException before accept is the answer") {
  const HttpException error(Status::NotFound, "no such room", Headers{{"x-why", "gone"}});
  CHECK(answer_of(acting(throwing(error))) == R"(404 {"detail":"no such room"})");
}

TEST_CASE("websocket route: close, a WebSocketException and no accept at all are 403") {
  CHECK(answer_of(acting([](WebSocket& ws) -> Async<void> { co_await ws.close(); })) == "403 ");
  CHECK(answer_of(acting(throwing(WebSocketException(WebSocketCloseCode::PolicyViolation, "no")))) == "403 ");
  CHECK(answer_of(acting([](WebSocket&) -> Async<void> { co_return; })) == "403 ");
}

TEST_CASE("websocket route: any other exception before accept is 403, and the server's to hear of") {
  CHECK(answer_of(acting(throwing(std::runtime_error("broken")))) == "403 ");
  TestClient client(acting(throwing(std::runtime_error("broken"))));
  CHECK(text_of<std::runtime_error>([&] { client.websocket_connect("/"); }) == "broken");
}

TEST_CASE("websocket route: what was closed can't be accepted") {
  TestClient client(acting([](WebSocket& ws) -> Async<void> {
    co_await ws.close();
    co_await ws.accept();
  }));
  CHECK(text_of<RuntimeError>([&] { client.websocket_connect("/"); }) ==
        "the WebSocket was closed before it was accepted");
}

// --- the end ---

TEST_CASE("websocket route: it is closed with 1000 when its handler returns") {
  CHECK(end_of(acting([](WebSocket& ws) -> Async<void> { co_await ws.accept(); })) == "1000 ");
}

TEST_CASE("websocket route: it is closed with what its handler closes it with") {
  CHECK(end_of(acting([](WebSocket& ws) -> Async<void> {
          co_await ws.accept();
          co_await ws.close(WebSocketCloseCode(4001), "bye");
        })) == "4001 bye");
}

TEST_CASE("websocket route: a WebSocketException closes it with its code and reason") {
  const WebSocketException error(WebSocketCloseCode::PolicyViolation, "no such room");
  CHECK(end_of(acting(accepting_and_throwing(error))) == "1008 no such room");
  const std::string half = "\xE2\x82\xAC";
  std::string reason(122, 'x');
  CHECK(end_of(acting(accepting_and_throwing(
            WebSocketException(WebSocketCloseCode::PolicyViolation, reason + half)))) == "1008 " + reason);
}

TEST_CASE("websocket route: a WebSocketException takes only codes that can be sent") {
  CHECK_THROWS_AS(throw WebSocketException(WebSocketCloseCode::AbnormalClosure), std::invalid_argument);
  CHECK_THROWS_AS(throw WebSocketException(WebSocketCloseCode(999)), std::invalid_argument);
  CHECK(WebSocketException(WebSocketCloseCode(4999), "why").reason() == "why");
}

TEST_CASE("websocket route: a message that is not what the handler reads closes it with 1007") {
  TestClient client(acting([](WebSocket& ws) -> Async<void> {
    co_await ws.accept();
    co_await ws.receive_json<Json>();
  }));
  TestWebSocket ws = client.websocket_connect("/");
  ws.send_text("{");
  CHECK_FALSE(ws.receive().has_value());
  CHECK(ws.close_code() == WebSocketCloseCode::InvalidFramePayloadData);
  ws.close();
}

TEST_CASE("websocket route: any other exception closes it with 1011, and is the server's to hear of") {
  CHECK(end_of(acting(accepting_and_throwing(std::runtime_error("broken")))) == "1011 ");
  CHECK(end_of(acting(accepting_and_throwing(HttpException(Status::NotFound)))) == "1011 ");
  TestClient client(acting(accepting_and_throwing(std::runtime_error("broken"))));
  TestWebSocket ws = client.websocket_connect("/");
  CHECK(text_of<std::runtime_error>([&] { ws.receive(); }) == "broken");
}

TEST_CASE("websocket route: that the client has gone is no error of the handler") {
  bool sent_all = true;
  TestClient client(acting([&](WebSocket& ws) -> Async<void> {
    co_await ws.accept();
    sent_all = false;
    while (true) {
      co_await ws.send_text("tick");
      co_await sleep(1s);
    }
  }));
  {
    const TestWebSocket ws = client.websocket_connect("/");
    client.advance(10s);
  }
  client.advance(10s);
  CHECK_FALSE(sent_all);
}

TEST_CASE("websocket route: tasks of the handler end with it") {
  bool cancelled = false;
  TestClient client(acting([&](WebSocket& ws) -> Async<void> {
    co_await ws.accept();
    const auto tick = [](bool& ended) -> Async<void> {
      try {
        co_await sleep(24h);
      } catch (const Cancelled&) {
        ended = true;
        throw;
      }
    };
    const auto task = create_task(tick(cancelled));
    co_await ws.receive();
  }));
  TestWebSocket ws = client.websocket_connect("/");
  ws.close();
  CHECK(cancelled);
}

// --- the Origin ---

TEST_CASE("websocket route: with same_origin only pages of the host pass") {
  App app;
  app.websocket("/", echo, {.same_origin = true});
  TestClient client(std::move(app));
  const auto from = [&](const std::string& origin) {
    return answer_to(client, "/", {.headers = {{"origin", origin}}});
  };
  const std::string refused = R"(403 {"detail":"Origin not allowed"})";
  CHECK(answer_to(client, "/") == "101");
  CHECK(from("http://testserver") == "101");
  CHECK(from("https://TestServer") == "101");
  CHECK(from("http://testserver:8080") == refused);
  CHECK(from("http://evil.example") == refused);
  CHECK(from("http://testserver.evil.example") == refused);
  CHECK(from("null") == refused);
  CHECK(from("testserver") == refused);
  CHECK(answer_to(client, "/", {.headers = {{"origin", "http://testserver"}, {"origin", "http://evil.example"}}}) ==
        refused);
}

TEST_CASE("websocket route: allowed_origins pass, and without same_origin no other") {
  App app;
  app.websocket("/some", echo, {.allowed_origins = {"https://shop.example"}});
  app.websocket("/more", echo, {.same_origin = true, .allowed_origins = {"https://shop.example"}});
  app.websocket("/any", echo);
  TestClient client(std::move(app));
  const auto status = [&](const std::string& path, const std::string& origin) {
    return answer_to(client, path, {.headers = {{"origin", origin}}}).substr(0, 3);
  };
  CHECK(status("/some", "https://shop.example") == "101");
  CHECK(status("/some", "http://shop.example") == "403");
  CHECK(status("/some", "http://testserver") == "403");
  CHECK(status("/more", "https://shop.example") == "101");
  CHECK(status("/more", "http://testserver") == "101");
  CHECK(status("/more", "http://evil.example") == "403");
  CHECK(status("/any", "http://evil.example") == "101");
}

// --- the route ---

TEST_CASE("websocket route: beside it the path may have a route for GET") {
  App app;
  app.websocket("/x", echo);
  app.get("/x", [] { return "plain"; });
  app.websocket("/y", echo, {.name = "y"});
  app.get("/url", [](Request& request) { return request.url_for("y"); });
  TestClient client(std::move(app));
  CHECK(client.get("/x").json() == "plain");
  CHECK(answer_to(client, "/x") == "101");
  CHECK(client.get("/y").status_code() == 404);
  CHECK(answer_to(client, "/none").substr(0, 3) == "404");
  CHECK(client.get("/url").json() == "http://testserver/y");
}

TEST_CASE("websocket route: it is listed among the routes, and no part of the document") {
  App app;
  app.websocket("/rooms/{room}", chat, {.name = "chat"});
  CHECK(app.routes_text().find("WS") != std::string::npos);
  TestClient client(std::move(app));
  CHECK(client.get("/openapi.json").json()["paths"].empty());
}

TEST_CASE("websocket route: options with which there can be no WebSocket are refused at once") {
  App app;
  CHECK_THROWS_AS(app.websocket("/", echo, {.websocket = {.max_message_bytes = 0}}), std::invalid_argument);
}

TEST_CASE("websocket route: a message may have max_message_bytes, one more closes it with 1009") {
  App app;
  app.websocket("/", echo, {.websocket = {.max_message_bytes = 10}});
  TestClient client(std::move(app), {.raise_server_exceptions = false});
  TestWebSocket ws = client.websocket_connect("/");
  for (const std::size_t size : {9U, 10U}) {
    ws.send_text(std::string(size, 'x'));
    CHECK(ws.receive_text()->size() == size);
  }
  ws.send_text(std::string(11, 'x'));
  CHECK_FALSE(ws.receive().has_value());
  CHECK(ws.close_code() == WebSocketCloseCode::MessageTooBig);
  ws.close();
}

TEST_SUITE_END();
