// SPDX-License-Identifier: BSL-1.0
#include "coroute/websocket/rooms.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "coroute/asyncio/errors.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/json.hpp"
#include "coroute/websocket/websocket.hpp"
#include "support/async_test.hpp"
#include "support/loop_thread.hpp"
#include "support/memory_websocket.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

struct Point {
  int x;
  int y;
};

/// A member whose peer is the test.
struct Guest {
  explicit Guest(WebSocketRooms& rooms, std::string_view room, const WebSocketOptions& options = {})
      : ws(peer.open(options)), membership(rooms.join(room, ws)) {}

  MemoryPeer peer{detail::WebSocketRole::Server};
  WebSocket ws;
  std::optional<WebSocketRooms::Membership> membership;
};

}  // namespace

TEST_SUITE_BEGIN("websocket");

ASYNC_TEST_CASE("rooms: all members hear what is broadcast to their room, and nobody else") {
  WebSocketRooms rooms;
  Guest ann(rooms, "a");
  Guest bob(rooms, "a");
  Guest eve(rooms, "b");
  rooms.broadcast_text("a", "hello");
  rooms.broadcast_bytes("a", "\xFF");
  rooms.broadcast_text("b", "psst");
  rooms.broadcast_text("c", "nobody");
  co_await sleep(1s);
  CHECK(ann.peer.received() == "text hello, binary \xFF");
  CHECK(bob.peer.received() == "text hello, binary \xFF");
  CHECK(eve.peer.received() == "text psst");
}

ASYNC_TEST_CASE("rooms: models and Json are broadcast as JSON") {
  WebSocketRooms rooms;
  Guest ann(rooms, "a");
  rooms.broadcast_json("a", Point{1, 2});
  rooms.broadcast_json("a", Json{{"z", nullptr}});
  co_await sleep(1s);
  CHECK(ann.peer.received() == R"(text {"x":1,"y":2}, text {"z":null})");
}

ASYNC_TEST_CASE("rooms: who has left hears nothing more, and who joins hears nothing that came before") {
  WebSocketRooms rooms;
  Guest ann(rooms, "a");
  Guest bob(rooms, "a");
  CHECK(rooms.size("a") == 2);
  rooms.broadcast_text("a", "1");
  bob.membership.reset();
  Guest eve(rooms, "a");
  rooms.broadcast_text("a", "2");
  co_await sleep(1s);
  CHECK(ann.peer.received() == "text 1, text 2");
  CHECK(bob.peer.received().empty());
  CHECK(eve.peer.received() == "text 2");
}

ASYNC_TEST_CASE("rooms: a room is there as long as it has members") {
  WebSocketRooms rooms;
  CHECK(rooms.size("a") == 0);
  {
    const Guest ann(rooms, "a");
    CHECK(rooms.size("a") == 1);
  }
  CHECK(rooms.size("a") == 0);
  rooms.broadcast_text("a", "x");
  Guest again(rooms, "a");
  co_await sleep(1s);
  CHECK(again.peer.received().empty());
}

ASYNC_TEST_CASE("rooms: a membership may outlive the rooms, and be moved") {
  auto rooms = std::make_unique<WebSocketRooms>();
  Guest ann(*rooms, "a");
  Guest bob(*rooms, "b");
  *ann.membership = std::move(*bob.membership);
  CHECK(rooms->size("a") == 0);
  CHECK(rooms->size("b") == 1);
  rooms.reset();
  co_return;
}

ASYNC_TEST_CASE("rooms: a slow member is closed with 1013 and holds up nobody") {
  WebSocketRooms rooms;
  WebSocketOptions options;
  options.max_unsent_bytes = 1000;
  Guest slow(rooms, "a", options);
  Guest fast(rooms, "a", options);
  slow.peer.make_room(0);
  std::string heard;
  for (int i = 0; i < 100; ++i) {
    rooms.broadcast_text("a", std::string(98, 'x'));
    co_await sleep(1ms);
    heard += fast.peer.received();
  }
  CHECK(heard.size() == 100 * 103);
  CHECK(fast.ws.is_open());
  CHECK(slow.ws.close_code() == WebSocketCloseCode::TryAgainLater);
  slow.peer.make_room(std::string::npos);
  CHECK(slow.peer.received().size() == 10 * 105 + std::string_view("close 1013 too slow").size());
}

ASYNC_TEST_CASE("rooms: what is not UTF-8 can't be broadcast as text") {
  const WebSocketRooms rooms;
  CHECK_THROWS_AS(rooms.broadcast_text("a", "\xFF"), std::invalid_argument);
  co_return;
}

// --- loops ---

ASYNC_TEST_CASE("rooms: members on several loops hear the same messages in the same order") {
  WebSocketRooms rooms;
  testing::LoopThread other;
  constexpr int count = 1000;
  Guest here(rooms, "a");
  std::string there_heard;
  const auto listen = [&]() -> Async<void> {
    Guest there(rooms, "a");
    while (there_heard.size() < 2 * count * std::string_view("text h, ").size() - 2) {
      const std::string more = there.peer.received();
      if (!more.empty()) there_heard.append(there_heard.empty() ? "" : ", ").append(more);
      co_await sleep(0s);
    }
  };
  auto listening = create_task_on(other.loop(), listen());
  while (rooms.size("a") < 2)
    std::this_thread::yield();
  std::thread sender([&] {
    for (int i = 0; i < count; ++i)
      rooms.broadcast_text("a", "t");
  });
  for (int i = 0; i < count; ++i)
    rooms.broadcast_text("a", "h");
  sender.join();
  testing::wait_until_done(listening);
  co_await sleep(1s);
  const std::string here_heard = here.peer.received();
  CHECK(here_heard.size() == there_heard.size());
  const bool same = here_heard == there_heard;
  CHECK(same);
}

ASYNC_TEST_CASE("rooms: a busy loop's members are closed with 1013 above max_pending_bytes, not before") {
  for (const std::size_t count : {9U, 10U, 11U}) {
    CAPTURE(count);
    WebSocketRoomsOptions options;
    options.max_pending_bytes = 100;
    WebSocketRooms rooms(options);
    Guest ann(rooms, "a");
    std::thread sender([&] {  // while this loop does nothing else
      for (std::size_t i = 0; i < count; ++i)
        rooms.broadcast_text("a", std::string(10, 'x'));
    });
    sender.join();
    co_await sleep(1s);
    CHECK(ann.ws.is_open() == (count <= 10));
    const std::string heard = ann.peer.received();
    CHECK(heard.ends_with("close 1013 too slow") == (count > 10));
  }
}

ASYNC_TEST_CASE("rooms: a WebSocket joins on its own loop only") {
  WebSocketRooms rooms;
  testing::LoopThread other;
  Guest ann(rooms, "a");
  const auto join = [&]() -> Async<bool> {
    bool refused = false;
    try {
      const auto membership = rooms.join("a", ann.ws);
    } catch (const RuntimeError&) {
      refused = true;
    }
    co_return refused;
  };
  auto joining = create_task_on(other.loop(), join());
  testing::wait_until_done(joining);
  CHECK(joining.result());
  CHECK(rooms.size("a") == 1);
  co_return;
}

TEST_SUITE_END();
