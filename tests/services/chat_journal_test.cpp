// SPDX-License-Identifier: BSL-1.0
#include "journal.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "chat_house.hpp"

using coroute::test::ChatHouse;
using coroute::test::TemporaryDirectory;

namespace {

using Lines = std::vector<std::string>;

Lines lines_of(chat::Journal& journal) {
  Lines lines;
  journal.read([&](std::string_view line) { lines.emplace_back(line); });
  return lines;
}

/// While it lives, no file of this process grows beyond a size.
class FullDisk {
 public:
  explicit FullDisk(std::uintmax_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit limit{bytes, before_.rlim_max};
    REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

}  // namespace

TEST_SUITE_BEGIN("chat");

TEST_CASE("chat journal: it gives back the lines that were written, whatever their length") {
  const TemporaryDirectory folder;
  const Lines written{"one", "", std::string(200'000, 'x'), "four"};
  {
    chat::Journal journal(folder.path("journal"));
    CHECK(lines_of(journal).empty());
    for (const std::string& line : written)
      journal.append(line);
  }
  chat::Journal journal(folder.path("journal"));
  CHECK(lines_of(journal) == written);
}

TEST_CASE("chat journal: a last line without its end is cut off, and the next one takes its place") {
  const TemporaryDirectory folder;
  const std::string path = folder.write("journal", "one\ntwo\nthr");
  chat::Journal journal(path);
  CHECK(lines_of(journal) == Lines{"one", "two"});
  journal.append("three");
  CHECK(lines_of(journal) == Lines{"one", "two", "three"});
}

TEST_CASE("chat journal: of a line for which there is no room nothing is left") {
  const TemporaryDirectory folder;
  const std::string path = folder.path("journal");
  chat::Journal journal(path);
  journal.append("one");
  {
    const FullDisk full(std::filesystem::file_size(path) + 10);
    CHECK_THROWS_AS(journal.append(std::string(50, 'x')), std::system_error);
    CHECK(std::filesystem::file_size(path) == 4);
    journal.append("two");
  }
  CHECK(lines_of(journal) == Lines{"one", "two"});
}

TEST_CASE("chat: what can't be kept is not said, and its number goes to the next") {
  ChatHouse house;
  const std::string token = house.join("ada");
  house.make_room(token, "tea");
  {
    const FullDisk full(std::filesystem::file_size(house.folder().path("chat.jsonl")) + 10);
    CHECK_THROWS_AS(house.say(token, "tea", "lost"), std::system_error);
    CHECK_THROWS_AS(house.make_room(token, "coffee"), std::system_error);
  }
  CHECK(house.get(token, "/rooms/tea/messages").json().empty());
  CHECK(house.say(token, "tea", "kept").json()["id"] == 1);
  CHECK(house.make_room(token, "coffee").status_code() == 201);
  house.restart();
  CHECK(coroute::test::summary(house.get(token, "/rooms/tea/messages").json()) == "1 kept");
}

TEST_CASE("chat: a file that can't be kept leaves nothing behind") {
  ChatHouse house;
  const std::string token = house.join("ada");
  house.make_room(token, "tea");
  {
    const FullDisk full(100'000);
    CHECK_THROWS_AS(house.upload(token, "tea", "large", std::string(200'000, 'x')), std::system_error);
  }
  CHECK(std::filesystem::is_empty(house.folder().path("files")));
  CHECK(house.get(token, "/rooms/tea/messages").json().empty());
}

TEST_SUITE_END();
