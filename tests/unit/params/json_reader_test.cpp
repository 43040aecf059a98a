// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/json_reader.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/json_failure.hpp"

using coroute::JsonKind;
using coroute::JsonLimits;
using coroute::JsonNumber;
using coroute::JsonReader;
using coroute::testing::failure_of;
using coroute::testing::is_refused;
using coroute::testing::nested_arrays;

namespace {

JsonNumber number_in(std::string_view text) {
  JsonReader reader(text);
  JsonNumber number = reader.read_number();
  reader.finish();
  number.text = {};
  return number;
}

std::string string_in(std::string_view text) {
  JsonReader reader(text);
  const std::string result(reader.read_string());
  reader.finish();
  return result;
}

std::vector<std::string> keys_of(std::string_view text) {
  std::vector<std::string> keys;
  JsonReader reader(text);
  reader.enter_object();
  for (std::string_view key; reader.next_member(key);)
    keys.emplace_back(key);
  reader.finish();
  return keys;
}

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("json_reader: the kind of the value at hand is known without consuming it") {
    CHECK(JsonReader("null").kind() == JsonKind::Null);
    CHECK(JsonReader("true").kind() == JsonKind::Bool);
    CHECK(JsonReader("false").kind() == JsonKind::Bool);
    CHECK(JsonReader("-1.5").kind() == JsonKind::Number);
    CHECK(JsonReader("\"\"").kind() == JsonKind::String);
    CHECK(JsonReader("[]").kind() == JsonKind::Array);
    CHECK(JsonReader(" {}").kind() == JsonKind::Object);
    JsonReader reader("7");
    CHECK(reader.kind() == JsonKind::Number);
    CHECK(reader.kind() == JsonKind::Number);
    CHECK(reader.read_number().as_signed == 7);
  }

  TEST_CASE("json_reader: scalars are read as the whole text, with white space around") {
    JsonReader null(" \t\r\nnull ");
    null.read_null();
    null.finish();
    JsonReader yes("true");
    CHECK(yes.read_bool());
    yes.finish();
    JsonReader no("\nfalse\n");
    CHECK_FALSE(no.read_bool());
    no.finish();
    CHECK(number_in(" 42 ").as_signed == 42);
    CHECK(string_in(" \"a\" ") == "a");
  }

  TEST_CASE("json_reader: an object is read member by member in the order of the text") {
    JsonReader reader(R"({"id": 7, "tags": ["a", "b"], "in": {"x": null}, "on": true})");
    std::string_view key;
    reader.enter_object();
    REQUIRE(reader.next_member(key));
    CHECK(key == "id");
    CHECK(reader.read_number().as_signed == 7);
    REQUIRE(reader.next_member(key));
    CHECK(key == "tags");
    reader.enter_array();
    REQUIRE(reader.next_item());
    CHECK(reader.read_string() == "a");
    REQUIRE(reader.next_item());
    CHECK(reader.read_string() == "b");
    CHECK_FALSE(reader.next_item());
    REQUIRE(reader.next_member(key));
    CHECK(key == "in");
    reader.enter_object();
    REQUIRE(reader.next_member(key));
    CHECK(key == "x");
    reader.read_null();
    CHECK_FALSE(reader.next_member(key));
    REQUIRE(reader.next_member(key));
    CHECK(key == "on");
    CHECK(reader.read_bool());
    CHECK_FALSE(reader.next_member(key));
    reader.finish();
  }

  TEST_CASE("json_reader: empty arrays and objects end at once, wherever they are") {
    JsonReader reader("[[], {}, [ ], { }]");
    std::string_view key;
    reader.enter_array();
    for (int i = 0; i < 2; ++i) {
      REQUIRE(reader.next_item());
      reader.enter_array();
      CHECK_FALSE(reader.next_item());
      REQUIRE(reader.next_item());
      reader.enter_object();
      CHECK_FALSE(reader.next_member(key));
    }
    CHECK_FALSE(reader.next_item());
    reader.finish();
    JsonReader object("{}");
    object.enter_object();
    CHECK_FALSE(object.next_member(key));
    object.finish();
  }

  TEST_CASE("json_reader: duplicate and empty keys are reported as they come") {
    CHECK(keys_of(R"({"a":1,"":2,"a":3})") == std::vector<std::string>{"a", "", "a"});
  }

