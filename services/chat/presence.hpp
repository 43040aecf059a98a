// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Who is in which room by a WebSocket, over all loops.
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/websocket/rooms.hpp"
#include "models.hpp"

namespace chat {

class Presence {
 public:
  /// In the room until it is destroyed.
  class Visit {
   public:
    Visit(Presence& presence, std::string room, std::string username, const coroute::WebSocket& websocket);
    ~Visit();
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;

   private:
    Presence& presence_;
    std::string room_;
    std::string username_;
    coroute::WebSocketRooms::Membership membership_;
  };

  std::vector<std::string> online(std::string_view room) const;
  /// To all who are there.
  void send(const Message& message) const;

 private:
  using Connections = std::map<std::string, int, std::less<>>;  // of each user

  void enter(const std::string& room, const std::string& username);
  void leave(const std::string& room, const std::string& username);
  std::vector<std::string> online_locked(std::string_view room) const;

  coroute::WebSocketRooms rooms_;
  mutable std::mutex mutex_;  // also while a room is told who is online, so that it hears it in order
  std::map<std::string, Connections, std::less<>> connections_;
};

}  // namespace chat
