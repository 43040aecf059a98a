// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "coroute/params/codec.hpp"
#include "support/read_value.hpp"

using namespace coroute;
using coroute::testing::body_error;
using coroute::testing::parse;
using coroute::testing::query_error;
using coroute::testing::read;
using coroute::testing::reparse;
using coroute::testing::reread;
using coroute::testing::written;

namespace {

using Bytes = std::vector<std::byte>;

/// JSON and the text of a parameter are refused for the same reason.
template <class T, auto... constraints>
void takes(std::string_view number) {
  CAPTURE(number);
  CHECK(reread<T, constraints...>(number) == number);
  CHECK(reparse<T, constraints...>(number) == number);
}

Bytes bytes(std::string_view text) {
  Bytes all;
  for (const char c : text)
    all.push_back(static_cast<std::byte>(c));
  return all;
}

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("texts: lengths count characters, not bytes") {
    CHECK(reparse<std::string, min_length(3), max_length(5)>("abc") == R"("abc")");
    CHECK(reparse<std::string, min_length(3), max_length(5)>("abcde") == R"("abcde")");
    CHECK(reparse<std::string, min_length(3), max_length(5)>("ab") ==
          query_error("string_too_short", "String should have at least 3 characters", "ab",
                      R"(,"ctx":{"min_length":3})"));
    CHECK(reparse<std::string, min_length(3), max_length(5)>("abcdef") ==
          query_error("string_too_long", "String should have at most 5 characters", "abcdef",
                      R"(,"ctx":{"max_length":5})"));
    CHECK(reparse<std::string, max_length(2)>("\xC3\xA9\xF0\x9F\x98\x80") == "\"\xC3\xA9\xF0\x9F\x98\x80\"");
    CHECK(reparse<std::string, max_length(1)>("\xC3\xA9x").starts_with(R"({"type":"string_too_long")"));
    CHECK(reread<std::string, min_length(1)>(R"("")") == body_error("string_too_short",
                                                                    "String should have at least 1 character", R"("")",
                                                                    R"(,"ctx":{"min_length":1})"));
    CHECK(reread<std::string, max_length(1)>(R"("\u00e9")") == "\"\xC3\xA9\"");
  }

  TEST_CASE("texts: a pattern must occur somewhere") {
    CHECK(reparse<std::string, pattern<"^fixedquery$">>("fixedquery") == R"("fixedquery")");
    CHECK(reparse<std::string, pattern<"b+">>("abbc") == R"("abbc")");
    CHECK(reparse<std::string, pattern<"^fixedquery$">>("xfixedquery") ==
          query_error("string_pattern_mismatch", "String should match pattern '^fixedquery$'", "xfixedquery",
                      R"(,"ctx":{"pattern":"^fixedquery$"})"));
    CHECK(reparse<std::string, pattern<R"(^"\d$)">>("x") == query_error("string_pattern_mismatch",
                                                                        R"(String should match pattern '^\"\\d$')", "x",
                                                                        R"(,"ctx":{"pattern":"^\"\\d$"})"));
  }

  TEST_CASE("texts: length is told before the pattern") {
    CHECK(reparse<std::string, min_length(3), pattern<"^x$">>("y").starts_with(R"({"type":"string_too_short")"));
  }

  TEST_CASE("texts: a pattern that is hard for other engines takes linear time") {
    const std::string text(100'000, 'a');
    CHECK(reparse<std::string, pattern<"^(a+)+$">>(text).size() == text.size() + 2);
    CHECK(reparse<std::string, pattern<"^(a|a)*b$">>(text).starts_with(R"({"type":"string_pattern_mismatch")"));
  }

  TEST_CASE("texts: a pattern knows characters beyond ASCII") {
    CHECK(reparse<std::string, pattern<"^.$">>("\xC3\xA9") == "\"\xC3\xA9\"");
    CHECK(reparse<std::string, pattern<"^.$">>("\xF0\x9F\x98\x80") == "\"\xF0\x9F\x98\x80\"");
  }

  TEST_CASE("texts: JSON of another kind is no text") {
    for (const std::string_view json : {"1", "1.5", "true", "null", "[]", "{}"}) {
      CAPTURE(json);
      CHECK(reread<std::string>(json) == body_error("string_type", "Input should be a valid string", json));
    }
  }

  TEST_CASE("texts: NUL and escapes come through") {
    CHECK(read<std::string>(R"("a\u0000b")").value == std::string("a\0b", 3));
    CHECK(reread<std::string>(R"("\"\\\n\u20ac")") == "\"\\\"\\\\\\n\xE2\x82\xAC\"");
  }

  TEST_CASE("bytes: are those of a text") {
    CHECK(read<Bytes>(R"("ab")").value == bytes("ab"));
    CHECK(read<Bytes>(R"("")").value.empty());
    CHECK(read<Bytes>("\"\xC3\xA9\\u0000\"").value == bytes(std::string_view("\xC3\xA9\0", 3)));
    CHECK(reread<Bytes>("\"\xC3\xA9\"") == "\"\xC3\xA9\"");
    CHECK(parse<Bytes>("a b").value == bytes("a b"));
    CHECK(reread<Bytes, strict>(R"("ab")") == R"("ab")");
  }

  TEST_CASE("bytes: what is no UTF-8 is written as U+FFFD") {
    CHECK(written(bytes("a\xFF")) == "\"a\xEF\xBF\xBD\"");
  }

  TEST_CASE("bytes: lengths count bytes, below, at and above them") {
    CHECK(reread<Bytes, min_length(2), max_length(3)>(R"("ab")") == R"("ab")");
    CHECK(reread<Bytes, min_length(2), max_length(3)>(R"("abc")") == R"("abc")");
    CHECK(reread<Bytes, min_length(2)>(R"("a")") ==
          body_error("bytes_too_short", "Data should have at least 2 bytes", R"("a")", R"(,"ctx":{"min_length":2})"));
    CHECK(reread<Bytes, min_length(1)>(R"("")") ==
          body_error("bytes_too_short", "Data should have at least 1 byte", R"("")", R"(,"ctx":{"min_length":1})"));
    CHECK(reread<Bytes, max_length(3)>(R"("abcd")") ==
          body_error("bytes_too_long", "Data should have at most 3 bytes", R"("abcd")", R"(,"ctx":{"max_length":3})"));
    CHECK(reread<Bytes, max_length(1)>("\"\xC3\xA9\"").find("bytes_too_long") != std::string::npos);
    CHECK(reparse<Bytes, max_length(1)>("ab") ==
          query_error("bytes_too_long", "Data should have at most 1 byte", "ab", R"(,"ctx":{"max_length":1})"));
  }

  TEST_CASE("bytes: what is no text is refused, lists of numbers too") {
    for (const std::string_view json : {"1", "null", "[97,98]", "{}", "true"}) {
      CAPTURE(json);
      CHECK(reread<Bytes>(json) == body_error("bytes_type", "Input should be a valid bytes", json));
    }
  }

  TEST_CASE("bytes: a union takes a text before bytes, and calls them bytes") {
    using Either = std::variant<Bytes, std::string>;
    CHECK(std::holds_alternative<std::string>(read<Either>(R"("ab")").value));
    CHECK(reread<std::variant<Bytes, int>>("[]").find(R"("bytes")") != std::string::npos);
  }
}
