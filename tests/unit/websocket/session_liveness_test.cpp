// SPDX-License-Identifier: BSL-1.0
// Pings, and peers that are silent or take nothing.
#include <doctest/doctest.h>

#include <chrono>
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

namespace {

Clock::duration now() {
  return EventLoop::current().time().time_since_epoch();
}

}  // namespace

TEST_SUITE_BEGIN("websocket");

// --- pings ---

ASYNC_TEST_CASE("session: pings are answered without anybody receiving") {
  MemoryPeer peer;
  WebSocket ws = peer.open();
  peer.send(WebSocketOpcode::Ping, "a");
  peer.send(WebSocketOpcode::Ping, "");
  co_await sleep(1s);
  CHECK(peer.received() == "pong a, pong ");
}

ASYNC_TEST_CASE("session: a peer that sends pings without reading is owed one answer, to the last") {
  MemoryPeer peer;
  WebSocketOptions options;
  options.send_buffer_bytes = 50;
  WebSocket ws = peer.open(options);
  peer.make_room(0);
  for (int i = 0; i < 1000; ++i)
    peer.send(WebSocketOpcode::Ping, std::string(40, 'x') + std::to_string(i));
  co_await sleep(1s);
  peer.make_room(std::string::npos);
  const std::string pongs = peer.received();
  CHECK(pongs.size() < 300);
  CHECK(pongs.ends_with("x999"));
}

ASYNC_TEST_CASE("session: ping waits for its own pong and gives the time that took") {
  MemoryPeer peer;
  WebSocket ws = peer.open();
  auto first = create_task(ws.ping());
  auto second = create_task(ws.ping());
  co_await sleep(1s);
  peer.send(WebSocketOpcode::Pong, "unasked");
  peer.send(WebSocketOpcode::Pong, std::string(8, '\xFF'));
  CHECK(peer.received() == "ping, ping");
  co_await sleep(2s);
  CHECK_FALSE(first.done());
  peer.send(WebSocketOpcode::Pong, peer.ping_payload());  // of the second: says that the first came too
  const Clock::duration took = co_await second;
  CHECK(took >= 3s);
  co_await first;
}

ASYNC_TEST_CASE("session: a ping ends with the connection") {
  MemoryPeer peer;
  WebSocket ws = peer.open();
  auto waiting = create_task(ws.ping());
  co_await sleep(1s);
  peer.send_close(1000);
  std::string outcome;
  try {
    co_await waiting;
  } catch (const WebSocketError& error) {
    outcome = class_of(error);
  }
  CHECK(outcome == "WebSocketClosed");
}

// --- silence ---

ASYNC_TEST_CASE("session: a silent peer gets a ping after ping_interval, and is given up ping_timeout later") {
  MemoryPeer peer;
  WebSocketOptions options;
  options.ping_interval = 60s;
  options.ping_timeout = 20s;
  WebSocket ws = peer.open(options);
  const Clock::duration began = now();
  co_await sleep(59s);
  CHECK(peer.received().empty());
  co_await sleep(2s);
  CHECK(peer.received() == "ping");
  const std::string outcome = co_await next_of(ws);
  CHECK(outcome == "WebSocketPingTimeout");
  CHECK(now() - began == 80s);
  CHECK(ws.close_code() == WebSocketCloseCode::AbnormalClosure);
  co_await sleep(1s);
  CHECK_FALSE(peer.wire().open);
  const std::string again = co_await next_of(ws);
  CHECK(again == "WebSocketPingTimeout");
  const std::string sending = co_await outcome_of_sending(ws, "x");
  CHECK(sending == "WebSocketPingTimeout");
}

ASYNC_TEST_CASE("session: whatever comes is a sign of life") {
  MemoryPeer peer;
  WebSocketOptions options;
  options.ping_interval = 60s;
  options.ping_timeout = 20s;
  WebSocket ws = peer.open(options);
  for (int i = 0; i < 10; ++i) {
    co_await sleep(50s);
    peer.send_text("x");
    co_await ws.receive();
  }
  CHECK(peer.received().empty());
  for (int i = 0; i < 3; ++i) {
    co_await sleep(79s);  // within the answer's time
    CHECK(peer.received() == "ping");
    peer.send(WebSocketOpcode::Pong, peer.ping_payload());
  }
  CHECK(ws.is_open());
}

