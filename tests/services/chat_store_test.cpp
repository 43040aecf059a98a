// SPDX-License-Identifier: BSL-1.0
// What the chat service keeps on disk, and for how long.
#include "store.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "coroute/asyncio/run.hpp"
#include "support/temporary_directory.hpp"

using namespace coroute;
using coroute::test::TemporaryDirectory;

namespace {

constexpr std::int64_t history = chat::Store::max_history;

/// Of which a new one reads what the last has left.
class Reopened {
 public:
  explicit Reopened(const TemporaryDirectory& folder) : folder_(folder) { open(); }

  chat::Store& operator*() { return *store_; }
  chat::Store* operator->() { return store_.get(); }
  void open() {
    store_.reset();
    store_ = std::make_unique<chat::Store>(folder_.path(), [](const chat::Message&) {});
    run(store_->open());
  }
  void add_room(const std::string& name) { run(store_->add_room(name)); }
  void say(const std::string& room, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) {
      chat::Message message{.room = room, .username = "ada", .text = "hi"};
      run(store_->post(std::move(message)));
    }
  }
  /// A message with a file, which is on disk.
  Uuid say_with_file(const std::string& room) {
    const chat::FileInfo file{Uuid::random(), "notes.txt", "text/plain", 5};
    std::ofstream(store_->path_of(file.id)) << "notes";
    chat::Message message{.room = room, .username = "ada", .file = file};
    run(store_->post(std::move(message)));
    return file.id;
  }

 private:
  const TemporaryDirectory& folder_;
  std::unique_ptr<chat::Store> store_;
};

std::int64_t lines_in(const std::string& path) {
  std::ifstream file(path);
  return std::count(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>(), '\n');
}

std::size_t files_in(const TemporaryDirectory& folder) {
  const std::filesystem::directory_iterator all(folder.path("files"));
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

}  // namespace

TEST_SUITE_BEGIN("chat");

TEST_CASE("chat store: a journal most of which no longer counts is written anew, and nothing that counts is lost") {
  const TemporaryDirectory folder;
  const std::string path = folder.path("chat.jsonl");
  Reopened store(folder);
  run(store->add_user("ada", "hash"));
  store.add_room("tea");
  store.add_room("coffee");
  store.say("coffee", 3);
  const std::int64_t counts = 1 + 2 + 3 + history;
  const std::int64_t most = 2 * counts + static_cast<std::int64_t>(chat::Store::journal_slack);
  store.say("tea", most - 6);
  CHECK(lines_in(path) == most);
  store.say("tea", 1);
  CHECK(lines_in(path) == counts);
  CHECK_FALSE(std::filesystem::exists(path + ".new"));
  store.say("tea", 1);
  CHECK(lines_in(path) == counts + 1);
  const std::int64_t last = most - 6 + 2;
  for (const bool reopened : {false, true}) {
    CAPTURE(reopened);
    if (reopened) store.open();
    CHECK(store->password_hash("ada") == "hash");
    CHECK(store->rooms().size() == 2);
    CHECK(store->last_id("coffee") == 3);
    CHECK(store->last_id("tea") == last);
    const auto kept = store->messages_after("tea", 0, 10'000);
    REQUIRE(kept.size() == chat::Store::max_history);
    CHECK(kept.front().id == last - history + 1);
    CHECK(kept.back().id == last);
  }
}

TEST_CASE("chat store: a journal that has grown too long is written anew at the start, too") {
  const TemporaryDirectory folder;
  Reopened store(folder);
  store.add_room("tea");
  store.say("tea", 1);
  const std::string path = folder.path("chat.jsonl");
  std::string room;
  std::getline(std::ifstream(path), room);
  {
    std::ofstream journal(path, std::ios::app);
    for (std::size_t i = 0; i < chat::Store::journal_slack + 10; ++i)
      journal << room << '\n';
  }
  store.open();
  CHECK(lines_in(path) == 2);
  CHECK(store->last_id("tea") == 1);
}

TEST_CASE("chat store: while the journal is written anew nobody else can open it") {
  const TemporaryDirectory folder;
  const std::string path = folder.path("chat.jsonl");
  chat::Journal old(path);
  old.append("old");
  const auto next = chat::Journal::make_new(path + ".new");
  next->append("new");
  CHECK_THROWS_AS(chat::Journal{path}, std::system_error);
  next->replace(old);
  CHECK_THROWS_AS(chat::Journal{path}, std::system_error);
  next->append("newer");
  CHECK(lines_in(path) == 2);
}

TEST_CASE("chat store: what a rewrite that was broken off has left is of no account") {
  const TemporaryDirectory folder;
  folder.write("chat.jsonl.new", "nonsense\n");
  const auto next = chat::Journal::make_new(folder.path("chat.jsonl.new"));
  next->append("new");
  CHECK(lines_in(folder.path("chat.jsonl.new")) == 1);
}

TEST_CASE("chat store: a file goes with its message") {
  const TemporaryDirectory folder;
  Reopened store(folder);
  store.add_room("tea");
  const Uuid id = store.say_with_file("tea");
  store.say("tea", history - 1);
  CHECK(store->find_file(id));
  CHECK(files_in(folder) == 1);
  store.say("tea", 1);
  CHECK_FALSE(store->find_file(id));
  CHECK(files_in(folder) == 0);
  store.open();
  CHECK_FALSE(store->find_file(id));
}

TEST_CASE("chat store: files that no message names are gone after the next start") {
  const TemporaryDirectory folder;
  Reopened store(folder);
  store.add_room("tea");
  const Uuid id = store.say_with_file("tea");
  std::ofstream(store->path_of(Uuid::random())) << "left by a crash";
  CHECK(files_in(folder) == 2);
  store.open();
  CHECK(files_in(folder) == 1);
  CHECK(store->find_file(id));
  CHECK(std::filesystem::exists(store->path_of(id)));
}

TEST_SUITE_END();
