// SPDX-License-Identifier: BSL-1.0
// The end of a session, from either side, good or bad.
#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>

#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/websocket/websocket.hpp"
#include "support/async_test.hpp"
#include "support/memory_websocket.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;
using coroute::detail::WebSocketOpcode;
using coroute::detail::WebSocketRole;

TEST_SUITE_BEGIN("websocket");

ASYNC_TEST_CASE("session: close is answered by the peer, and ends with the connection") {
  MemoryPeer peer;
  WebSocket ws = peer.open();
  auto closing = create_task(ws.close(WebSocketCloseCode(4000), "enough"));
  co_await sleep(1s);
  CHECK(peer.received() == "close 4000 enough");
  CHECK_FALSE(ws.is_open());
  peer.send_text("too late");
  peer.send_close(4000, "as you wish");
  co_await sleep(1s);
  CHECK_FALSE(closing.done());  // a server closes first
  peer.end();
  co_await closing;
  CHECK(ws.close_code() == WebSocketCloseCode(4000));
  CHECK(ws.close_reason() == "as you wish");
  CHECK_FALSE(peer.wire().open);
  const std::string outcome = co_await next_of(ws);
  CHECK(outcome == "end 4000 as you wish");
  co_await ws.close();
}

ASYNC_TEST_CASE("session: a server ends the connection itself once both have said Close") {
  MemoryPeer peer(WebSocketRole::Server);
  WebSocket ws = peer.open();
  peer.send_close(1000);
  CHECK(peer.received() == "close 1000 ");
  co_await sleep(1s);
  CHECK_FALSE(peer.wire().open);

  MemoryPeer other(WebSocketRole::Server);
  WebSocket second = other.open();
  auto closing = create_task(second.close());
  co_await sleep(1s);
  other.send_close(1000);
  co_await closing;
  CHECK_FALSE(other.wire().open);
}

ASYNC_TEST_CASE("session: the peer's Close is answered with its code, and none with none") {
  MemoryPeer peer;
  WebSocket ws = peer.open();
  peer.send_close(4002, "bye");
  CHECK(peer.received() == "close 4002 ");
  MemoryPeer other;
  WebSocket second = other.open();
  other.send(WebSocketOpcode::Close, "");
  CHECK(other.received() == "close 1005 ");
  const std::string outcome = co_await next_of(second);
  CHECK(outcome == "end 1005 ");
}

ASYNC_TEST_CASE("session: a peer that doesn't answer Close is cut off after close_timeout") {
  MemoryPeer peer;
  WebSocketOptions options;
  options.close_timeout = 10s;
  options.ping_interval = 0s;
  WebSocket ws = peer.open(options);
  const auto began = EventLoop::current().time();
  co_await ws.close();
  CHECK(EventLoop::current().time() - began == 10s);
  CHECK(ws.close_code() == WebSocketCloseCode::AbnormalClosure);
  CHECK_FALSE(peer.wire().open);
  const std::string outcome = co_await next_of(ws);
  CHECK(outcome == "end 1006 ");
}

ASYNC_TEST_CASE("session: a peer that answers Close and keeps the connection is cut off after close_timeout") {
  MemoryPeer peer;
  WebSocketOptions options;
  options.close_timeout = 10s;
  WebSocket ws = peer.open(options);
  peer.send_close(1000);
  const auto began = EventLoop::current().time();
  const std::string outcome = co_await next_of(ws);
  CHECK(outcome == "end 1000 ");
  CHECK(EventLoop::current().time() == began);
  co_await ws.close();
  CHECK(EventLoop::current().time() - began == 10s);
  CHECK(ws.close_code() == WebSocketCloseCode::NormalClosure);
  CHECK_FALSE(peer.wire().open);
}

ASYNC_TEST_CASE("session: close gets through to a peer whose messages nobody fetches") {
  MemoryPeer peer;
  WebSocketOptions options;
  options.max_queued_messages = 1;
  WebSocket ws = peer.open(options);
  for (int i = 0; i < 10; ++i)
    peer.send_text("x");
  auto closing = create_task(ws.close());
  co_await sleep(1s);
  peer.send_close(1000);
  peer.end();
  co_await closing;
  CHECK(ws.close_code() == WebSocketCloseCode::NormalClosure);
  const std::string first = co_await next_of(ws);
  CHECK(first == "text x");
  const std::string end = co_await next_of(ws);
  CHECK(end == "end 1000 ");
}

