// SPDX-License-Identifier: BSL-1.0
#include "websocket/session.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "coroute/json.hpp"
#include "coroute/websocket/websocket.hpp"
#include "support/async_test.hpp"
#include "support/memory_websocket.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;
using coroute::detail::WebSocketOpcode;

namespace {

struct Point {
  int x = 0;
  int y = 0;
};

}  // namespace

TEST_SUITE_BEGIN("websocket");

// --- receiving ---

ASYNC_TEST_CASE("session: messages that came are received in their order, also after a proper end") {
  MemoryPeer peer;
  WebSocket ws = peer.open();
  peer.send_text("one");
  peer.send(WebSocketOpcode::Binary, "two");
  peer.send_close(1001, "bye");
  std::vector<std::string> all;
  while (auto message = co_await ws.receive())
    all.push_back(message->data());
  CHECK(all == std::vector<std::string>{"one", "two"});
  CHECK(ws.close_code() == WebSocketCloseCode::GoingAway);
  CHECK(ws.close_reason() == "bye");
  CHECK_FALSE(ws.is_open());
  const std::string again = co_await next_of(ws);
  CHECK(again == "end 1001 bye");
}

ASYNC_TEST_CASE("session: bytes that came with the head of the handshake are the first frames") {
  MemoryPeer peer;
  const std::string first = peer.frame(WebSocketOpcode::Text, "first");
  WebSocket ws = peer.open({}, first.substr(0, 4));
  peer.send_raw(first.substr(4));
  const std::string text = co_await next_of(ws);
  CHECK(text == "text first");
}

ASYNC_TEST_CASE("session: a receive that is cancelled leaves the message for the next") {
  MemoryPeer peer;
  WebSocket ws = peer.open();
  auto waiting = create_task(ws.receive());
  co_await sleep(1s);
  waiting.cancel();
  peer.send_raw(peer.frame(WebSocketOpcode::Text, "kept").substr(0, 3));
  co_await sleep(1s);
  CHECK(waiting.cancelled());
  for (int i = 0; i < 3; ++i) {
    bool timed_out = false;
    try {
      co_await timeout(1s, ws.receive());
    } catch (const TimeoutError&) {
      timed_out = true;
    }
    CHECK(timed_out);
  }
  peer.send_raw(peer.frame(WebSocketOpcode::Text, "kept").substr(3));
  const std::string text = co_await next_of(ws);
  CHECK(text == "text kept");
}

ASYNC_TEST_CASE("session: one task at a time receives") {
  MemoryPeer peer;
  WebSocket ws = peer.open();
  auto first = create_task(ws.receive());
  co_await sleep(1s);
  bool refused = false;
  try {
    co_await ws.receive();
  } catch (const RuntimeError&) {
    refused = true;
  }
  CHECK(refused);
  peer.send_text("for the first");
  const auto message = co_await first;
  CHECK(message->data() == "for the first");
  peer.send_text("for the next");
  const std::string next = co_await next_of(ws);
  CHECK(next == "text for the next");
}

ASYNC_TEST_CASE("session: a message of another type, or one that is no JSON, leaves the WebSocket open") {
  MemoryPeer peer;
  WebSocket ws = peer.open();
  peer.send(WebSocketOpcode::Binary, "bytes");
  peer.send_text("text");
  peer.send_text("{\"x\": 1}");
  peer.send_text("{\"x\": 1, \"y\": 2}");
  peer.send_text("[true]");
  int failures = 0;
  std::string reason;
  try {
    co_await ws.receive_text();
  } catch (const WebSocketDecodeError&) {
    ++failures;
  }
  try {
    co_await ws.receive_bytes();
  } catch (const WebSocketDecodeError& error) {
    ++failures;
    CHECK(error.errors().empty());
  }
  try {
    co_await ws.receive_json<Point>();
  } catch (const WebSocketDecodeError& error) {
    ++failures;
    reason = error.what();
    REQUIRE(error.errors().size() == 1);
    CHECK(error.errors()[0].type == "missing");
    CHECK(to_string(error.errors()[0].loc) == "y");
  }
  CHECK(failures == 3);
  CHECK(reason.find("ws: the message has") == 0);
  const std::optional<Point> point = co_await ws.receive_json<Point>();
  CHECK(point->y == 2);
  const std::optional<Json> json = co_await ws.receive_json<Json>();
  CHECK((*json)[0] == true);
  peer.send_close(1000);
  const std::optional<Point> none = co_await ws.receive_json<Point>();
  CHECK_FALSE(none.has_value());
}

ASYNC_TEST_CASE("session: when the queue is full nothing more is read until messages are fetched") {
  MemoryPeer peer;
  WebSocketOptions options;
  options.max_queued_messages = 3;
  WebSocket ws = peer.open(options);
  for (int i = 0; i < 3; ++i)
    peer.send_text("fits");
  CHECK(peer.wire().to_session.empty());
  for (int i = 0; i < 5; ++i)
    peer.send_text("waits");
  CHECK(peer.wire().to_session.size() == 5 * 7);
  for (int i = 0; i < 8; ++i) {
    const std::string text = co_await next_of(ws);
    CHECK(text == (i < 3 ? "text fits" : "text waits"));
  }
  CHECK(peer.wire().to_session.empty());
}

