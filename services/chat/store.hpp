// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Users, rooms and messages: in memory for all loops, and in a journal that brings them back after a restart.
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/asyncio/async.hpp"
#include "coroute/asyncio/event.hpp"
#include "coroute/asyncio/lock.hpp"
#include "journal.hpp"
#include "models.hpp"

namespace chat {

/// Only one change is made at a time, in order of arrival: it is written first, then seen. What is waited for is an
/// asyncio Lock, so no loop stands still meanwhile; `mutex_` is held for moments only.
class Store {
 public:
  static constexpr std::size_t max_users = 100'000;
  static constexpr std::size_t max_rooms = 1'000;
  static constexpr std::size_t max_history = 1'000;  ///< Messages of a room; older ones go, and their files.
  static constexpr std::size_t nonce_memory = 200;   ///< Messages of a room among which a nonce is looked for.
  /// The journal is written anew when it has so many lines more than twice those that count.
  static constexpr std::size_t journal_slack = 1'000;

  enum class Added : unsigned char { Yes, Taken, Full };

  /// What is behind a message, and what is set when there is more.
  struct News {
    std::vector<Message> messages;
    std::shared_ptr<coroute::Event> more;
  };

  /// `on_message` is called for each new message, in its room's order, by any loop; it doesn't wait.
  Store(std::string folder, std::function<void(const Message&)> on_message);

  /// Reads what an earlier process has left. Before anything else.
  coroute::Async<void> open();

  coroute::Async<Added> add_user(std::string username, std::string password_hash);
  coroute::Async<Added> add_room(std::string name);
  /// Of `message` its room, which must be there, user, text, file and nonce count. Gives it with its id.
  coroute::Async<Message> post(Message message);

  std::optional<std::string> password_hash(std::string_view username) const;
  bool has_room(std::string_view name) const;
  /// By name; nobody is online here.
  std::vector<RoomInfo> rooms() const;
  /// At most `limit` in order: the last ones below id `before`, or the first ones behind `after`.
  std::vector<Message> messages_before(std::string_view room, std::int64_t before, std::size_t limit) const;
  std::vector<Message> messages_after(std::string_view room, std::int64_t after, std::size_t limit) const;
  /// All behind `after`.
  News news(std::string_view room, std::int64_t after) const;
  std::int64_t last_id(std::string_view room) const;
  std::optional<FileInfo> find_file(const coroute::Uuid& id) const;
  /// Where a file is, or is to be.
  std::string path_of(const coroute::Uuid& id) const { return folder_ + "/files/" + to_text(id); }

 private:
  struct Room {
    std::deque<Message> messages;
    std::int64_t last_id = 0;
    std::shared_ptr<coroute::Event> more = std::make_shared<coroute::Event>();
  };

  // The caller has waited for its turn; see `shielded` for why these are not in the functions above.
  coroute::Async<Added> write_user(UserRecord record);
  coroute::Async<Added> write_room(RoomRecord record);
  coroute::Async<Message> write_message(Message message);
  coroute::Async<void> write(Record record);
  coroute::Async<void> tidy();
  void rewrite_journal();
  void remove_unknown_files() const;

  void apply(const UserRecord& record);
  void apply(const RoomRecord& record);
  void apply(const MessageRecord& record);
  const Room& room(std::string_view name) const;            // under the mutex
  const Message* find_nonce(const Message& message) const;  // in one's turn
  std::size_t records_that_count() const;                   // the same

  std::string folder_;
  std::function<void(const Message&)> on_message_;
  std::unique_ptr<Journal> journal_;
  std::size_t journal_records_ = 0;
  std::vector<coroute::Uuid> forgotten_files_;  // still on disk
  coroute::Lock writing_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> password_hashes_;
  std::map<std::string, Room, std::less<>> rooms_;
  std::map<coroute::Uuid, FileInfo> files_;
};

}  // namespace chat
