// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/upload_file.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include "coroute/asyncio/errors.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "http/spooled_file.hpp"
#include "support/async_test.hpp"
#include "support/busy_file_pool.hpp"
#include "support/environment.hpp"
#include "support/open_descriptors.hpp"
#include "support/outcome.hpp"
#include "support/temporary_directory.hpp"

using namespace coroute;
using coroute::test::all_closed;
using coroute::test::BusyFilePool;
using coroute::test::open_descriptors;
using coroute::test::TemporaryDirectory;

namespace {

UploadFile on_disk(const std::string& content) {
  auto file = std::make_shared<detail::SpooledFile>(std::size_t{0});
  file->append(content);
  file->finish();
  file->write();
  return {"a", Headers{}, std::move(file)};
}

/// Not the same bytes over and over.
std::string patterned(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    text[i] = static_cast<char>('a' + (i + i / 4099) % 26);
  return text;
}

std::string content_of(const std::string& path) {
  std::ifstream input(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>()};
}

/// Of a file "hello" that nobody has read yet.
Async<void> check_pieces(UploadFile file) {
  const std::string first(co_await file.read(2));
  const std::string none(co_await file.read(0));
  const std::string second(co_await file.read(2));
  const std::string third(co_await file.read(2));
  const std::string end(co_await file.read(2));
  CHECK(first == "he");
  CHECK(none == "");
  CHECK(second == "ll");
  CHECK(third == "o");
  CHECK(end == "");
}

/// Of the same, wherever its read position is.
Async<void> check_seeks(UploadFile file) {
  co_await file.seek(3);
  const std::string tail(co_await file.read());
  CHECK(tail == "lo");
  co_await file.seek(0);
  const std::string whole(co_await file.read(99));
  CHECK(whole == "hello");
  for (const std::uint64_t position : {std::uint64_t{5}, std::uint64_t{6}, ~std::uint64_t{0}}) {
    co_await file.seek(position);
    const std::string_view nothing = co_await file.read();
    CHECK(nothing == "");
  }
  co_await file.seek(4);
  const std::string last(co_await file.read(1));
  CHECK(last == "o");
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("upload file: says what the client said") {
    const UploadFile file("../a b.txt", "hello", "text/plain", Headers{{"x-id", "7"}});
    CHECK(file.filename() == "../a b.txt");
    CHECK(file.content_type() == "text/plain");
    CHECK(file.headers().get("X-Id") == "7");
    CHECK(file.headers().size() == 2);
    CHECK(file.size() == 5);
    CHECK(file.content() == "hello");
    CHECK_FALSE(file.is_closed());
  }

  TEST_CASE("upload file: without a content type it has none") {
    const UploadFile file("", "");
    CHECK(file.filename() == "");
    CHECK_FALSE(file.content_type().has_value());
    CHECK(file.headers().empty());
    CHECK(file.size() == 0);
    CHECK(file.content() == "");
  }

  TEST_CASE("upload file: the content type argument replaces the header") {
    const UploadFile file("a", "b", "image/png", Headers{{"Content-Type", "text/plain"}});
    CHECK(file.content_type() == "image/png");
    CHECK(file.headers().size() == 1);
    CHECK_THROWS_AS(UploadFile("a", "b", "text/plain\r\nx: y"), std::invalid_argument);
  }

  ASYNC_TEST_CASE("upload file: is read whole when no size is given") {
    const UploadFile file("a", std::string("x\0y", 3));
    const std::string_view all = co_await file.read();
    CHECK(all == std::string_view("x\0y", 3));
    const std::string_view after = co_await file.read();
    CHECK(after.empty());
  }

  ASYNC_TEST_CASE("upload file: is read in pieces of the asked size, the last one shorter") {
    co_await check_pieces(UploadFile("a", "hello"));
  }

  ASYNC_TEST_CASE("upload file: seek moves the read position, also to the end and beyond") {
    co_await check_seeks(UploadFile("a", "hello"));
  }

  ASYNC_TEST_CASE("upload file: content ignores the read position") {
    const UploadFile file("a", "hello");
    co_await file.seek(4);
    CHECK(file.content() == "hello");
  }

  ASYNC_TEST_CASE("upload file: copies share content and read position") {
    const UploadFile file("a", "hello");
    const UploadFile copy = file;
    CHECK(copy.content().data() == file.content().data());
    const std::string first(co_await file.read(2));
    const std::string rest(co_await copy.read());
    CHECK(first == "he");
    CHECK(rest == "llo");
    co_await copy.close();
    CHECK(file.is_closed());
  }

  ASYNC_TEST_CASE("upload file: a closed one keeps its description and refuses to be read") {
    const UploadFile file("a.txt", "hello", "text/plain");
    co_await file.close();
    co_await file.close();
    CHECK(file.is_closed());
    CHECK(file.filename() == "a.txt");
    CHECK(file.content_type() == "text/plain");
    CHECK(file.size() == 5);
    CHECK_THROWS_AS(file.content(), RuntimeError);
    CHECK_THROWS_AS((void)file.read(), RuntimeError);
    CHECK_THROWS_AS((void)file.seek(0), RuntimeError);
  }

  ASYNC_TEST_CASE("upload file: one on disk reads as one in memory does") {
    const UploadFile file = on_disk("hello");
    CHECK_FALSE(file.is_in_memory());
    CHECK(UploadFile("a", "hello").is_in_memory());
    CHECK(file.size() == 5);
    CHECK(file.content() == "hello");
    co_await check_pieces(file);
    co_await check_seeks(file);
    CHECK(file.content() == "hello");
  }

  ASYNC_TEST_CASE("upload file: a large one on disk is read whole and in pieces of any size") {
    const std::string content = patterned(3'000'000);
    const UploadFile file = on_disk(content);
    const std::string_view whole = co_await file.read();
    const bool is_whole = whole == content;
    CHECK(is_whole);
    co_await file.seek(0);
    std::string pieces;
    for (std::size_t size = 1; pieces.size() < content.size(); size = size * 3 + 1) {
      const std::string_view piece = co_await file.read(size);
      REQUIRE(piece.size() == std::min(size, content.size() - pieces.size()));
      pieces += piece;
    }
    const bool is_same = pieces == content && file.content() == content;
    CHECK(is_same);
  }

  ASYNC_TEST_CASE("upload file: copies of one on disk share content and read position") {
    const UploadFile file = on_disk("hello");
    const UploadFile copy = file;
    CHECK(copy.content().data() == file.content().data());
    const std::string first(co_await file.read(2));
    const std::string rest(co_await copy.read());
    CHECK(first == "he");
    CHECK(rest == "llo");
  }

  ASYNC_TEST_CASE("upload file: closing one on disk frees it for all copies, off the loop") {
    const TemporaryDirectory directory;
    const coroute::testing::EnvironmentVariable variable("TMPDIR", directory.path());
    const UploadFile file = on_disk("hello");
    const UploadFile copy = file;
    CHECK(open_descriptors(directory.path()) == 1);
    co_await copy.close();
    co_await file.close();
    CHECK(all_closed(directory.path()));
    CHECK(file.is_closed());
    CHECK(file.size() == 5);
    CHECK_THROWS_AS(file.content(), RuntimeError);
    CHECK_THROWS_AS((void)file.read(), RuntimeError);
    CHECK_THROWS_AS((void)file.seek(0), RuntimeError);
    CHECK_THROWS_AS((void)file.save("x"), RuntimeError);
  }

  ASYNC_TEST_CASE("upload file: the end of the last copy of one on disk closes it") {
    const TemporaryDirectory directory;
    const coroute::testing::EnvironmentVariable variable("TMPDIR", directory.path());
    {
      const UploadFile file = on_disk("hello");
      const UploadFile copy = file;
      CHECK(copy.content() == "hello");
    }
    CHECK(all_closed(directory.path()));
    co_return;
  }

  ASYNC_TEST_CASE(
      "upload file: a read that waits for a thread is not disturbed by close, or by the end of the handle") {
    const std::string content = patterned(1'000'000);
    auto file = std::make_unique<UploadFile>(on_disk(content));
    BusyFilePool busy;
    const UploadFile copy = *file;
    Task<std::string_view> reading = create_task(file->read());
    co_await sleep(std::chrono::milliseconds(0));
    CHECK_FALSE(reading.done());
    co_await copy.close();
    file.reset();
    co_await busy.end();
    const std::string_view read = co_await reading;
    const bool is_same = read == content;
    CHECK(is_same);
  }

  ASYNC_TEST_CASE("upload file: a read that is cancelled leaves the read position where it was") {
    const std::string content = patterned(1'000'000);
    const UploadFile file = on_disk(content);
    const std::string first(co_await file.read(3));
    BusyFilePool busy;
    Task<std::string_view> reading = create_task(file.read());
    co_await sleep(std::chrono::milliseconds(0));
    reading.cancel();
    const std::string ended = co_await testing::outcome_of(std::move(reading));
    CHECK(ended == "Cancelled(user)");
    co_await busy.end();
    const std::string_view rest = co_await file.read();
    const bool is_rest = first + std::string(rest) == content;
    CHECK(is_rest);
  }

  ASYNC_TEST_CASE("upload file: is saved from memory and from disk, wherever the read position is") {
    const TemporaryDirectory directory;
    const std::string content = patterned(400'000);
    for (const UploadFile& file : {UploadFile("../evil", content), on_disk(content)}) {
      co_await file.seek(17);
      const std::string path = directory.path(file.is_in_memory() ? "memory" : "disk");
      co_await file.save(path);
      const bool is_same = content_of(path) == content;
      CHECK(is_same);
      const std::string next(co_await file.read(3));
      CHECK(next == content.substr(17, 3));
      co_await file.save(directory.path("memory"));
    }
    CHECK(std::filesystem::file_size(directory.path("memory")) == content.size());
  }

  ASYNC_TEST_CASE("upload file: a path that can't be written to is an error") {
    const TemporaryDirectory directory;
    const UploadFile file("a", "hello");
    bool failed = false;
    try {
      co_await file.save(directory.path("none/file"));
    } catch (const std::system_error& error) {
      failed = error.code() == std::errc::no_such_file_or_directory;
    }
    CHECK(failed);
  }

  ASYNC_TEST_CASE(
      "upload file: a file on this machine is opened with its last name and the content type that goes by it") {
    const TemporaryDirectory directory;
    const UploadFile file = co_await UploadFile::open(directory.write("sub/photo.png", "hello"));
    CHECK(file.filename() == "photo.png");
    CHECK(file.content_type() == "image/png");
    CHECK(file.size() == 5);
    CHECK_FALSE(file.is_in_memory());
    const std::string first(co_await file.read(2));
    const std::string rest(co_await file.read());
    CHECK(first == "he");
    CHECK(rest == "llo");
    CHECK(file.content() == "hello");
  }

  ASYNC_TEST_CASE("upload file: one that can't be opened is an error") {
    const TemporaryDirectory directory;
    bool failed = false;
    try {
      co_await UploadFile::open(directory.path("none"));
    } catch (const std::system_error& error) {
      failed = error.code() == std::errc::no_such_file_or_directory;
    }
    CHECK(failed);
  }
}
