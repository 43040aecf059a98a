// SPDX-License-Identifier: BSL-1.0
#include "client/websocket_handshake.hpp"

#include <doctest/doctest.h>

using coroute::detail::http_url_of;

TEST_SUITE_BEGIN("client");

TEST_CASE("websocket_handshake: ws and wss are http and https, anything else stands as it is") {
  CHECK(http_url_of("ws://h:1/x?q#f") == "http://h:1/x?q#f");
  CHECK(http_url_of("wss://h") == "https://h");
  CHECK(http_url_of("WSS://h") == "https://h");
  CHECK(http_url_of("http://h") == "http://h");
  CHECK(http_url_of("https://ws://h") == "https://ws://h");
  CHECK(http_url_of("/ws") == "/ws");
  CHECK(http_url_of("ws") == "ws");
  CHECK(http_url_of("ws:/h") == "ws:/h");
  CHECK(http_url_of("") == "");
}

TEST_SUITE_END();
