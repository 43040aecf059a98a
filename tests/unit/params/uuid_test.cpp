// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/uuid.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_set>

#include "support/value_outcome.hpp"

using namespace coroute;
using coroute::testing::read;
using coroute::testing::ValueRow;

namespace {

constexpr std::string_view plain = "67e55044-10b1-426f-9247-bb680e5fe0c8";

std::string refused(std::string_view reason) {
  return coroute::testing::refused("uuid_parsing", "Input should be a valid UUID", reason);
}

std::string wrong_character(std::string_view character, std::string_view position) {
  return refused("invalid character: expected an optional prefix of `urn:uuid:` followed by [0-9a-fA-F-], found `" +
                 std::string(character) + "` at " + std::string(position));
}

std::string wrong_length(std::string_view found) {
  return refused("invalid length: expected length 32 for simple format, found " + std::string(found));
}

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("uuid: every usual form is read and printed with hyphens in lower case") {
    for (const std::string_view text :
         {"67e55044-10b1-426f-9247-bb680e5fe0c8", "67E55044-10B1-426F-9247-BB680E5FE0C8",
          "67e5504410b1426f9247bb680e5fe0c8", "67E5504410b1426F9247bb680e5fE0C8",
          "{67e55044-10b1-426f-9247-bb680e5fe0c8}", "urn:uuid:67E55044-10b1-426f-9247-bb680e5fe0c8"}) {
      CAPTURE(text);
      CHECK(read<Uuid>(text) == plain);
    }
    CHECK(read<Uuid>("00000000-0000-0000-0000-000000000000") == "00000000-0000-0000-0000-000000000000");
  }

  TEST_CASE("uuid: a wrong character is named with its place, counted from 1") {
    CHECK(read<Uuid>("not-a-uuid") == wrong_character("n", "1"));
    CHECK(read<Uuid>(" 67e55044-10b1-426f-9247-bb680e5fe0c8") == wrong_character(" ", "1"));
    CHECK(read<Uuid>("67e55044-10b1-426f-9247-bb680e5fe0c8 ") == wrong_character(" ", "37"));
    CHECK(read<Uuid>("67e5504410b1426f9247bb680e5fe0cg") == wrong_character("g", "32"));
    CHECK(read<Uuid>("URN:UUID:67e55044-10b1-426f-9247-bb680e5fe0c8") == wrong_character("U", "1"));
    CHECK(read<Uuid>("{67e55044-10b1-426f-9247-bb680e5fe0c8") == wrong_character("{", "1"));
    CHECK(read<Uuid>("{g}") == wrong_character("g", "2"));
    CHECK(read<Uuid>("urn:uuid:zz") == wrong_character("z", "10"));
  }

  TEST_CASE("uuid: a wrong character beyond ASCII is shown whole") {
    CHECK(read<Uuid>("67e5504\xC3\xA9") == wrong_character("\xC3\xA9", "8"));
    CHECK(read<Uuid>("\xF0\x9F\x98\x80") == wrong_character("\xF0\x9F\x98\x80", "1"));
  }

  TEST_CASE("uuid: bytes that are not UTF-8 don't reach the message") {
    CHECK(read<Uuid>("\xFF") == wrong_character("\xEF\xBF\xBD", "1"));
    CHECK(read<Uuid>("67\xC3") == wrong_character("\xEF\xBF\xBD", "3"));
  }

  TEST_CASE("uuid: the ctx is valid JSON whatever the character is") {
    Uuid uuid;
    const auto context = [&uuid](std::string_view text) { return value_from_text(text, uuid)->context; };
    CHECK(context("\"").ends_with("found `\\\"` at 1\"}"));
    CHECK(context("\\").ends_with("found `\\\\` at 1\"}"));
    CHECK(context("\n").ends_with("found `\\n` at 1\"}"));
    CHECK(context(std::string_view("\0", 1)).ends_with("found `\\u0000` at 1\"}"));
    CHECK(context("\x1F").ends_with("found `\\u001f` at 1\"}"));
    CHECK(context("\x7F").ends_with("found `\x7F` at 1\"}"));
  }