  TEST_CASE("json_reader: keys are unescaped") {
    CHECK(keys_of(R"({"a\"b":1,"\u00e9":2,"\/":3})") == std::vector<std::string>{"a\"b", "\xC3\xA9", "/"});
    CHECK(is_refused(R"({"\x":1})"));
    CHECK(is_refused(R"({"\udc00":1})"));
  }

  TEST_CASE("json_reader: keys and strings stay valid as long as the reader") {
    std::string text = "{";
    for (int i = 0; i < 500; ++i)
      text += (i ? ",\"k\\u0020" : "\"k\\u0020") + std::to_string(i) + "\":\"v\\n" + std::to_string(i) + "\"";
    JsonReader reader(text + "}");
    std::vector<std::string_view> keys;
    std::vector<std::string_view> values;
    reader.enter_object();
    for (std::string_view key; reader.next_member(key);) {
      keys.push_back(key);
      values.push_back(reader.read_string());
    }
    reader.finish();
    REQUIRE(keys.size() == 500);
    for (std::size_t i = 0; i < 500; ++i) {
      CHECK(keys[i] == "k " + std::to_string(i));
      CHECK(values[i] == "v\n" + std::to_string(i));
    }
  }

  TEST_CASE("json_reader: the text may change or go away once the reader has it") {
    std::string text = R"({"a":"b"})";
    JsonReader reader(text);
    text.assign(text.size(), '!');
    std::string_view key;
    reader.enter_object();
    REQUIRE(reader.next_member(key));
    CHECK(key == "a");
    CHECK(reader.read_string() == "b");
  }

  TEST_CASE("json_reader: what is left unread is skipped") {
    JsonReader reader(R"({"a":{"b":[1,{"c":2}]},"d":4})");
    std::string_view key;
    reader.enter_object();
    REQUIRE(reader.next_member(key));
    REQUIRE(reader.next_member(key));
    CHECK(key == "d");
    CHECK_FALSE(reader.next_member(key));
    reader.finish();
    JsonReader items("[1,[2,3],4]");
    items.enter_array();
    int count = 0;
    while (items.next_item())
      ++count;
    CHECK(count == 3);
    JsonReader root("[1,[2,3],4]");
    root.finish();
    CHECK_NOTHROW(root.finish());
  }

  TEST_CASE("json_reader: what is left unread is checked as strictly as what is skipped") {
    CHECK(failure_of([] {
      JsonReader reader("[01,2]");
      reader.enter_array();
      reader.next_item();
      reader.next_item();
    }));
    CHECK(failure_of([] {
      JsonReader reader(R"({"a":[tru],"b":1})");
      std::string_view key;
      reader.enter_object();
      reader.next_member(key);
      reader.next_member(key);
    }));
    CHECK(failure_of([] { JsonReader("[1,]").finish(); }));
  }

  TEST_CASE("json_reader: a reader may be given up anywhere") {
    for (int i = 0; i < 3; ++i) {
      JsonReader reader("[[[1,2],3],4]");
      reader.enter_array();
      reader.next_item();
      reader.enter_array();
    }
    CHECK(number_in("5").as_signed == 5);
  }
}