ASYNC_TEST_CASE("session: the queue is bounded within one read, and by bytes too") {
  MemoryPeer peer;
  WebSocketOptions options;
  options.max_queued_messages = 2;
  WebSocket ws = peer.open(options);
  std::string all;
  for (int i = 0; i < 1000; ++i)
    all += peer.frame(WebSocketOpcode::Text, std::to_string(i));
  peer.send_raw(all);
  for (int i = 0; i < 1000; ++i) {
    const std::string text = co_await next_of(ws);
    REQUIRE(text == "text " + std::to_string(i));
  }

  MemoryPeer other;
  WebSocketOptions by_bytes;
  by_bytes.max_queued_bytes = 10;
  WebSocket second = other.open(by_bytes);
  other.send_text("123456789");
  other.send_text("0");
  CHECK(other.wire().to_session.empty());
  other.send_text("x");
  CHECK_FALSE(other.wire().to_session.empty());
  const std::string first = co_await next_of(second);
  CHECK(first == "text 123456789");
  CHECK(other.wire().to_session.empty());
}

// --- sending ---

ASYNC_TEST_CASE("session: what is sent goes out as frames") {
  MemoryPeer peer;
  WebSocket ws = peer.open();
  co_await ws.send_text("hello");
  co_await ws.send_bytes(std::string("\x00\xFF", 2));
  const Json json{{"a", 1}};
  co_await ws.send_json(json);
  const Point point{1, 2};
  co_await ws.send_json(point);
  const std::string bytes("\x00\xFF", 2);
  CHECK(peer.received() == "text hello, binary " + bytes + R"(, text {"a":1}, text {"x":1,"y":2})");
}

ASYNC_TEST_CASE("session: only messages of min_bytes and more are compressed") {
  MemoryPeer peer;
  WebSocketOptions options;
  options.compression.min_bytes = 64;
  WebSocket ws = peer.open(options, {}, detail::CompressionTerms());
  co_await ws.send_text(std::string(63, 'x'));
  CHECK(peer.wire().from_session[0] == '\x81');
  peer.wire().from_session.clear();
  for (const std::size_t size : std::initializer_list<std::size_t>{64, 65}) {
    co_await ws.send_text(std::string(size, 'x'));
    CHECK(peer.wire().from_session[0] == '\xC1');
    CHECK(peer.wire().from_session.size() < 20);
    peer.wire().from_session.clear();
  }
}

ASYNC_TEST_CASE("session: a text that is not UTF-8 is not sent") {
  MemoryPeer peer;
  WebSocket ws = peer.open();
  bool refused = false;
  try {
    co_await ws.send_text("\xFF");
  } catch (const std::invalid_argument&) {
    refused = true;
  }
  CHECK(refused);
  CHECK(peer.received().empty());
}

ASYNC_TEST_CASE("session: senders wait while too much is unsent, and go on in their order") {
  MemoryPeer peer;
  WebSocketOptions options;
  options.send_buffer_bytes = 100;
  WebSocket ws = peer.open(options);
  peer.make_room(10);
  co_await ws.send_text(std::string(200, 'a'));  // kept: there was room when it came
  std::vector<Task<void>> senders;
  for (const char c : {'b', 'c', 'd'})
    senders.push_back(create_task(ws.send_text(std::string(200, c))));
  co_await sleep(1s);
  CHECK_FALSE(senders[0].done());
  peer.make_room(150);
  co_await sleep(1s);
  CHECK(senders[0].done());
  CHECK_FALSE(senders[1].done());
  peer.make_room(std::string::npos);
  for (Task<void>& sender : senders)
    co_await sender;
  CHECK(peer.received() == "text " + std::string(200, 'a') + ", text " + std::string(200, 'b') + ", text " +
                               std::string(200, 'c') + ", text " + std::string(200, 'd'));
}

ASYNC_TEST_CASE("session: a send that is cancelled while it waits sends nothing, and the next goes on") {
  MemoryPeer peer;
  WebSocketOptions options;
  options.send_buffer_bytes = 1;
  WebSocket ws = peer.open(options);
  peer.make_room(0);
  co_await ws.send_text("first");
  auto waits_for_room = create_task(ws.send_text("never"));
  auto waits_for_turn = create_task(ws.send_text("second"));
  co_await sleep(1s);
  waits_for_room.cancel();
  co_await sleep(1s);
  CHECK(waits_for_room.cancelled());
  peer.make_room(std::string::npos);
  co_await waits_for_turn;
  CHECK(peer.received() == "text first, text second");
}

TEST_SUITE_END();