ASYNC_TEST_CASE("session: a peer that is not read from is not silent") {
  MemoryPeer peer;
  WebSocketOptions options;
  options.max_queued_messages = 1;
  WebSocket ws = peer.open(options);
  peer.send_text("one");
  peer.send_text("two");
  co_await sleep(1h);
  CHECK(ws.is_open());
  const std::string one = co_await next_of(ws);
  CHECK(one == "text one");
}

ASYNC_TEST_CASE("session: with ping_interval 0 nobody is pinged") {
  MemoryPeer peer;
  WebSocketOptions options;
  options.ping_interval = 0s;
  WebSocket ws = peer.open(options);
  co_await sleep(24h);
  CHECK(peer.received().empty());
  CHECK(ws.is_open());
}

ASYNC_TEST_CASE(
    "session: with ping_timeout 0 a silent peer gets a ping after every ping_interval, and is never given up") {
  MemoryPeer peer;
  WebSocketOptions options;
  options.ping_interval = 60s;
  options.ping_timeout = 0s;
  WebSocket ws = peer.open(options);
  co_await sleep(61s);
  for (int i = 0; i < 3; ++i) {
    CHECK(peer.received() == "ping");
    co_await sleep(60s);
  }
  CHECK(ws.is_open());
}

ASYNC_TEST_CASE("session: a silent peer that takes what waits for it is not given up") {
  MemoryPeer peer;
  WebSocketOptions options;
  options.ping_interval = 60s;
  options.ping_timeout = 20s;
  WebSocket ws = peer.open(options);
  peer.make_room(0);
  co_await ws.send_text(std::string(1000, 'a'));
  for (int i = 0; i < 40; ++i) {
    co_await sleep(5s);
    peer.make_room(10);
  }
  CHECK(ws.is_open());
  peer.make_room(std::string::npos);
  CHECK(peer.received() == "text " + std::string(1000, 'a'));
  co_await sleep(61s);
  CHECK(peer.received() == "ping");
  co_await sleep(20s);
  CHECK_FALSE(ws.is_open());
}

ASYNC_TEST_CASE("session: a silent peer for which nothing waits is given up, however much is sent to it") {
  MemoryPeer peer;
  WebSocketOptions options;
  options.ping_interval = 60s;
  options.ping_timeout = 20s;
  WebSocket ws = peer.open(options);
  for (int i = 0; i < 15; ++i) {
    co_await sleep(5s);
    CHECK(ws.try_send_text("x"));
  }
  co_await sleep(6s);
  CHECK_FALSE(ws.is_open());
}

ASYNC_TEST_CASE(
    "session: a silent peer that takes nothing is given up after ping_timeout when there is no write_timeout") {
  MemoryPeer peer;
  WebSocketOptions options;
  options.write_timeout = 0s;
  options.ping_interval = 60s;
  options.ping_timeout = 20s;
  WebSocket ws = peer.open(options);
  peer.make_room(0);
  co_await ws.send_text("x");
  const std::string outcome = co_await next_of(ws);
  CHECK(outcome == "WebSocketPingTimeout");
}

ASYNC_TEST_CASE("session: a peer that takes no byte for write_timeout is given up, one that takes some is not") {
  MemoryPeer peer;
  WebSocketOptions options;
  options.write_timeout = 10s;
  options.ping_interval = 0s;
  WebSocket ws = peer.open(options);
  peer.make_room(0);
  co_await ws.send_text(std::string(1000, 'a'));
  for (int i = 0; i < 5; ++i) {
    co_await sleep(9s);
    peer.make_room(1);
  }
  CHECK(ws.is_open());
  co_await sleep(11s);
  const std::string outcome = co_await next_of(ws);
  CHECK(outcome == "WebSocketWriteTimeout");
  CHECK_FALSE(peer.wire().open);
}

TEST_SUITE_END();
