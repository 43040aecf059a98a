// SPDX-License-Identifier: BSL-1.0
#include "coroute/client/websocket_builder.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "coroute/client/client.hpp"
#include "coroute/testing/mock_transport.hpp"
#include "support/async_test.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

struct Room {
  int room = 7;
  std::string name = "a b";
};

/// The request for `websocket`, which is refused.
Async<TransportRequest> request_of(const std::shared_ptr<MockTransport>& backend, WebSocketBuilder websocket) {
  bool refused = false;
  try {
    co_await std::move(websocket);
  } catch (const WebSocketHandshakeError& error) {
    refused = error.status() == Status::Forbidden && error.response().text() == "no";
  }
  CHECK(refused);
  co_return backend->requests().back();
}

std::shared_ptr<MockTransport> forbidding() {
  return std::make_shared<MockTransport>(
      [](const TransportRequest&) -> Async<Response> { co_return Response("no", "text/plain", Status::Forbidden); });
}

}  // namespace

TEST_SUITE_BEGIN("client");

ASYNC_TEST_CASE("websocket_builder: asks for a WebSocket with a GET") {
  const auto backend = forbidding();
  const Client client{
      {.base_url = "http://chat/api", .headers = {{"connection", "close"}, {"x-a", "1"}}, .transport = backend}};
  const TransportRequest request = co_await request_of(backend, client.websocket("/ws"));
  CHECK(request.method == "GET");
  CHECK(request.url.to_string() == "http://chat/api/ws");
  CHECK(request.headers.get_all("connection").size() == 1);
  CHECK(request.headers.get("connection") == "Upgrade");
  CHECK(request.headers.get("upgrade") == "websocket");
  CHECK(request.headers.get("sec-websocket-version") == "13");
  CHECK(request.headers.get("sec-websocket-key")->size() == 24);
  CHECK(request.headers.get("x-a") == "1");
  CHECK_FALSE(request.headers.contains("sec-websocket-protocol"));
  CHECK_FALSE(request.headers.contains("sec-websocket-extensions"));
}

ASYNC_TEST_CASE("websocket_builder: what is given goes into the request") {
  const auto backend = forbidding();
  const Client client{{.transport = backend}};
  const Room room;
  const TransportRequest request = co_await request_of(backend, client.websocket("wss://chat/ws")
                                                                    .query("q", 1)
                                                                    .query("t", "x y")
                                                                    .query(room)
                                                                    .header("x-trace", "5")
                                                                    .cookie("session", "abc")
                                                                    .bearer_auth("token")
                                                                    .subprotocol("chat.v2")
                                                                    .subprotocol("chat.v1")
                                                                    .compression());
  CHECK(request.url.to_string() == "https://chat/ws?q=1&t=x+y&room=7&name=a+b");
  CHECK(request.headers.get("x-trace") == "5");
  CHECK(request.headers.get("cookie") == "session=abc");
  CHECK(request.headers.get("authorization") == "Bearer token");
  CHECK(request.headers.get("sec-websocket-protocol") == "chat.v2, chat.v1");
  CHECK(request.headers.get("sec-websocket-extensions") == "permessage-deflate; client_max_window_bits");
}

TEST_CASE("websocket_builder: what belongs to the handshake can't be set, nor what can't be sent") {
  const Client client;
  for (const std::string_view name : {"Connection", "upgrade", "Sec-WebSocket-Key", "sec-websocket-version",
                                      "sec-websocket-protocol", "sec-websocket-extensions", "content-length"}) {
    CAPTURE(name);
    CHECK_THROWS_AS(client.websocket("ws://h/").header(name, "x"), std::invalid_argument);
  }
  CHECK_THROWS_AS(client.websocket("ws://h/").subprotocol("a b"), std::invalid_argument);
  CHECK_THROWS_AS(client.websocket("ws://h/").subprotocol("a").subprotocol("a"), std::invalid_argument);
  CHECK_THROWS_AS(client.websocket("ws://h/").max_message_bytes(0), std::invalid_argument);
  CHECK_THROWS_AS(client.websocket("ws://h/").options({.compression = {.window_bits = 16}}), std::invalid_argument);
}

ASYNC_TEST_CASE("websocket_builder: an awaited one is used up") {
  const auto backend = forbidding();
  const Client client{{.transport = backend}};
  WebSocketBuilder websocket = client.websocket("ws://h/");
  co_await request_of(backend, std::move(websocket));
  CHECK_THROWS_AS(websocket.header("a", "b"), RuntimeError);
  CHECK_THROWS_AS(static_cast<void>(websocket.connect()), RuntimeError);
}

ASYNC_TEST_CASE("websocket_builder: a URL that can't be used is refused") {
  const Client client;
  int refused = 0;
  for (const std::string url : {"ftp://h/", "ws://", "/relative", "ws:///x", "wsx://h/"}) {
    try {
      co_await client.websocket(url);
    } catch (const InvalidUrl&) {
      ++refused;
    }
  }
  CHECK(refused == 5);
}

ASYNC_TEST_CASE("websocket_builder: a transport that isn't a connection can refuse a WebSocket and not open one") {
  const auto backend = std::make_shared<MockTransport>([](const TransportRequest&) -> Async<Response> {
    Response response(Status::SwitchingProtocols);
    response.headers = Headers{{"upgrade", "websocket"}, {"connection", "upgrade"}};
    co_return response;
  });
  const Client client{{.transport = backend}};
  std::string text;
  try {
    co_await client.websocket("ws://h/ws");
  } catch (const WebSocketHandshakeError& error) {
    text = error.what();
  }
  CHECK(text == "GET http://h/ws: ClientOptions::transport can't carry a WebSocket: status 101 Switching Protocols");
}

TEST_SUITE_END();
