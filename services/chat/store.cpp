// SPDX-License-Identifier: BSL-1.0
#include "store.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <unordered_set>
#include <utility>
#include <variant>

#include "coroute/asyncio/shield.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/asyncio/thread_pool.hpp"
#include "coroute/params/json_value.hpp"

using namespace coroute;

namespace chat {
namespace {

bool has_lower_id(const Message& message, std::int64_t id) {
  return message.id < id;
}
bool has_higher_id(std::int64_t id, const Message& message) {
  return message.id > id;
}

}  // namespace

Store::Store(std::string folder, std::function<void(const Message&)> on_message)
    : folder_(std::move(folder)), on_message_(std::move(on_message)) {}

Async<void> Store::open() {
  const auto read = [this] {
    std::filesystem::create_directories(folder_ + "/files");
    journal_ = std::make_unique<Journal>(folder_ + "/chat.jsonl");
    journal_->read([this](std::string_view line) {
      const auto record = validate_json<Record>(line);
      std::visit([this](const auto& each) { apply(each); }, record.as_variant());
      ++journal_records_;
    });
    remove_unknown_files();
    forgotten_files_.clear();
  };
  co_await to_thread(read);
  co_await tidy();
}

/// Uploads that no message names: it was forgotten, or the process ended in between.
void Store::remove_unknown_files() const {
  std::unordered_set<std::string> known;
  for (const auto& [id, file] : files_)
    known.insert(path_of(id));
  for (const auto& entry : std::filesystem::directory_iterator(folder_ + "/files")) {
    if (!known.contains(entry.path().string())) std::filesystem::remove(entry.path());
  }
}

// A change that is in the journal has to be made, even when the client that asked for it is gone by then: that is what
// `shielded` is for.

Async<Store::Added> Store::add_user(std::string username, std::string password_hash) {
  return shielded(write_user({.username = std::move(username), .password_hash = std::move(password_hash)}));
}
Async<Store::Added> Store::add_room(std::string name) {
  return shielded(write_room({.name = std::move(name)}));
}
Async<Message> Store::post(Message message) {
  return shielded(write_message(std::move(message)));
}

Async<Store::Added> Store::write_user(UserRecord record) {
  const LockGuard turn = co_await writing_.acquire();
  if (password_hash(record.username)) co_return Added::Taken;
  if (password_hashes_.size() >= max_users) co_return Added::Full;  // which only changes in one's turn
  co_await write(record);
  apply(record);
  co_return Added::Yes;
}

Async<Store::Added> Store::write_room(RoomRecord record) {
  const LockGuard turn = co_await writing_.acquire();
  if (has_room(record.name)) co_return Added::Taken;
  if (rooms_.size() >= max_rooms) co_return Added::Full;
  co_await write(record);
  apply(record);
  co_return Added::Yes;
}

Async<Message> Store::write_message(Message message) {
  const LockGuard turn = co_await writing_.acquire();
  if (const Message* const known = find_nonce(message)) co_return *known;
  message.id = last_id(message.room) + 1;
  message.time = std::chrono::floor<Time::duration>(std::chrono::system_clock::now());
  const MessageRecord record{.message = message};
  co_await write(record);
  apply(record);
  on_message_(message);
  co_await tidy();
  co_return message;
}

Async<void> Store::write(Record record) {
  const std::string line = dump_json(record);
  co_await to_thread(&Journal::append, journal_.get(), std::string_view(line));
  ++journal_records_;
}

/// Takes off the disk what no longer counts. What fails here is done another time.
Async<void> Store::tidy() {
  const bool rewrites = journal_records_ > 2 * records_that_count() + journal_slack;
  if (!rewrites && forgotten_files_.empty()) co_return;
  const auto work = [this, rewrites] {
    for (const Uuid& id : std::exchange(forgotten_files_, {}))
      std::remove(path_of(id).c_str());
    if (rewrites) rewrite_journal();
  };
  try {
    co_await to_thread(work);
  } catch (const std::system_error&) {
    call_exception_handler({"the journal can't be written anew", std::current_exception(), {}});
  }
}

void Store::rewrite_journal() {
  auto next = Journal::make_new(folder_ + "/chat.jsonl.new");
  std::size_t count = 0;
  const auto put = [&](Record record) {
    next->append(dump_json(record));
    ++count;
  };
  for (const auto& [username, hash] : password_hashes_)
    put(UserRecord{.username = username, .password_hash = hash});
  for (const auto& [name, room] : rooms_) {
    put(RoomRecord{.name = name});
    for (const Message& message : room.messages)
      put(MessageRecord{.message = message});
  }
  next->replace(*journal_);
  journal_ = std::move(next);
  journal_records_ = count;
}

std::size_t Store::records_that_count() const {
  std::size_t count = password_hashes_.size() + rooms_.size();
  for (const auto& [name, room] : rooms_)
    count += room.messages.size();
  return count;
}

void Store::apply(const UserRecord& record) {
  const std::scoped_lock lock(mutex_);
  password_hashes_.emplace(record.username, record.password_hash);
}

void Store::apply(const RoomRecord& record) {
  const std::scoped_lock lock(mutex_);
  rooms_.try_emplace(record.name);
}

void Store::apply(const MessageRecord& record) {
  std::shared_ptr<Event> more = std::make_shared<Event>();
  {
    const std::scoped_lock lock(mutex_);
    const Message& message = record.message;
    Room& room = rooms_.at(message.room);
    room.messages.push_back(message);
    if (room.messages.size() > max_history) {
      if (const auto& file = room.messages.front().file) {
        files_.erase(file->id);
        forgotten_files_.push_back(file->id);
      }
      room.messages.pop_front();
    }
    room.last_id = message.id;
    if (message.file) files_.emplace(message.file->id, *message.file);
    more.swap(room.more);
  }
  more->set();
}

const Store::Room& Store::room(std::string_view name) const {
  const auto found = rooms_.find(name);
  if (found == rooms_.end()) throw std::out_of_range("no such room");
  return found->second;
}

// Nothing changes but in somebody's turn, so whose turn it is reads without the mutex.
const Message* Store::find_nonce(const Message& message) const {
  if (!message.nonce) return nullptr;
  const std::deque<Message>& all = room(message.room).messages;
  const auto end = all.rbegin() + static_cast<std::ptrdiff_t>(std::min(all.size(), nonce_memory));
  const auto found = std::find_if(all.rbegin(), end, [&](const Message& each) {
    return each.nonce == message.nonce && each.username == message.username;
  });
  return found == end ? nullptr : &*found;
}

std::optional<std::string> Store::password_hash(std::string_view username) const {
  const std::scoped_lock lock(mutex_);
  const auto found = password_hashes_.find(username);
  if (found == password_hashes_.end()) return std::nullopt;
  return found->second;
}

bool Store::has_room(std::string_view name) const {
  const std::scoped_lock lock(mutex_);
  return rooms_.contains(name);
}

std::vector<RoomInfo> Store::rooms() const {
  const std::scoped_lock lock(mutex_);
  std::vector<RoomInfo> all;
  for (const auto& [name, room] : rooms_)
    all.push_back({name, room.last_id, {}});
  return all;
}

std::vector<Message> Store::messages_before(std::string_view room_name, std::int64_t before, std::size_t limit) const {
  const std::scoped_lock lock(mutex_);
  const std::deque<Message>& all = room(room_name).messages;
  const auto end = std::lower_bound(all.begin(), all.end(), before, has_lower_id);
  const auto count = std::min(static_cast<std::size_t>(end - all.begin()), limit);
  return {end - static_cast<std::ptrdiff_t>(count), end};
}

std::vector<Message> Store::messages_after(std::string_view room_name, std::int64_t after, std::size_t limit) const {
  const std::scoped_lock lock(mutex_);
  const std::deque<Message>& all = room(room_name).messages;
  const auto begin = std::upper_bound(all.begin(), all.end(), after, has_higher_id);
  const auto count = std::min(static_cast<std::size_t>(all.end() - begin), limit);
  return {begin, begin + static_cast<std::ptrdiff_t>(count)};
}

Store::News Store::news(std::string_view room_name, std::int64_t after) const {
  const std::scoped_lock lock(mutex_);
  const Room& found = room(room_name);
  const auto begin = std::upper_bound(found.messages.begin(), found.messages.end(), after, has_higher_id);
  return {{begin, found.messages.end()}, found.more};
}

std::int64_t Store::last_id(std::string_view room_name) const {
  const std::scoped_lock lock(mutex_);
  return room(room_name).last_id;
}

std::optional<FileInfo> Store::find_file(const Uuid& id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = files_.find(id);
  if (found == files_.end()) return std::nullopt;
  return found->second;
}

}  // namespace chat
