// SPDX-License-Identifier: BSL-1.0
#include "presence.hpp"

#include <utility>

namespace chat {

Presence::Visit::Visit(Presence& presence, std::string room, std::string username, const coroute::WebSocket& websocket)
    : presence_(presence),
      room_(std::move(room)),
      username_(std::move(username)),
      membership_(presence.rooms_.join(room_, websocket)) {
  presence_.enter(room_, username_);
}

Presence::Visit::~Visit() {
  presence_.leave(room_, username_);
}

void Presence::enter(const std::string& room, const std::string& username) {
  const std::scoped_lock lock(mutex_);
  ++connections_[room][username];
  rooms_.broadcast_json(room, PresenceEvent{"joined", username, online_locked(room)});
}

void Presence::leave(const std::string& room, const std::string& username) {
  const std::scoped_lock lock(mutex_);
  Connections& connections = connections_[room];
  if (--connections[username] > 0) return;
  connections.erase(username);
  rooms_.broadcast_json(room, PresenceEvent{"left", username, online_locked(room)});
  if (connections.empty()) connections_.erase(room);
}

void Presence::send(const Message& message) const {
  rooms_.broadcast_json(message.room, MessageEvent{{}, message});
}

std::vector<std::string> Presence::online(std::string_view room) const {
  const std::scoped_lock lock(mutex_);
  return online_locked(room);
}

std::vector<std::string> Presence::online_locked(std::string_view room) const {
  std::vector<std::string> names;
  if (const auto found = connections_.find(room); found != connections_.end()) {
    for (const auto& [username, count] : found->second)
      names.push_back(username);
  }
  return names;
}

}  // namespace chat
