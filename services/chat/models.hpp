// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What clients send and get, and what the journal keeps: plain structs, which are models.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "coroute/params/model.hpp"
#include "coroute/params/secret_str.hpp"
#include "coroute/params/values.hpp"
#include "coroute/params/variant.hpp"

namespace chat {

using Time = std::chrono::sys_time<std::chrono::milliseconds>;

/// What errors look like, in documents.
struct Error {
  std::string detail;
};

struct Registration {
  std::string username;
  coroute::SecretStr password;
  static constexpr auto schema = coroute::fields(
      coroute::field<&Registration::username>(coroute::pattern<"^[A-Za-z0-9_-]{2,32}$">, coroute::example<"ada">),
      coroute::field<&Registration::password>(coroute::min_length(8), coroute::max_length(200)));
};

struct User {
  std::string username;
};

struct Token {
  std::string access_token;
  std::string token_type = "bearer";
  std::int64_t expires_in;  ///< Seconds.
};

struct NewRoom {
  std::string name;
  static constexpr auto schema =
      coroute::fields(coroute::field<&NewRoom::name>(coroute::pattern<"^[a-z0-9-]{1,40}$">, coroute::example<"tea">));
};

struct RoomInfo {
  std::string name;
  std::int64_t last_id;  ///< Of its last message; 0: there is none.
  std::vector<std::string> online;
};

/// Who knows the id may read the file.
struct FileInfo {
  coroute::Uuid id;
  std::string name;        ///< As the sender calls it; for people.
  std::string media_type;  ///< As its first bytes say, not as the sender does.
  std::uint64_t bytes;
};

struct NewMessage {
  std::string text;
  /// The same nonce of the same user again is the same message: a client sends again what it knows nothing of.
  std::optional<coroute::Uuid> nonce = {};
  static constexpr auto schema =
      coroute::fields(coroute::field<&NewMessage::text>(coroute::min_length(1), coroute::max_length(2000)));
};

struct Message {
  std::int64_t id = 0;  ///< 1, 2, 3 ... in each room.
  std::string room;
  std::string username;
  Time time = {};
  std::string text = {};
  std::optional<FileInfo> file = {};
  std::optional<coroute::Uuid> nonce = {};
};

// What a WebSocket brings.

struct MessageEvent {
  coroute::Literal<"message"> type = "message";
  Message message;
};

struct PresenceEvent {
  coroute::Literal<"joined", "left"> type;
  std::string username;
  std::vector<std::string> online;  ///< Who is there now, sorted.
};

struct ErrorEvent {
  coroute::Literal<"error"> type = "error";
  std::string detail;
  std::optional<coroute::Uuid> nonce;  ///< Of the message that is refused.
};

// Lines of the journal.

struct UserRecord {
  coroute::Literal<"user"> kind = "user";
  std::string username;
  std::string password_hash;
};

struct RoomRecord {
  coroute::Literal<"room"> kind = "room";
  std::string name;
};

struct MessageRecord {
  coroute::Literal<"message"> kind = "message";
  Message message;
};

using Record = coroute::OneOf<"kind", MessageRecord, RoomRecord, UserRecord>;

}  // namespace chat
