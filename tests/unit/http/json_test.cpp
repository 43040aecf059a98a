// SPDX-License-Identifier: BSL-1.0
#include "coroute/json.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using coroute::Json;
using coroute::JsonLimits;
using coroute::JsonParseError;
using coroute::parse_json;
using coroute::to_json_text;
using namespace std::string_literals;

namespace {

struct Failure {
  std::size_t offset = 0;
  std::string what;
};

std::optional<Failure> failure_of(std::string_view text, const JsonLimits& limits = {}) {
  try {
    static_cast<void>(parse_json(text, limits));
    return std::nullopt;
  } catch (const JsonParseError& error) {
    return Failure{error.offset(), error.what()};
  }
}

bool is_refused(std::string_view text, const JsonLimits& limits = {}) {
  return failure_of(text, limits).has_value();
}

/// -1 for text that is fine.
long offset_of_failure(std::string_view text) {
  const auto failure = failure_of(text);
  return failure ? static_cast<long>(failure->offset) : -1;
}

std::string nested_arrays(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

std::string nested_objects(std::size_t depth) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i)
    text += R"({"a":)";
  return text + "0" + std::string(depth, '}');
}

std::string object_with(std::size_t members) {
  std::string text = "{";
  for (std::size_t i = 0; i < members; ++i)
    text += (i ? ",\"" : "\"") + std::to_string(i) + "\":" + std::to_string(i);
  return text + "}";
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("json: an error says whether the text is UTF-8 at all") {
    const auto kind_of = [](std::string_view text) {
      try {
        static_cast<void>(parse_json(text));
      } catch (const JsonParseError& error) {
        return std::optional(error.kind());
      }
      return std::optional<JsonParseError::Kind>();
    };
    CHECK(kind_of("1") == std::nullopt);
    CHECK(kind_of("[1") == JsonParseError::Kind::Syntax);
    CHECK(kind_of("[\xC3\xA9]") == JsonParseError::Kind::Syntax);
    CHECK(kind_of(R"({"a":1,"a":2})") == JsonParseError::Kind::Syntax);
    CHECK(kind_of("\"\xFF\"") == JsonParseError::Kind::Encoding);
    CHECK(kind_of("[1}\xFF") == JsonParseError::Kind::Encoding);
    CHECK(kind_of("\"\xED\xA0\x80\"") == JsonParseError::Kind::Encoding);
  }

  TEST_CASE("json: every kind of value is read") {
    CHECK(parse_json("null") == Json(nullptr));
    CHECK(parse_json("true") == Json(true));
    CHECK(parse_json("false") == Json(false));
    CHECK(parse_json("-7") == Json(-7));
    CHECK(parse_json("1.5e2") == Json(150.0));
    CHECK(parse_json(R"("a\nb")") == Json("a\nb"));
    CHECK(parse_json("[]") == Json::array());
    CHECK(parse_json("{}") == Json::object());
    CHECK(parse_json(" \t\r\n [1 , [2] , {\"a\" : 3}] ") == Json::array({1, Json::array({2}), Json{{"a", 3}}}));
    CHECK(parse_json(R"({"a":{"b":[{"c":null}]},"d":[]})").dump() == R"({"a":{"b":[{"c":null}]},"d":[]})");
  }

  TEST_CASE("json: integers keep all their digits up to 64 bits, larger ones become floating point") {
    CHECK(parse_json("18446744073709551615").get<std::uint64_t>() == std::numeric_limits<std::uint64_t>::max());
    CHECK(parse_json("-9223372036854775808").get<std::int64_t>() == std::numeric_limits<std::int64_t>::min());
    CHECK(parse_json("18446744073709551616").is_number_float());
    CHECK(parse_json("1").is_number_integer());
    CHECK(parse_json("1.0").is_number_float());
  }

  TEST_CASE("json: members keep their order") {
    const std::string text = R"({"z":1,"a":2,"m":{"y":3,"b":4}})";
    CHECK(to_json_text(parse_json(text)) == text);
    const std::string large = object_with(100);
    CHECK(to_json_text(parse_json(large)) == large);
  }

  TEST_CASE("json: strings may hold any character, escaped or not") {
    CHECK(parse_json("\"caf\xC3\xA9\"") == Json("caf\xC3\xA9"));
    CHECK(parse_json(R"("\u00e9")") == Json("\xC3\xA9"));
    CHECK(parse_json(R"("\ud83d\ude00")") == Json("\xF0\x9F\x98\x80"));
    CHECK(parse_json(R"("a\u0000b")").get<std::string>() == "a\0b"s);
    CHECK(parse_json(R"("\"\\\/\b\f\n\r\t")") == Json("\"\\/\b\f\n\r\t"));
  }

  TEST_CASE("json: 32 levels pass, 33 don't") {
    CHECK(parse_json(nested_arrays(31)).is_array());
    CHECK(parse_json(nested_arrays(32)).is_array());
    CHECK(is_refused(nested_arrays(33)));
    CHECK(parse_json(nested_objects(32)).is_object());
    CHECK(is_refused(nested_objects(33)));
    CHECK(parse_json("[" + nested_objects(31) + "]").is_array());
    CHECK(is_refused("[" + nested_objects(32) + "]"));
    const auto failure = failure_of(nested_arrays(33));
    REQUIRE(failure);
    CHECK(failure->what == "nested deeper than 32 levels");
    CHECK(failure->offset == 33);
  }

  TEST_CASE("json: depth counts what is open, not what has been opened") {
    std::string text = "[";
    for (int i = 0; i < 1000; ++i)
      text += (i ? "," : "") + nested_arrays(31);
    CHECK(parse_json(text + "]").size() == 1000);
  }

  TEST_CASE("json: the depth limit can be set") {
    JsonLimits limits;
    limits.max_depth = 1;
    CHECK(parse_json("[1]", limits).size() == 1);
    CHECK(is_refused("[[1]]", limits));
    limits.max_depth = 0;
    CHECK(parse_json("1", limits) == Json(1));
    CHECK(is_refused("[]", limits));
    CHECK(is_refused("{}", limits));
  }

  TEST_CASE("json: a key that comes twice in one object is refused") {
    for (const std::string_view text : {R"({"a":1,"a":1})", R"({"a":1,"b":2,"a":3})", R"({"":1,"":2})",
                                        R"({"a":1,"\u0061":2})", R"([{"x":{"a":1,"a":2}}])", R"({"a":{},"a":[]})"}) {
      CAPTURE(text);
      CHECK(is_refused(text));
    }
    const auto failure = failure_of(R"({"a":1,"a":2})");
    REQUIRE(failure);
    CHECK(failure->what == "duplicate key \"a\"");
    CHECK(failure->offset == 10);
  }

  TEST_CASE("json: the same key in different objects, or in other letters, is fine") {
    CHECK(parse_json(R"({"a":{"a":{"a":1}},"A":2})").size() == 2);
    CHECK(parse_json(R"([{"a":1},{"a":2}])").size() == 2);
    CHECK(parse_json(R"({"o":{"a":1},"a":2,"p":{"a":1}})").size() == 3);
  }

  TEST_CASE("json: a duplicate key is found at every place of an object of any size") {
    for (const std::size_t members : {1U, 2U, 15U, 16U, 17U, 20U, 40U}) {
      const std::string object = object_with(members);
      CHECK(parse_json(object).size() == members);
      for (std::size_t twice = 0; twice < members; ++twice) {
        CAPTURE(members);
        CAPTURE(twice);
        std::string text = object;
        text.back() = ',';
        CHECK(is_refused(text + "\"" + std::to_string(twice) + "\":null}"));
      }
    }
  }

  TEST_CASE("json: a large object inside a large object has keys of its own") {
    std::string text = object_with(30);
    text.back() = ',';
    text += "\"inner\":" + object_with(30) + ",";
    CHECK(parse_json(text + "\"last\":1}").size() == 32);
    CHECK(is_refused(text + "\"29\":1}"));
    CHECK(is_refused(text + "\"inner\":1}"));
  }

  TEST_CASE("json: what isn't UTF-8 is refused") {
    for (const std::string& bytes : {"\xFF"s, "\xC3"s, "\xC3("s, "\x80"s, "\xC0\xAF"s, "\xE0\x80\xAF"s, "\xED\xA0\x80"s,
                                     "\xF5\x80\x80\x80"s, "\xF4\x90\x80\x80"s, "\xE2\x82"s}) {
      CHECK(is_refused("\"" + bytes + "\""));
      CHECK(is_refused("{\"" + bytes + "\":1}"));
      CHECK(is_refused(bytes));
    }
    for (const std::string_view lone : {R"("\ud800")", R"("\udc00")", R"("\ud800\u0041")", R"("\ud83dx")"}) {
      CHECK(is_refused(lone));
    }
  }

  TEST_CASE("json: what RFC 8259 doesn't know is refused") {
    for (const std::string& text :
         {""s,          " "s,         "{"s,        "}"s,          "["s,     "]"s,         "[1,]"s,     "[,1]"s,
          "[1 2]"s,     "{\"a\"}"s,   "{\"a\":}"s, "{\"a\":1,}"s, "{a:1}"s, "{'a':1}"s,   "{1:2}"s,    "nul"s,
          "True"s,      "NaN"s,       "Infinity"s, "-Infinity"s,  "-"s,     "+1"s,        "01"s,       "1."s,
          ".5"s,        "1e"s,        "0x10"s,     "1_000"s,      "\"a"s,   "\"a\tb\""s,  "\"a\nb\""s, "\"a\0b\""s,
          "\"\\x41\""s, "\"\\u12\""s, "// c\n1"s,  "/* c */1"s,   "1e999"s, "undefined"s, "\0"s}) {
      CAPTURE(text);
      CHECK(is_refused(text));
    }
  }

  TEST_CASE("json: nothing may follow the value but white space") {
    for (const std::string& text : {"1 2"s, "{}x"s, "[] []"s, "null,"s, "\"a\"\"b\""s, "{}{}"s, "1]"s, "true false"s,
                                    "1\0"s, "{}\0{}"s, "[1]\0garbage"s, "null \0"s}) {
      CAPTURE(text);
      CHECK(is_refused(text));
    }
    CHECK(parse_json("1 \r\n\t ") == Json(1));
  }

  TEST_CASE("json: an error says where in the text it is") {
    CHECK(offset_of_failure("") == 0);
    CHECK(offset_of_failure("x") == 0);
    CHECK(offset_of_failure("  x") == 2);
    CHECK(offset_of_failure("[1,]") == 3);
    CHECK(offset_of_failure("{\"a\":x}") == 5);
    CHECK(offset_of_failure("{\"a\":") == 5);
    CHECK(offset_of_failure("[1 2]") == 3);
    CHECK(offset_of_failure("{} x") == 3);
    CHECK(offset_of_failure("\"a\xFF\"") == 2);
    CHECK(offset_of_failure("[\n\n\n!") == 4);
    CHECK(offset_of_failure("{} \0x"s) == 3);
    CHECK(offset_of_failure("[\0]"s) == 1);
    CHECK(offset_of_failure("[1]") == -1);
  }

  TEST_CASE("json: an error says what is wrong, without the library's numbers") {
    for (const std::string_view text : {"", "[1,]", "\"\xFF\"", "1e999", "{\"a\":1,\"a\":2}"}) {
      const auto failure = failure_of(text);
      REQUIRE(failure);
      CHECK_FALSE(failure->what.empty());
      CHECK(failure->what.find("json.exception") == std::string::npos);
      CHECK(failure->what.find("line 1") == std::string::npos);
    }
    CHECK(failure_of("1e999")->what == "number overflow parsing '1e999'");
    CHECK(failure_of("[1,]")->what.starts_with("syntax error while parsing value"));
  }

  TEST_CASE("json: an error quotes 64 bytes of what was sent and no more") {
    const auto quotes = [](const std::string& text, std::size_t shown) {
      const auto failure = failure_of(text);
      REQUIRE(failure);
      return failure->what.find(std::string(shown, '9')) != std::string::npos &&
             failure->what.find(std::string(shown + 1, '9')) == std::string::npos && failure->what.size() < 200;
    };
    const auto too_large = [](std::size_t digits) { return std::string(digits, '9') + "e999"; };
    CHECK(failure_of(too_large(60))->what == "number overflow parsing '" + too_large(60) + "'");
    CHECK(failure_of(too_large(61))->what == "number overflow parsing '" + too_large(61).substr(0, 64) + "...'");
    CHECK(quotes(too_large(1'000'000), 64));
    CHECK(quotes("[" + std::string(1'000'000, '9') + "x", 64));
    CHECK(quotes("{\"a\":1,\"" + std::string(1'000'000, '9'), 63));
    CHECK(failure_of("[1,2" + std::string(100, ' ') + "true false]")->what.find("expected") != std::string::npos);
    const std::string key(1000, '9');
    CHECK(quotes("{\"" + key + "\":1,\"" + key + "\":2}", 64));
  }

  TEST_CASE("json: an error doesn't quote half a character") {
    std::string key;
    for (int i = 0; i < 100; ++i)
      key += "\xC3\xA9";
    const auto failure = failure_of("{\"" + key.substr(0, 200) + "\":1,\"" + key + "\":2}");
    REQUIRE(failure);
    CHECK(failure->what == "duplicate key \"" + key.substr(0, 64) + "...\"");
    const std::string odd = "x" + key;
    CHECK(failure_of("{\"" + odd + "\":1,\"" + odd + "\":2}")->what ==
          "duplicate key \"" + odd.substr(0, 63) + "...\"");
  }

  TEST_CASE("json: 100,000 members, items, or brackets take linear time") {
    const Json object = parse_json(object_with(100'000));
    CHECK(object.size() == 100'000);
    CHECK(object.rbegin().value() == Json(99'999));
    std::string items = "[0";
    for (int i = 1; i < 100'000; ++i)
      items += ",0";
    CHECK(parse_json(items + "]").size() == 100'000);
    CHECK(is_refused(std::string(100'000, '[')));
    CHECK(is_refused(std::string(100'000, '{')));
    CHECK(is_refused("\"" + std::string(1'000'000, 'a')));
  }

  TEST_CASE("json: 100,000 levels pass where the limit allows them, without recursion") {
    JsonLimits limits;
    limits.max_depth = 100'000;
    CHECK(parse_json(nested_arrays(100'000), limits).is_array());
    CHECK(is_refused(nested_arrays(100'001), limits));
  }

  TEST_CASE("json: text is compact UTF-8") {
    CHECK(to_json_text(Json{{"a", 1}, {"b", {1, 2}}}) == R"({"a":1,"b":[1,2]})");
    CHECK(to_json_text("caf\xC3\xA9") == "\"caf\xC3\xA9\"");
    CHECK(to_json_text(1.0) == "1.0");
    CHECK(to_json_text(nullptr) == "null");
    CHECK(to_json_text("\x01\"\\\n") == R"("\u0001\"\\\n")");
  }

  TEST_CASE("json: text of what isn't UTF-8 has replacement characters") {
    CHECK(to_json_text("a\xFF"
                       "b") ==
          "\"a\xEF\xBF\xBD"
          "b\"");
  }
}
