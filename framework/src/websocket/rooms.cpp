// SPDX-License-Identifier: BSL-1.0
#include "coroute/websocket/rooms.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <stdexcept>
#include <utility>
#include <vector>

#include "coroute/asyncio/errors.hpp"
#include "coroute/asyncio/event_loop.hpp"
#include "coroute/json.hpp"
#include "coroute/websocket/websocket.hpp"
#include "session.hpp"
#include "utf8_validator.hpp"

namespace coroute {
namespace detail {

/// The members of a room that are on one loop. Guarded by `Rooms::mutex`, but for `members`, which belongs to the loop.
struct LoopOfRoom {
  EventLoop* loop = nullptr;
  std::vector<RoomMember*> members;
  std::vector<std::shared_ptr<const WebSocketMessage>> pending;
  std::size_t pending_bytes = 0;
  std::uint64_t taken = 0;  ///< Messages that are no longer pending.
  bool overflowed = false;
};

struct Room {
  std::vector<std::shared_ptr<LoopOfRoom>> loops;
  std::size_t size = 0;
};

struct Rooms {
  std::mutex mutex;
  std::map<std::string, Room, std::less<>> by_name;
  WebSocketRoomsOptions options;
};

struct RoomMember {
  std::shared_ptr<Rooms> rooms;
  std::shared_ptr<LoopOfRoom> place;
  std::shared_ptr<WebSocketSession> session;
  std::string room;
  std::uint64_t joined_after = 0;  ///< So many messages.
};

namespace {

std::shared_ptr<LoopOfRoom> place_on(EventLoop& loop, Room& room) {
  const auto found =
      std::find_if(room.loops.begin(), room.loops.end(), [&](const auto& each) { return each->loop == &loop; });
  if (found != room.loops.end()) return *found;
  room.loops.push_back(std::make_shared<LoopOfRoom>());
  room.loops.back()->loop = &loop;
  return room.loops.back();
}

/// On the loop of `place`: nobody joins or leaves meanwhile, because sending runs nobody's code.
void deliver(Rooms& rooms, LoopOfRoom& place) {
  std::vector<std::shared_ptr<const WebSocketMessage>> messages;
  std::uint64_t number = 0;
  bool overflowed = false;
  {
    const std::lock_guard guard(rooms.mutex);
    messages.swap(place.pending);
    place.pending_bytes = 0;
    overflowed = std::exchange(place.overflowed, false);
    number = place.taken;
    place.taken += messages.size();
  }
  for (const auto& message : messages) {
    ++number;
    for (RoomMember* member : place.members) {
      if (member->joined_after < number) member->session->try_send(message->type(), message->data());
    }
  }
  if (!overflowed) return;
  for (RoomMember* member : place.members)
    member->session->start_close(WebSocketCloseCode::TryAgainLater, "too slow");
}

/// Under the mutex: the order of messages is the same on all loops.
void post(const std::shared_ptr<Rooms>& rooms, const std::shared_ptr<LoopOfRoom>& place,
          const std::shared_ptr<const WebSocketMessage>& message) {
  const bool is_first = place->pending.empty() && !place->overflowed;
  const std::size_t size = message->data().size();
  if (place->overflowed) return;
  if (!place->pending.empty() && place->pending_bytes + size > rooms->options.max_pending_bytes) {
    place->overflowed = true;
    return;
  }
  place->pending.push_back(message);
  place->pending_bytes += size;
  if (is_first) EventLoop::call_soon_if_alive(place->loop, [rooms, place] { deliver(*rooms, *place); });
}

void leave(RoomMember& member) noexcept {
  Rooms& rooms = *member.rooms;
  LoopOfRoom& place = *member.place;
  const std::lock_guard guard(rooms.mutex);
  std::erase(place.members, &member);
  const auto room = rooms.by_name.find(member.room);
  --room->second.size;
  if (place.members.empty()) std::erase(room->second.loops, member.place);
  if (room->second.size == 0) rooms.by_name.erase(room);
}

}  // namespace
}  // namespace detail

WebSocketRooms::Membership::Membership(std::unique_ptr<detail::RoomMember> member) noexcept
    : member_(std::move(member)) {}

WebSocketRooms::Membership::Membership(Membership&&) noexcept = default;

WebSocketRooms::Membership& WebSocketRooms::Membership::operator=(Membership&& other) noexcept {
  Membership taken(std::move(other));
  std::swap(member_, taken.member_);  // the old one leaves
  return *this;
}

WebSocketRooms::Membership::~Membership() {
  if (member_) detail::leave(*member_);
}

WebSocketRooms::WebSocketRooms(const WebSocketRoomsOptions& options) : rooms_(std::make_shared<detail::Rooms>()) {
  rooms_->options = options;
}

WebSocketRooms::Membership WebSocketRooms::join(std::string_view room, const WebSocket& websocket) {
  EventLoop& loop = EventLoop::current();
  if (websocket.session()->loop() != &loop)
    throw RuntimeError("WebSocketRooms::join: the WebSocket is on another loop");
  auto member = std::make_unique<detail::RoomMember>();
  member->rooms = rooms_;
  member->session = websocket.session();
  member->room = room;
  const std::lock_guard guard(rooms_->mutex);
  detail::Room& entered = rooms_->by_name[member->room];
  member->place = detail::place_on(loop, entered);
  member->joined_after = member->place->taken + member->place->pending.size();
  member->place->members.push_back(member.get());
  ++entered.size;
  return Membership(std::move(member));
}

void WebSocketRooms::broadcast_text(std::string_view room, std::string text) const {
  detail::Utf8Validator utf8;
  if (!utf8.feed(text) || !utf8.is_complete()) throw std::invalid_argument("a text message must be UTF-8");
  broadcast(room, WebSocketMessage(WebSocketMessage::Type::Text, std::move(text)));
}

void WebSocketRooms::broadcast_bytes(std::string_view room, std::string bytes) const {
  broadcast(room, WebSocketMessage(WebSocketMessage::Type::Binary, std::move(bytes)));
}

void WebSocketRooms::broadcast_json(std::string_view room, const Json& value) const {
  broadcast_text(room, to_json_text(value));
}

void WebSocketRooms::broadcast(std::string_view room, WebSocketMessage message) const {
  const auto shared = std::make_shared<const WebSocketMessage>(std::move(message));
  const std::lock_guard guard(rooms_->mutex);
  const auto found = rooms_->by_name.find(room);
  if (found == rooms_->by_name.end()) return;
  for (const auto& place : found->second.loops)
    detail::post(rooms_, place, shared);
}

std::size_t WebSocketRooms::size(std::string_view room) const {
  const std::lock_guard guard(rooms_->mutex);
  const auto found = rooms_->by_name.find(room);
  return found == rooms_->by_name.end() ? 0 : found->second.size;
}

}  // namespace coroute
