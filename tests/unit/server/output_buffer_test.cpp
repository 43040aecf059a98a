// SPDX-License-Identifier: BSL-1.0
#include "server/output_buffer.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <random>
#include <string>
#include <string_view>

using coroute::detail::OutputBuffer;

TEST_SUITE("server") {
  TEST_CASE("output buffer: a new one is empty and holds no memory") {
    const OutputBuffer buffer;
    CHECK(buffer.empty());
    CHECK(buffer.size() == 0);
    CHECK(buffer.view().empty());
    CHECK(buffer.capacity() == 0);
  }

  TEST_CASE("output buffer: what is appended stands in order") {
    OutputBuffer buffer;
    buffer.append("one ");
    buffer.append("two");
    CHECK_FALSE(buffer.empty());
    CHECK(buffer.size() == 7);
    CHECK(buffer.view() == "one two");
  }

  TEST_CASE("output buffer: appending nothing is fine, also to a new one") {
    OutputBuffer buffer;
    buffer.append({});
    CHECK(buffer.empty());
    buffer.append("x");
    buffer.append({});
    buffer.append("");
    CHECK(buffer.view() == "x");
  }

  TEST_CASE("output buffer: only what is committed counts") {
    OutputBuffer buffer;
    char* const room = buffer.prepare(10);
    std::memcpy(room, "abcdefghij", 10);
    CHECK(buffer.empty());
    buffer.commit(3);
    CHECK(buffer.view() == "abc");
    CHECK(buffer.prepare(7) == room + 3);
  }

  TEST_CASE("output buffer: growing keeps the bytes, below, at and above the capacity") {
    OutputBuffer buffer;
    buffer.append("x");
    const std::size_t first = buffer.capacity();
    REQUIRE(first > 1);
    for (const std::size_t size : {first - 2, first - 1, first, 10 * first}) {
      CAPTURE(size);
      OutputBuffer other;
      other.append("x");
      const std::string bytes(size, 'y');
      other.append(bytes);
      CHECK(other.view() == "x" + bytes);
      CHECK((other.capacity() == first) == (size + 1 <= first));
    }
  }

  TEST_CASE("output buffer: what is consumed is gone, and all of it makes the room free again") {
    OutputBuffer buffer;
    buffer.append("hello world");
    const char* const begin = buffer.view().data();
    buffer.consume(0);
    CHECK(buffer.view() == "hello world");
    buffer.consume(6);
    CHECK(buffer.view() == "world");
    buffer.consume(5);
    CHECK(buffer.empty());
    buffer.append("again");
    CHECK(buffer.view() == "again");
    CHECK(buffer.view().data() == begin);
  }

  TEST_CASE("output buffer: a buffer that is never drained completely doesn't grow for ever") {
    OutputBuffer buffer;
    buffer.append("left");
    const std::string answer(100, 'a');
    for (int i = 0; i < 100'000; ++i) {
      buffer.append(answer);
      buffer.consume(answer.size());
    }
    CHECK(buffer.size() == 4);
    CHECK(buffer.view() == "aaaa");
    CHECK(buffer.capacity() <= 2 * 4096);
  }

  TEST_CASE("output buffer: clear keeps the memory, release gives it back") {
    OutputBuffer buffer;
    buffer.append("hello");
    const std::size_t capacity = buffer.capacity();
    buffer.clear();
    CHECK(buffer.empty());
    CHECK(buffer.capacity() == capacity);
    buffer.append("x");
    buffer.release();
    CHECK(buffer.empty());
    CHECK(buffer.capacity() == 0);
    buffer.append("after");
    CHECK(buffer.view() == "after");
  }

  TEST_CASE("output buffer: random use gives what a string gives") {
    std::mt19937 random(7);
    OutputBuffer buffer;
    std::string expected;
    for (int round = 0; round < 20'000; ++round) {
      const std::string bytes(random() % 600, static_cast<char>('a' + random() % 26));
      buffer.append(bytes);
      expected += bytes;
      const std::size_t consumed = random() % (expected.size() + 1);
      buffer.consume(consumed);
      expected.erase(0, consumed);
      REQUIRE(buffer.view() == expected);
    }
  }
}
