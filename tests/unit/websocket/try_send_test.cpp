// SPDX-License-Identifier: BSL-1.0
// Sending without waiting, to peers that take less than is sent.
#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "coroute/asyncio/sleep.hpp"
#include "coroute/websocket/websocket.hpp"
#include "support/async_test.hpp"
#include "support/memory_websocket.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t frame_head = 2;  // of a short message from a server

WebSocketOptions with_limit(std::size_t bytes) {
  WebSocketOptions options;
  options.max_unsent_bytes = bytes;
  return options;
}

}  // namespace

TEST_SUITE_BEGIN("websocket");

ASYNC_TEST_CASE("try_send: texts and bytes are sent at once") {
  MemoryPeer peer(detail::WebSocketRole::Server);
  WebSocket ws = peer.open();
  CHECK(ws.try_send_text("hello"));
  CHECK(ws.try_send_bytes("bytes"));
  CHECK(peer.received() == "text hello, binary bytes");
  co_await ws.close();
}

ASYNC_TEST_CASE(
    "try_send: below and at max_unsent_bytes messages are queued, above the WebSocket is closed with 1013") {
  for (const std::size_t left : {1U, 0U}) {
    CAPTURE(left);
    MemoryPeer peer(detail::WebSocketRole::Server);
    WebSocket ws = peer.open(with_limit(50));
    peer.make_room(0);
    CHECK(ws.try_send_text(std::string(20, 'a')));
    CHECK(ws.try_send_text(std::string(50 - 20 - frame_head - left, 'b')));
    CHECK(ws.is_open());
    CHECK_FALSE(ws.try_send_text(std::string(left + 1, 'c')));
    CHECK_FALSE(ws.is_open());
    CHECK(ws.close_code() == WebSocketCloseCode::TryAgainLater);
    peer.make_room(std::string::npos);
    CHECK(peer.received().ends_with("b, close 1013 too slow"));
    CHECK_FALSE(ws.try_send_text("more"));
    CHECK(peer.received().empty());
  }
  co_return;
}

ASYNC_TEST_CASE("try_send: what is sent while nothing is unsent may be larger than max_unsent_bytes") {
  MemoryPeer peer(detail::WebSocketRole::Server);
  WebSocket ws = peer.open(with_limit(10));
  CHECK(ws.try_send_text(std::string(100, 'a')));
  CHECK(ws.try_send_text(std::string(100, 'b')));
  CHECK(ws.is_open());
  co_return;
}

ASYNC_TEST_CASE("try_send: a peer that reads again gets on") {
  MemoryPeer peer(detail::WebSocketRole::Server);
  WebSocket ws = peer.open(with_limit(50));
  for (int i = 0; i < 100; ++i) {
    peer.make_room(0);
    CHECK(ws.try_send_text(std::string(40, 'a')));
    peer.make_room(std::string::npos);
  }
  CHECK(ws.is_open());
  co_return;
}

ASYNC_TEST_CASE("try_send: a text that is not UTF-8 is refused, bytes may be anything") {
  MemoryPeer peer(detail::WebSocketRole::Server);
  WebSocket ws = peer.open();
  CHECK_THROWS_AS(ws.try_send_text("\xFF"), std::invalid_argument);
  CHECK(ws.try_send_bytes("\xFF"));
  co_return;
}

ASYNC_TEST_CASE("try_send: nothing is sent to a peer that has gone") {
  MemoryPeer peer(detail::WebSocketRole::Server);
  WebSocket ws = peer.open();
  peer.end();
  co_await sleep(1s);
  CHECK_FALSE(ws.try_send_text("x"));
}

TEST_SUITE_END();