  TEST_CASE("uuid: bare digits must be 32") {
    CHECK(read<Uuid>("") == wrong_length("0"));
    CHECK(read<Uuid>("67e55044") == wrong_length("8"));
    CHECK(read<Uuid>("67e5504410b1426f9247bb680e5fe0c") == wrong_length("31"));
    CHECK(read<Uuid>("67e5504410b1426f9247bb680e5fe0c81") == wrong_length("33"));
    CHECK(read<Uuid>("67e5504410b1426f9247bb680e5fe0c81111") == wrong_length("36"));
    CHECK(read<Uuid>(std::string(100'000, 'a')) == wrong_length("100000"));
  }

  TEST_CASE("uuid: hyphens make five groups") {
    const ValueRow rows[] = {
        {"67e55044-10b1-426f-9247", "invalid group count: expected 5, found 4"},
        {"67e55044-10b1-426f-9247-bb-680e5fe0c8", "invalid group count: expected 5, found 6"},
        {"-", "invalid group count: expected 5, found 2"},
        {"urn:uuid:67e5504410b1426f9247bb680e5fe0c8", "invalid group count: expected 5, found 1"},
        {"{67e5504410b1426f9247bb680e5fe0c8}", "invalid group count: expected 5, found 1"},
        {"{}", "invalid group count: expected 5, found 1"},
        {"urn:uuid:", "invalid group count: expected 5, found 1"},
    };
    for (const ValueRow& row : rows) {
      CAPTURE(row.input);
      CHECK(read<Uuid>(row.input) == refused(row.outcome));
    }
    CHECK(read<Uuid>(std::string(1000, '-')) == refused("invalid group count: expected 5, found 1001"));
  }

  TEST_CASE("uuid: the first group of a wrong length is named") {
    const ValueRow rows[] = {
        {"67e5504-410b1-426f-9247-bb680e5fe0c8", "invalid group length in group 0: expected 8, found 7"},
        {"67e55044-10b-1426f-9247-bb680e5fe0c8", "invalid group length in group 1: expected 4, found 3"},
        {"67e55044-10b1-426f-9247bb-680e5fe0c8", "invalid group length in group 3: expected 4, found 6"},
        {"67e55044-10b1-426f-9247-bb680e5fe0c", "invalid group length in group 4: expected 12, found 11"},
        {"67e55044-10b1-426f-9247-bb680e5fe0c88", "invalid group length in group 4: expected 12, found 13"},
        {"{67e55044-10b1-426f-9247-bb680e5fe0c88}", "invalid group length in group 4: expected 12, found 13"},
        {"----", "invalid group length in group 0: expected 8, found 0"},
    };
    for (const ValueRow& row : rows) {
      CAPTURE(row.input);
      CHECK(read<Uuid>(row.input) == refused(row.outcome));
    }
  }

  TEST_CASE("uuid: a refused text leaves the value as it was") {
    Uuid uuid = Uuid::parse(plain);
    CHECK(value_from_text("67e55044-10b1-426f-9247-bb680e5fe0cx", uuid));
    CHECK(to_text(uuid) == plain);
  }

  TEST_CASE("uuid: parse throws with the reason") {
    CHECK(to_text(Uuid::parse(plain)) == plain);
    CHECK_THROWS_WITH_AS(Uuid::parse("1-2"), "invalid UUID: invalid group count: expected 5, found 2",
                         std::invalid_argument);
  }

  TEST_CASE("uuid: the bytes are in network order") {
    const Uuid uuid = Uuid::parse("00010203-0405-0607-0809-0a0b0c0d0eff");
    CHECK(uuid.bytes() == Uuid::Bytes{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255});
    CHECK(Uuid(uuid.bytes()) == uuid);
  }

  TEST_CASE("uuid: the default is nil") {
    constexpr Uuid nil;
    static_assert(nil.is_nil() && nil.version() == 0);
    CHECK(to_text(nil) == "00000000-0000-0000-0000-000000000000");
    CHECK_FALSE(Uuid::parse(plain).is_nil());
  }

  TEST_CASE("uuid: values order as their texts do") {
    const Uuid small = Uuid::parse("00000000-0000-0000-0000-000000000001");
    const Uuid large = Uuid::parse("f0000000-0000-0000-0000-000000000000");
    CHECK(small < large);
    CHECK(small != large);
    CHECK(Uuid::parse("A0000000-0000-0000-0000-000000000000") == Uuid::parse("a0000000000000000000000000000000"));
  }

  TEST_CASE("uuid: random ones are of version 4 and differ") {
    std::unordered_set<Uuid> seen;
    std::set<std::string> variants;
    for (int i = 0; i < 200; ++i) {
      const Uuid uuid = Uuid::random();
      CHECK(uuid.version() == 4);
      variants.insert(to_text(uuid).substr(19, 1));
      seen.insert(uuid);
    }
    CHECK(seen.size() == 200);
    CHECK(variants == std::set<std::string>{"8", "9", "a", "b"});
  }

  TEST_CASE("uuid: the schema is a string of format uuid") {
    static_assert(ScalarValue<Uuid>);
    static_assert(!ScalarValue<int>);
    CHECK(ValueSchema<Uuid>::type == "string");
    CHECK(ValueSchema<Uuid>::format == "uuid");
    CHECK(ValueSchema<Uuid>::error_type == "uuid_type");
    CHECK(ValueSchema<Uuid>::error_message == "UUID input should be a string, bytes or UUID object");
  }
}
