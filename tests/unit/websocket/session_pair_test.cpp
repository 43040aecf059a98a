// SPDX-License-Identifier: BSL-1.0
// Two sessions that talk to each other, client and server, over bytes that are cut at random.
#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/websocket/websocket.hpp"
#include "support/async_test.hpp"
#include "support/memory_websocket.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

/// A client's and a server's session, and what carries the bytes between them.
class Pair {
 public:
  explicit Pair(const std::optional<detail::CompressionTerms>& compression, const WebSocketOptions& options = {})
      : client(open(detail::WebSocketRole::Client, client_wire_, compression, options)),
        server(open(detail::WebSocketRole::Server, server_wire_, compression, options)),
        carrier_(create_task(carry(client_wire_, server_wire_))) {}
  ~Pair() { carrier_.cancel(); }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  const MemoryWire& client_wire() const { return *client_wire_; }
  const MemoryWire& server_wire() const { return *server_wire_; }

 private:
  using Wire = std::shared_ptr<MemoryWire>;

  static WebSocket open(detail::WebSocketRole role, const Wire& wire,
                        const std::optional<detail::CompressionTerms>& compression, const WebSocketOptions& options) {
    detail::WebSocketSetup setup;
    setup.role = role;
    setup.label = "ws";
    setup.compression = compression;
    return WebSocket(detail::WebSocketSession::open(EventLoop::current(), std::make_unique<MemoryConnection>(wire),
                                                    std::move(setup), options));
  }
  static Async<void> carry(Wire one, Wire other) {
    std::minstd_rand random(3);
    while (true) {
      move_some(*one, *other, random() % 5000);
      move_some(*other, *one, random() % 5000);
      co_await sleep(1ms);
    }
  }
  /// Holds at most 10,000 bytes on either side.
  static void move_some(MemoryWire& from, MemoryWire& to, std::size_t count) {
    if (to.to_session.size() > 10'000) count = 0;
    const std::string piece = from.from_session.substr(0, count);
    from.from_session.erase(0, piece.size());
    from.room = from.from_session.size() < 10'000 ? 10'000 - from.from_session.size() : 0;
    to.to_session += piece;
    if (!from.open && from.from_session.empty()) to.ended = true;
    from.notify();
    to.notify();
  }

  Wire client_wire_ = std::make_shared<MemoryWire>();
  Wire server_wire_ = std::make_shared<MemoryWire>();

 public:
  WebSocket client;
  WebSocket server;

 private:
  Task<void> carrier_;
};

std::string message_of(int number) {
  std::minstd_rand random(static_cast<unsigned>(number) + 1);
  std::string text = std::to_string(number) + ' ';
  const std::size_t size = random() % (number % 10 == 0 ? 50'000 : 300);
  while (text.size() < size)
    text += static_cast<char>('a' + random() % 5);
  return text;
}

Async<void> send_all(WebSocket& ws, int count) {
  for (int i = 0; i < count; ++i) {
    std::string message = message_of(i);
    if (i % 2 == 0) {
      co_await ws.send_text(std::move(message));
    } else {
      co_await ws.send_bytes(std::move(message));
    }
  }
}

/// How many came in order.
Async<int> receive_all(WebSocket& ws) {
  int count = 0;
  while (auto message = co_await ws.receive()) {
    if (message->is_text() != (count % 2 == 0) || message->data() != message_of(count)) break;
    ++count;
  }
  co_return count;
}

}  // namespace

TEST_SUITE_BEGIN("websocket");

ASYNC_TEST_CASE("session pair: messages in both directions arrive whole and in order, compressed and not") {
  using Terms = detail::CompressionTerms;
  for (const auto& compression : {std::optional<Terms>(), std::optional(Terms{12, 12, true, true}),
                                  std::optional(Terms{9, 9, false, false}), std::optional(Terms{8, 8, true, true})}) {
    Pair pair(compression);
    CHECK(pair.client.is_compressed() == compression.has_value());
    auto to_server = create_task(send_all(pair.client, 200));
    auto to_client = create_task(send_all(pair.server, 200));
    auto at_server = create_task(receive_all(pair.server));
    auto at_client = create_task(receive_all(pair.client));
    co_await to_server;
    co_await to_client;
    co_await pair.client.ping();
    co_await pair.server.ping();
    co_await pair.client.close();
    const int server_count = co_await at_server;
    const int client_count = co_await at_client;
    CHECK(server_count == 200);
    CHECK(client_count == 200);
    CHECK(pair.client.close_code() == WebSocketCloseCode::NormalClosure);
    CHECK(pair.server.close_code() == WebSocketCloseCode::NormalClosure);
  }
}

ASYNC_TEST_CASE("session pair: both may close at once") {
  Pair pair(std::nullopt);
  auto one = create_task(pair.client.close(WebSocketCloseCode(4001), "client"));
  auto other = create_task(pair.server.close(WebSocketCloseCode(4002), "server"));
  co_await one;
  co_await other;
  CHECK(pair.client.close_code() == WebSocketCloseCode(4002));
  CHECK(pair.server.close_code() == WebSocketCloseCode(4001));
  CHECK_FALSE(pair.client_wire().open);
  CHECK_FALSE(pair.server_wire().open);
}

ASYNC_TEST_CASE("session pair: idle ones keep each other alive") {
  WebSocketOptions options;
  options.ping_interval = 1s;
  options.ping_timeout = 1s;
  Pair pair(std::nullopt, options);
  co_await sleep(100s);
  CHECK(pair.client.is_open());
  CHECK(pair.server.is_open());
}

ASYNC_TEST_CASE("session pair: a side that doesn't fetch makes the other wait, without loss") {
  WebSocketOptions options;
  options.max_queued_messages = 2;
  options.send_buffer_bytes = 1000;
  options.write_timeout = 0s;
  Pair pair(std::nullopt, options);
  auto sending = create_task(send_all(pair.client, 300));
  co_await sleep(10s);
  CHECK_FALSE(sending.done());
  auto receiving = create_task(receive_all(pair.server));
  co_await sending;
  co_await pair.client.close();
  const int count = co_await receiving;
  CHECK(count == 300);
}

TEST_SUITE_END();
