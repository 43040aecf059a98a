// SPDX-License-Identifier: BSL-1.0
#pragma once
/// WebSockets that hear the same messages, over all loops.
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "coroute/http/json_fwd.hpp"
#include "coroute/params/json_value.hpp"
#include "coroute/websocket/message.hpp"

namespace coroute {

class WebSocket;

namespace detail {
struct RoomMember;
struct Rooms;
}  // namespace detail

struct WebSocketRoomsOptions {
  /// Broadcast and not yet given to the members on one loop, because that loop is busy. Above: its members of that room
  /// are closed with 1013 (try again later). One message may be larger.
  std::size_t max_pending_bytes = 16 * 1024 * 1024;
};

/// Rooms by name. One object serves all loops: an application captures it, or its owner, by reference. Thread-safe but
/// for `join`. A room is there as long as it has members.
///
///     app.websocket("/rooms/{room}", [&rooms](WebSocket& ws, Path<std::string, "room"> room) -> Async<void> {
///       co_await ws.accept();
///       const auto membership = rooms.join(*room, ws);
///       while (auto text = co_await ws.receive_text()) rooms.broadcast_text(*room, *text);
///     });
///
/// A broadcast never waits. Members get it through `WebSocket::try_send_...`: one whose peer takes less than
/// `WebSocketOptions::max_unsent_bytes` allows is closed with 1013, and holds up nobody. All members of a room hear the
/// messages in the same order, whichever loops they and the senders are on.
class WebSocketRooms {
 public:
  /// Leaves the room when it is destroyed, which the loop of the WebSocket must do. May outlive the WebSocketRooms.
  class [[nodiscard("the WebSocket leaves the room when this goes")]] Membership {
   public:
    Membership(Membership&&) noexcept;
    Membership& operator=(Membership&&) noexcept;
    ~Membership();

   private:
    friend class WebSocketRooms;
    explicit Membership(std::unique_ptr<detail::RoomMember> member) noexcept;

    std::unique_ptr<detail::RoomMember> member_;
  };

  explicit WebSocketRooms(const WebSocketRoomsOptions& options = {});

  /// Messages that are broadcast from now on go to `websocket`, which is accepted and whose loop this is: RuntimeError
  /// otherwise.
  Membership join(std::string_view room, const WebSocket& websocket);

  /// To all members, the sender's own WebSocket too. std::invalid_argument for what is not UTF-8.
  void broadcast_text(std::string_view room, std::string text) const;
  void broadcast_bytes(std::string_view room, std::string bytes) const;
  void broadcast_json(std::string_view room, const Json& value) const;
  /// Of a model, or of any other type with a Codec.
  template <class T>
  void broadcast_json(std::string_view room, const T& value) const {
    broadcast_text(room, dump_json(value));
  }

  std::size_t size(std::string_view room) const;

 private:
  void broadcast(std::string_view room, WebSocketMessage message) const;

  std::shared_ptr<detail::Rooms> rooms_;
};

}  // namespace coroute