TEST_SUITE("params") {
  TEST_CASE("json_reader: offset and text give the raw JSON of a value") {
    const std::string text = R"( { "a" : [1, {"b": "\u0041"}] , "c":1.0 ,"d": "x" } )";
    JsonReader reader(text);
    std::string_view key;
    CHECK(reader.offset() == 1);
    reader.enter_object();
    std::vector<std::string> raws;
    while (reader.next_member(key)) {
      const std::size_t begin = reader.offset();
      reader.skip();
      raws.emplace_back(reader.text(begin));
      CHECK(text.substr(begin, raws.back().size()) == raws.back());
    }
    CHECK(raws == std::vector<std::string>{R"([1, {"b": "\u0041"}])", "1.0", R"("x")"});
    CHECK(reader.text(1) == text.substr(1, text.size() - 2));
    reader.finish();
    CHECK(reader.text(1) == text.substr(1, text.size() - 2));
  }

  TEST_CASE("json_reader: the raw JSON of scalars ends with them, also at the end of the text") {
    for (const std::string value : {"null", "true", "-12", "1.5e3", "18446744073709551616", "\"a b \""}) {
      CAPTURE(value);
      JsonReader whole(value + " ");
      whole.skip();
      CHECK(whole.text(0) == value);
      JsonReader item("[" + value + " ,2]");
      item.enter_array();
      item.next_item();
      item.skip();
      CHECK(item.text(1) == value);
      CHECK(item.offset() >= 1 + value.size());
    }
  }

  TEST_CASE("json_reader: text of what is not consumed yet is empty") {
    JsonReader reader("[1]");
    CHECK(reader.text(0).empty());
    CHECK(reader.text(100).empty());
    CHECK(reader.text(std::numeric_limits<std::size_t>::max()).empty());
  }

  TEST_CASE("json_reader: a value can be read again while the outer reader goes on") {
    JsonReader outer(R"([{"a":["x\n",{"b":2}]},"after"])");
    outer.enter_array();
    REQUIRE(outer.next_item());
    const std::size_t begin = outer.offset();
    outer.skip();
    const std::string_view raw = outer.text(begin);
    for (int pass = 0; pass < 3; ++pass) {
      JsonReader inner = JsonReader::again(outer, raw);
      std::string_view key;
      inner.enter_object();
      REQUIRE(inner.next_member(key));
      CHECK(key == "a");
      inner.enter_array();
      REQUIRE(inner.next_item());
      const std::string_view kept = inner.read_string();
      REQUIRE(inner.next_item());
      const std::size_t inner_begin = inner.offset();
      inner.skip();
      JsonReader innermost = JsonReader::again(inner, inner.text(inner_begin));
      innermost.enter_object();
      REQUIRE(innermost.next_member(key));
      CHECK(innermost.read_number().as_signed == 2);
      CHECK_FALSE(inner.next_item());
      CHECK(kept == "x\n");
    }
    REQUIRE(outer.next_item());
    CHECK(outer.read_string() == "after");
    CHECK_FALSE(outer.next_item());
    outer.finish();
    CHECK(raw == R"({"a":["x\n",{"b":2}]})");
  }

  TEST_CASE("json_reader: a second reader has the limits of the first") {
    JsonLimits limits;
    limits.max_depth = 40;
    const std::string text = nested_arrays(40);
    JsonReader outer(text, limits);
    outer.skip();
    CHECK_FALSE(failure_of([&] { JsonReader::again(outer, outer.text(0)).finish(); }));
  }

  TEST_CASE("json_reader: a thread's readers use the same memory one after the other") {
    const auto address = [] {
      JsonReader reader("[1]");
      reader.skip();
      return reinterpret_cast<std::uintptr_t>(reader.text(0).data());
    };
    const std::uintptr_t first = address();
    CHECK(address() == first);
    CHECK(is_refused("[1"));
    CHECK(is_refused("\"\xFF\""));
    CHECK(address() == first);
    JsonReader other("[2]");
    CHECK(address() != first);
    CHECK(other.kind() == JsonKind::Array);
  }

  TEST_CASE("json_reader: large texts before and after small ones do no harm") {
    for (const std::size_t size :
         {10U, 4093U, 4094U, 4095U, 4096U, 4097U, 100U, 300'000U, 5U, 262'142U, 262'143U, 8U}) {
      CAPTURE(size);
      const std::string content(size, 'x');
      CHECK(string_in('"' + content + '"') == content);
      CHECK(is_refused('"' + content));
    }
  }

  TEST_CASE("json_reader: threads don't meet") {
    std::array<std::size_t, 4> sums{};
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < sums.size(); ++i) {
        threads.emplace_back([i, &sums] {
          for (int round = 0; round < 200; ++round) {
            JsonReader reader("[" + std::to_string(i) + ",\"\\u0041\"]");
            reader.enter_array();
            reader.next_item();
            sums[i] += reader.read_number().as_unsigned;
            reader.next_item();
            sums[i] += reader.read_string().size();
          }
        });
      }
    }
    for (std::size_t i = 0; i < sums.size(); ++i)
      CHECK(sums[i] == 200 * (i + 1));
  }

  TEST_CASE("json_reader: calls that don't fit the value or the state are errors of logic") {
    const auto with = [](std::string_view text, const auto& use) {
      JsonReader reader(text);
      use(reader);
    };
    std::string_view key;
    CHECK_THROWS_AS(with("1", [](auto& r) { r.read_null(); }), std::logic_error);
    CHECK_THROWS_AS(with("1", [](auto& r) { r.read_bool(); }), std::logic_error);
    CHECK_THROWS_AS(with("\"1\"", [](auto& r) { r.read_number(); }), std::logic_error);
    CHECK_THROWS_AS(with("1", [](auto& r) { r.read_string(); }), std::logic_error);
    CHECK_THROWS_AS(with("{}", [](auto& r) { r.enter_array(); }), std::logic_error);
    CHECK_THROWS_AS(with("[]", [](auto& r) { r.enter_object(); }), std::logic_error);
    CHECK_THROWS_AS(with("[]", [](auto& r) { r.next_item(); }), std::logic_error);
    CHECK_THROWS_AS(with("[]", [&](auto& r) { r.enter_array(), r.next_member(key); }), std::logic_error);
    CHECK_THROWS_AS(with("{}", [](auto& r) { r.enter_object(), r.next_item(); }), std::logic_error);
    CHECK_THROWS_AS(with("[]", [](auto& r) { r.enter_array(), r.kind(); }), std::logic_error);
    CHECK_THROWS_AS(with("1", [](auto& r) { r.read_number(), r.read_number(); }), std::logic_error);
    CHECK_THROWS_AS(with("1", [](auto& r) { r.skip(), r.skip(); }), std::logic_error);
    CHECK_THROWS_AS(with("[1]", [](auto& r) { r.enter_array(), r.finish(); }), std::logic_error);
  }
}
