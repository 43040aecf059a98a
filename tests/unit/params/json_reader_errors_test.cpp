// SPDX-License-Identifier: BSL-1.0
// How JsonReader says what is wrong with a text, and its limits.
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>

#include "coroute/json.hpp"
#include "coroute/params/json_reader.hpp"
#include "support/json_failure.hpp"

using coroute::JsonLimits;
using coroute::JsonParseError;
using coroute::JsonReader;
using coroute::parse_json;
using coroute::testing::failure_of;
using coroute::testing::failure_of_skipping;
using coroute::testing::is_refused;
using coroute::testing::nested_arrays;
using coroute::testing::nested_objects;
using namespace std::string_view_literals;

TEST_SUITE("params") {
  TEST_CASE("json_reader: depth is limited, at 32 by default") {
    for (const bool arrays : {true, false}) {
      const auto nested = arrays ? nested_arrays : nested_objects;
      CHECK_FALSE(is_refused(nested(31)));
      CHECK_FALSE(is_refused(nested(32)));
      CHECK(is_refused(nested(33)));
    }
    CHECK_FALSE(is_refused("[" + nested_objects(31) + "]"));
    CHECK(is_refused("[" + nested_objects(32) + "]"));
    CHECK(failure_of_skipping(nested_arrays(33))->what == "nested deeper than 32 levels");
    CHECK(failure_of_skipping(nested_arrays(33))->offset == 33);
  }

  TEST_CASE("json_reader: the depth can be set, also to nothing") {
    JsonLimits limits;
    limits.max_depth = 0;
    CHECK_FALSE(is_refused("1", limits));
    CHECK(is_refused("[]", limits));
    CHECK(is_refused("{}", limits));
    limits.max_depth = 1;
    CHECK_FALSE(is_refused("[1,{}]"));
    CHECK_FALSE(is_refused("[1]", limits));
    CHECK(is_refused("[1,{}]", limits));
    limits.max_depth = 100'000;
    CHECK_FALSE(is_refused(nested_arrays(100'000), limits));
    CHECK(is_refused(nested_arrays(100'001), limits));
  }

  TEST_CASE("json_reader: endless opening is refused at the limit, in no more than linear time") {
    CHECK(is_refused(std::string(1'000'000, '[')));
    std::string objects;
    for (int i = 0; i < 200'000; ++i)
      objects += "{\"a\":";
    CHECK(is_refused(objects));
  }

  TEST_CASE("json_reader: invalid UTF-8 is told apart from broken syntax") {
    for (const std::string bytes :
         {"\xFF", "\x80", "\xC3", "\xC0\xAF", "\xE2\x82", "\xED\xA0\x80", "\xF0\x82\x82\xAC", "\xF4\x90\x80\x80"}) {
      for (const std::string& text :
           {"\"" + bytes + "\"", bytes, "{\"" + bytes + "\":1}", "[1," + bytes + "]", "[1}" + bytes, "\"" + bytes}) {
        CAPTURE(text);
        const auto failure = failure_of_skipping(text);
        REQUIRE(failure);
        CHECK(failure->kind == JsonParseError::Kind::Encoding);
      }
    }
    for (const std::string text : {"", "[1", "\"\x01\"", "tru", R"("\ud800")", "\xC3\xA9", "1 2"}) {
      CAPTURE(text);
      CHECK(failure_of_skipping(text)->kind == JsonParseError::Kind::Syntax);
    }
  }

  TEST_CASE("json_reader: message and offset of an error are those of parse_json") {
    for (const std::string_view text : {"{some broken json}"sv,
                                        "{\"a\": }"sv,
                                        "[1,]"sv,
                                        "{\"a\":1,}"sv,
                                        "[1 2]"sv,
                                        "1 2"sv,
                                        ""sv,
                                        " "sv,
                                        "nul"sv,
                                        "01"sv,
                                        "\"a"sv,
                                        "\"\x01\""sv,
                                        R"("\q")"sv,
                                        R"({"a" 1})"sv,
                                        R"({1:2})"sv,
                                        "[1"sv,
                                        "]"sv,
                                        "\"\xFF\""sv,
                                        "[1]]"sv,
                                        "1e400"sv,
                                        "[NaN]"sv,
                                        "1\0"sv,
                                        "{\"a\":1"sv}) {
      CAPTURE(text);
      const auto expected = failure_of([&] { parse_json(text); });
      const auto failure = failure_of_skipping(text);
      REQUIRE(expected);
      REQUIRE(failure);
      CHECK(failure->offset == expected->offset);
      CHECK(failure->what == expected->what);
      CHECK(failure->kind == expected->kind);
    }
    CHECK(failure_of_skipping("{some broken json}")->offset == 1);
  }

  TEST_CASE("json_reader: a duplicate key before the error doesn't hide it") {
    CHECK(failure_of_skipping(R"({"a":1,"a":tru})")->offset == failure_of_skipping(R"({"a":1,"b":tru})")->offset);
  }

  TEST_CASE("json_reader: a value of the kind that is wanted but broken is an error of the text") {
    CHECK(failure_of([] { JsonReader("nul").read_null(); }));
    CHECK(failure_of([] { JsonReader("trve").read_bool(); }));
    CHECK(failure_of([] { JsonReader("1.").read_number(); }));
    CHECK(failure_of([] { JsonReader("NaN").kind(); }));
    CHECK(failure_of([] { JsonReader("\"\\x\"").read_string(); }));
    CHECK(failure_of([] { JsonReader("nan").read_bool(); }));
  }

  TEST_CASE("json_reader: what follows the value is refused by finish") {
    for (const char* text :
         {"1 2", "1,2", "1]", "1],[2", "[1]]", "{}}", "{} x", "\"a\"b", "null,", "[1][", "1:2", "1}"}) {
      CAPTURE(text);
      CHECK(failure_of([&] {
        JsonReader reader(text);
        reader.skip();
        reader.finish();
      }));
    }
  }

  TEST_CASE("json_reader: large texts take linear time") {
    using Clock = std::chrono::steady_clock;
    const auto seconds_for = [](std::size_t count) {
      std::string text = "[";
      for (std::size_t i = 0; i < count; ++i)
        text += R"({"a":"x\n","b":[1.5,-2,{"c":null}]},)";
      text.back() = ']';
      const auto start = Clock::now();
      JsonReader reader(text);
      reader.finish();
      return std::chrono::duration<double>(Clock::now() - start).count();
    };
    seconds_for(1000);
    const double small = seconds_for(4000);
    CHECK(seconds_for(40'000) < 40 * small + 0.1);
  }
}
