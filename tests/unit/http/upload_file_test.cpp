// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/upload_file.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "coroute/asyncio/errors.hpp"
#include "support/async_test.hpp"

using namespace coroute;

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
    const UploadFile file("a", "hello");
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

  ASYNC_TEST_CASE("upload file: seek moves the read position, also to the end and beyond") {
    const UploadFile file("a", "hello");
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
}