ASYNC_TEST_CASE("session: messages that come after our Close are not unpacked") {
  MemoryPeer peer;
  WebSocketOptions options;
  options.max_message_bytes = 100;
  WebSocket ws = peer.open(options, {}, detail::CompressionTerms());
  auto closing = create_task(ws.close());
  co_await sleep(1s);
  peer.send_raw("\xC1\x04\xFF\xFF\xFF\xFF");  // would be malformed
  peer.send_text(std::string(101, 'x'));
  peer.send_close(1000, "bye");
  peer.end();
  co_await closing;
  const std::string outcome = co_await next_of(ws);
  CHECK(outcome == "end 1000 bye");
}

ASYNC_TEST_CASE("session: a close that is cancelled goes on in the background") {
  MemoryPeer peer;
  WebSocket ws = peer.open();
  auto closing = create_task(ws.close());
  co_await sleep(1s);
  closing.cancel();
  co_await sleep(1s);
  CHECK(peer.received() == "close 1000 ");
  peer.send_close(1000);
  peer.end();
  co_await sleep(1s);
  CHECK_FALSE(peer.wire().open);
}

ASYNC_TEST_CASE("session: close refuses codes that must not be sent and reasons that don't fit") {
  MemoryPeer peer;
  WebSocket ws = peer.open();
  int refused = 0;
  for (const unsigned code : {0U, 1005U, 1006U, 1015U, 2000U, 5000U}) {
    try {
      co_await ws.close(static_cast<WebSocketCloseCode>(code));
    } catch (const std::invalid_argument&) {
      ++refused;
    }
  }
  for (const std::string& reason : {std::string(124, 'x'), std::string("\xFF"), std::string("\xE2\x82")}) {
    try {
      co_await ws.close(WebSocketCloseCode::NormalClosure, reason);
    } catch (const std::invalid_argument&) {
      ++refused;
    }
  }
  CHECK(refused == 9);
  CHECK(ws.is_open());
  auto closing = create_task(ws.close(WebSocketCloseCode::NormalClosure, std::string(123, 'x')));
  co_await sleep(1s);
  CHECK(peer.received() == "close 1000 " + std::string(123, 'x'));
}

ASYNC_TEST_CASE("session: nothing can be sent once either side has closed") {
  MemoryPeer peer;
  WebSocket ws = peer.open();
  peer.send_close(4001, "bye");
  std::string text;
  try {
    co_await ws.send_text("x");
  } catch (const WebSocketClosed& error) {
    text = error.what();
  }
  CHECK(text == "ws: the WebSocket is closed (4001: bye)");

  MemoryPeer other;
  WebSocket second = other.open();
  auto closing = create_task(second.close());
  co_await sleep(1s);
  const std::string outcome = co_await outcome_of_sending(second, "x");
  CHECK(outcome == "WebSocketClosed");
  other.send(WebSocketOpcode::Ping, "no answer");
  CHECK(other.received() == "close 1000 ");
}

ASYNC_TEST_CASE("session: senders that wait end with the WebSocket") {
  MemoryPeer peer;
  WebSocketOptions options;
  options.send_buffer_bytes = 1;
  WebSocket ws = peer.open(options);
  peer.make_room(0);
  co_await ws.send_text("first");
  auto first = create_task(outcome_of_sending(ws, "x"));
  auto second = create_task(outcome_of_sending(ws, "y"));
  co_await sleep(1s);
  peer.send_close(1000);
  const std::string one = co_await first;
  const std::string two = co_await second;
  CHECK(one == "WebSocketClosed");
  CHECK(two == "WebSocketClosed");
}

// --- what goes wrong ---

ASYNC_TEST_CASE("session: a peer that breaks the protocol is told why, after what came before was received") {
  MemoryPeer peer;
  WebSocket ws = peer.open();
  peer.send_raw(peer.frame(WebSocketOpcode::Text, "good") + "\xF1\x05hello");
  CHECK(peer.received() == "close 1002 a frame with a reserved bit");
  const std::string good = co_await next_of(ws);
  CHECK(good == "text good");
  const std::string outcome = co_await next_of(ws);
  CHECK(outcome == "WebSocketProtocolError");
  CHECK(ws.close_code() == WebSocketCloseCode::ProtocolError);
  CHECK(peer.wire().open);  // until the peer has seen it
  peer.send_raw("more of it");
  peer.end();
  co_await sleep(1s);
  CHECK_FALSE(peer.wire().open);
  const std::string again = co_await next_of(ws);
  CHECK(again == "WebSocketProtocolError");
}

