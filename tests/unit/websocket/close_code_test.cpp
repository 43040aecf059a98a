// SPDX-License-Identifier: BSL-1.0
#include "coroute/websocket/close_code.hpp"

#include <doctest/doctest.h>

#include "coroute/websocket/errors.hpp"

using namespace coroute;

TEST_SUITE_BEGIN("websocket");

TEST_CASE("close_code: what may be sent are the registered codes and 3000 to 4999") {
  std::string sendable;
  for (unsigned code = 0; code <= 0xFFFF; ++code) {
    const bool now = is_sendable(static_cast<WebSocketCloseCode>(code));
    const bool before = code > 0 && is_sendable(static_cast<WebSocketCloseCode>(code - 1));
    if (now && !before) sendable += std::to_string(code) + '-';
    if (!now && before) sendable += std::to_string(code - 1) + ' ';
  }
  CHECK(sendable == "1000-1003 1007-1014 3000-4999 ");
}

TEST_CASE("close_code: registered codes have names") {
  CHECK(to_string(WebSocketCloseCode::GoingAway) == "going away");
  CHECK(to_string(WebSocketCloseCode::InvalidFramePayloadData) == "invalid frame payload data");
  CHECK(to_string(WebSocketCloseCode(4000)).empty());
  CHECK(to_number(WebSocketCloseCode::MessageTooBig) == 1009);
}

TEST_CASE("errors: a text names the WebSocket, the code and the peer's reason") {
  const WebSocketClosed plain("GET http://h/ws", "the WebSocket is closed", WebSocketCloseCode(4001), "bye");
  CHECK(std::string(plain.what()) == "GET http://h/ws: the WebSocket is closed (4001: bye)");
  CHECK(plain.code() == WebSocketCloseCode(4001));
  CHECK(plain.reason() == "bye");
  const WebSocketPingTimeout named("GET http://h/ws", "no pong", WebSocketCloseCode::AbnormalClosure);
  CHECK(std::string(named.what()) == "GET http://h/ws: no pong (1006 abnormal closure)");
}

TEST_SUITE_END();