ASYNC_TEST_CASE("session: a failed one doesn't wait for its peer longer than close_timeout") {
  MemoryPeer peer;
  WebSocket ws = peer.open();
  peer.send_raw("\x81\xFF");
  for (int i = 0; i < 9; ++i) {
    co_await sleep(1s);
    peer.send_raw(std::string(100'000, 'x'));
  }
  CHECK(peer.wire().open);
  co_await sleep(1s);
  CHECK_FALSE(peer.wire().open);
}

ASYNC_TEST_CASE("session: a server ends the connection at once when the peer answers its Close with a broken frame") {
  MemoryPeer peer(WebSocketRole::Server);
  WebSocketOptions options;
  options.close_timeout = 0s;
  WebSocket ws = peer.open(options);
  auto closing = create_task(ws.close(WebSocketCloseCode(4000), "enough"));
  co_await sleep(1s);
  peer.send_raw("\xF1\x85");
  co_await sleep(1s);
  CHECK_FALSE(peer.wire().open);
  CHECK(closing.done());
  CHECK(peer.received() == "close 4000 enough");
  const std::string outcome = co_await next_of(ws);
  CHECK(outcome == "end 1006 ");
}

ASYNC_TEST_CASE("session: a message over the limit is an error of its own, one at the limit is none") {
  MemoryPeer peer;
  WebSocketOptions options;
  options.max_message_bytes = 100;
  WebSocket ws = peer.open(options);
  peer.send_text(std::string(100, 'x'));
  peer.send_text(std::string(101, 'x'));
  const std::string good = co_await next_of(ws);
  CHECK(good == "text " + std::string(100, 'x'));
  std::string text;
  try {
    co_await ws.receive();
  } catch (const WebSocketMessageTooLarge& error) {
    text = error.what();
  }
  CHECK(text == "ws: the peer sent a message over the limit of 100 bytes (1009 message too big)");
  CHECK(peer.received() == "close 1009 a message over the limit");
}

ASYNC_TEST_CASE(
    "session: a peer that breaks the protocol and sends no more is told why, and all that was sent before") {
  for (const auto role : {WebSocketRole::Client, WebSocketRole::Server}) {
    MemoryPeer peer(role);
    WebSocket ws = peer.open();
    peer.make_room(0);
    co_await ws.send_text("before");
    peer.wire().ended = true;
    peer.send_raw("\xF1\x85");
    co_await sleep(1s);
    CHECK(peer.wire().open);
    peer.make_room(std::string::npos);
    CHECK(peer.received() == "text before, close 1002 a frame with a reserved bit");
    co_await sleep(1s);
    CHECK_FALSE(peer.wire().open);
  }
}

ASYNC_TEST_CASE("session: a Close frame is answered also when the end of the connection comes with it") {
  for (const auto role : {WebSocketRole::Client, WebSocketRole::Server}) {
    MemoryPeer peer(role);
    WebSocket ws = peer.open();
    peer.make_room(0);
    co_await ws.send_text("before");
    peer.wire().ended = true;
    peer.send_close(1000);
    co_await sleep(1s);
    peer.make_room(std::string::npos);
    CHECK(peer.received() == "text before, close 1000 ");
    co_await sleep(1s);
    CHECK_FALSE(peer.wire().open);
  }
}

ASYNC_TEST_CASE("session: a connection that ends without Close is an error, after what came before") {
  MemoryPeer peer;
  WebSocket ws = peer.open();
  peer.send_text("last");
  peer.end();
  const std::string last = co_await next_of(ws);
  CHECK(last == "text last");
  const std::string outcome = co_await next_of(ws);
  CHECK(outcome == "WebSocketClosed");
  CHECK(ws.close_code() == WebSocketCloseCode::AbnormalClosure);
  const std::string sending = co_await outcome_of_sending(ws, "x");
  CHECK(sending == "WebSocketClosed");
}

ASYNC_TEST_CASE("session: when sending fails, what the peer said before still counts") {
  MemoryPeer peer;
  WebSocket ws = peer.open();
  peer.wire().refuses = true;
  peer.wire().to_session = peer.frame(WebSocketOpcode::Text, "last words");
  co_await ws.send_text("x");
  const std::string last = co_await next_of(ws);
  CHECK(last == "text last words");
  const std::string outcome = co_await next_of(ws);
  CHECK(outcome == "WebSocketClosed");
}

ASYNC_TEST_CASE("session: when sending fails nothing that was received is lost, however long it isn't fetched") {
  MemoryPeer peer;
  WebSocketOptions options;
  options.max_queued_messages = 1;
  WebSocket ws = peer.open(options);
  peer.send_raw(peer.frame(WebSocketOpcode::Text, "one") + peer.frame(WebSocketOpcode::Text, "two"));
  peer.send_text("three");
  peer.wire().refuses = true;
  co_await ws.send_text("x");
  co_await sleep(1s);
  const std::string sending = co_await outcome_of_sending(ws, "y");
  CHECK(sending == "WebSocketClosed");
  for (const std::string expected : {"text one", "text two", "text three", "WebSocketClosed"}) {
    const std::string outcome = co_await next_of(ws);
    CHECK(outcome == expected);
  }
  co_await sleep(1s);
  CHECK_FALSE(peer.wire().open);
}

ASYNC_TEST_CASE("session: one whose peer is gone is not open, though what it said was not fetched") {
  MemoryPeer peer;
  WebSocketOptions options;
  options.max_queued_messages = 1;
  WebSocket ws = peer.open(options);
  peer.send_text("one");
  peer.send_text("two");
  peer.end();
  CHECK(ws.is_open());
  CHECK_FALSE(ws.close_code().has_value());
  peer.wire().refuses = true;
  CHECK(ws.try_send_text("x"));
  co_await sleep(1s);
  CHECK_FALSE(ws.is_open());
  CHECK(ws.close_code() == WebSocketCloseCode::AbnormalClosure);
  CHECK_FALSE(ws.try_send_text("x"));
  for (const std::string expected : {"text one", "text two", "WebSocketClosed"}) {
    const std::string outcome = co_await next_of(ws);
    CHECK(outcome == expected);
  }
}

ASYNC_TEST_CASE("session: destroyed while open it says going away and closes at once") {
  MemoryPeer peer;
  {
    const WebSocket ws = peer.open();
  }
  CHECK(peer.received() == "close 1001 ");
  co_await sleep(1s);
  CHECK_FALSE(peer.wire().open);
}

ASYNC_TEST_CASE("session: destroyed under a task that receives it ends that") {
  MemoryPeer peer;
  std::optional<WebSocket> ws(peer.open());
  auto waiting = create_task(ws->receive());
  co_await sleep(1s);
  ws.reset();
  bool ended = false;
  try {
    const auto message = co_await waiting;
    ended = !message.has_value();
  } catch (const WebSocketClosed&) {
    ended = true;
  }
  CHECK(ended);
}

ASYNC_TEST_CASE("session: a moved WebSocket goes on") {
  MemoryPeer peer;
  WebSocket first = peer.open();
  auto waiting = create_task(first.receive());
  co_await sleep(1s);
  WebSocket second = std::move(first);
  peer.send_text("for whoever waits");
  const auto message = co_await waiting;
  CHECK(message->data() == "for whoever waits");
  MemoryPeer other;
  second = other.open();
  other.send_text("other");
  const std::string next = co_await next_of(second);
  CHECK(next == "text other");
}

TEST_CASE("session: one that outlives its loop is closed") {
  MemoryPeer peer;
  std::optional<WebSocket> ws;
  run(
      [](MemoryPeer& from, std::optional<WebSocket>& to) -> Async<void> {
        to.emplace(from.open());
        co_return;
      }(peer, ws),
      {.virtual_time = true});
  CHECK_FALSE(peer.wire().open);
  CHECK_FALSE(ws->is_open());
  CHECK(ws->close_code() == WebSocketCloseCode::AbnormalClosure);
  ws.reset();
}

TEST_SUITE_END();
