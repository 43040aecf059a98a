// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/containers.hpp"

#include <doctest/doctest.h>

#include <array>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "support/read_value.hpp"

using namespace coroute;
using coroute::testing::body_error;
using coroute::testing::parse;
using coroute::testing::query_error;
using coroute::testing::read;
using coroute::testing::reparse;
using coroute::testing::reread;
using coroute::testing::written;

namespace words {

/// A text of the user's own: three capitals.
struct Code {
  std::string letters;
};
bool from_text(std::string_view text, Code& out) {
  if (text == "???") throw std::invalid_argument("a code is no question");
  if (text.size() != 3) return false;
  out.letters = text;
  return true;
}
std::string to_text(const Code& code) {
  return code.letters;
}

enum class Level { low, high };

}  // namespace words

namespace numbered {
enum class Fruit { apple = 10, pear = 20 };
}

template <>
struct coroute::EnumNames<numbered::Fruit> {
  static constexpr std::array<std::string_view, 2> all{"apple", "pear"};
  static constexpr std::span<const std::string_view> names() { return all; }
  static constexpr std::size_t index(numbered::Fruit value) { return value == numbered::Fruit::apple ? 0 : 1; }
  static constexpr numbered::Fruit value(std::size_t index) {
    return index == 0 ? numbered::Fruit::apple : numbered::Fruit::pear;
  }
};

namespace {

using Ints = std::vector<int>;
using Strings = std::vector<std::string>;
using words::Code;
using words::Level;

/// A container of the user's own.
struct Ring {
  using value_type = int;
  void push_back(int item) { items.push_back(item); }
  void clear() { items.clear(); }
  std::size_t size() const { return items.size(); }
  auto begin() const { return items.begin(); }
  auto end() const { return items.end(); }
  std::vector<int> items;
};

enum class Weekday { unknown = -1, monday = 1, sunday = 7 };
enum Untyped { untyped_first, untyped_last = 6 };

enum class ModelName { alexnet, resnet, lenet };

const std::string int_text = "Input should be a valid integer, unable to parse string as an integer";
const std::string not_a_list = "Input should be a valid list";

std::string item_error(std::string_view input, std::string_view loc) {
  return body_error("int_parsing", int_text, input, "", loc);
}
std::string length_error(std::string_view type, std::string_view msg, std::string_view input, std::string_view ctx) {
  return body_error(type, msg, input, ",\"ctx\":" + std::string(ctx));
}

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("lists: items are read in order, and coerced") {
    CHECK(reread<Ints>("[1, \"2\", 3.0]") == "[1,2,3]");
    CHECK(reread<Ints>("[]") == "[]");
    CHECK(reread<std::vector<Ints>>("[[1],[],[2,3]]") == "[[1],[],[2,3]]");
    CHECK(reread<std::vector<std::optional<int>>>("[1,null]") == "[1,null]");
    CHECK(reread<std::vector<bool>>("[true,false]") == "[true,false]");
  }

  TEST_CASE("lists: bad items are told with their index, all of them") {
    CHECK(reread<Ints>(R"([1,"x",3,"y"])") == item_error(R"("x")", ",1") + "," + item_error(R"("y")", ",3"));
    CHECK(reread<std::vector<Ints>>(R"([[1],[2,"x"]])") == item_error(R"("x")", ",1,1"));
  }

  TEST_CASE("lists: what is no list is refused") {
    for (const std::string_view json : {"1", R"("abc")", "null", R"({"0":1})", "true"}) {
      CAPTURE(json);
      CHECK(reread<Ints>(json) == body_error("list_type", not_a_list, json));
    }
  }

  TEST_CASE("lists: lengths hold below, at and above them") {
    CHECK(reread<Ints, min_length(2), max_length(3)>("[1,2]") == "[1,2]");
    CHECK(reread<Ints, min_length(2), max_length(3)>("[1,2,3]") == "[1,2,3]");
    CHECK(reread<Ints, min_length(2), max_length(3)>("[1]") ==
          length_error("too_short", "List should have at least 2 items after validation, not 1", "[1]",
                       R"({"field_type":"List","min_length":2,"actual_length":1})"));
    CHECK(reread<Ints, min_length(2), max_length(3)>("[1,2,3,4]") ==
          length_error("too_long", "List should have at most 3 items after validation, not 4", "[1,2,3,4]",
                       R"({"field_type":"List","max_length":3,"actual_length":4})"));
    CHECK(reread<Ints, min_length(1)>("[]") ==
          length_error("too_short", "List should have at least 1 item after validation, not 0", "[]",
                       R"({"field_type":"List","min_length":1,"actual_length":0})"));
    CHECK(reread<Ints, max_length(0)>("[]") == "[]");
  }

  TEST_CASE("lists: one that is too long is told instead of its items, one that is too short is not") {
    CHECK(reread<Ints, max_length(1)>(R"(["x",2])") ==
          length_error("too_long", "List should have at most 1 item after validation, not 2", R"(["x",2])",
                       R"({"field_type":"List","max_length":1,"actual_length":2})"));
    CHECK(reread<Ints, min_length(2)>(R"(["x"])") == item_error(R"("x")", ",0"));
  }

  TEST_CASE("lists: of a parameter are all its values") {
    CHECK(written(parse<Strings>({"a", "b"}).value) == R"(["a","b"])");
    CHECK(written(parse<Ints>({"1", " 2 "}).value) == "[1,2]");
    CHECK(written(parse<std::optional<Ints>>({"1"}).value) == "[1]");
    CHECK(parse<Ints>({"five", "6", "six"}).errors ==
          R"({"type":"int_parsing","loc":["query","q",0],"msg":")" + int_text + R"(","input":"five"},)" +
              R"({"type":"int_parsing","loc":["query","q",2],"msg":")" + int_text + R"(","input":"six"})");
  }

  TEST_CASE("lists: the length of a parameter's list is checked, with all of it as the input") {
    CHECK(parse<Strings, max_length(1)>({"a", "b"}).errors ==
          R"({"type":"too_long","loc":["query","q"],"msg":"List should have at most 1 item after validation, not 2",)"
          R"("input":["a","b"],"ctx":{"field_type":"List","max_length":1,"actual_length":2}})");
    CHECK(
        parse<Strings, min_length(2)>({"a"}).errors ==
        R"({"type":"too_short","loc":["query","q"],"msg":"List should have at least 2 items after validation, not 1",)"
        R"("input":["a"],"ctx":{"field_type":"List","min_length":2,"actual_length":1}})");
    CHECK(parse<Strings, min_length(2), max_length(2)>({"a", "b"}).errors.empty());
  }

  TEST_CASE("lists: any container that grows at its end is one") {
    CHECK(reread<std::deque<int>>("[1,2]") == "[1,2]");
    CHECK(reread<std::list<std::string>>(R"(["b","a"])") == R"(["b","a"])");
    CHECK(reread<std::deque<int>>("1") == body_error("list_type", not_a_list, "1"));
    CHECK(reread<Ring>("[1,2]") == "[1,2]");
    CHECK(reread<std::deque<int>, max_length(1)>("[1,2]").starts_with(R"({"type":"too_long")"));
  }

  TEST_CASE("arrays: have as many items as they are long, no more and no fewer") {
    using Three = std::array<int, 3>;
    CHECK(reread<Three>("[1,\"2\",3]") == "[1,2,3]");
    CHECK(reread<Three>("[1,2]") == length_error("too_short",
                                                 "List should have at least 3 items after validation, not 2", "[1,2]",
                                                 R"({"field_type":"List","min_length":3,"actual_length":2})"));
    CHECK(reread<Three>("[1,2,3,4]") ==
          length_error("too_long", "List should have at most 3 items after validation, not 4", "[1,2,3,4]",
                       R"({"field_type":"List","max_length":3,"actual_length":4})"));
    CHECK(reread<Three>("[]").starts_with(R"({"type":"too_short")"));
    CHECK(reread<std::array<int, 0>>("[]") == "[]");
    CHECK(reread<std::array<int, 0>>("[1]").starts_with(R"({"type":"too_long")"));
    CHECK(reread<std::array<std::array<int, 2>, 2>>("[[1,2],[3,4]]") == "[[1,2],[3,4]]");
  }

  TEST_CASE("arrays: bad items are told before a wrong length that is too short, and after none that is too long") {
    using Two = std::array<int, 2>;
    CHECK(reread<Two>(R"(["x",1])") == item_error(R"("x")", ",0"));
    CHECK(reread<Two>(R"(["x"])") == item_error(R"("x")", ",0"));
    CHECK(reread<Two>(R"(["x",1,2])") ==
          length_error("too_long", "List should have at most 2 items after validation, not 3", R"(["x",1,2])",
                       R"({"field_type":"List","max_length":2,"actual_length":3})"));
    CHECK(reread<Two>("{}") == body_error("list_type", not_a_list, "{}"));
  }

  TEST_CASE("arrays: of a parameter are all its values") {
    using Two = std::array<int, 2>;
    CHECK(written(parse<Two>({"1", "2"}).value) == "[1,2]");
    CHECK(parse<Two>({"1"}).errors.find("at least 2 items") != std::string::npos);
    CHECK(parse<Two>({"1", "2", "3"}).errors.find("at most 2 items") != std::string::npos);
    CHECK(parse<Two>({"1", "x"}).errors.find(R"("loc":["query","q",1])") != std::string::npos);
  }

  TEST_CASE("sets: hold each item once") {
    CHECK(reread<std::set<int>>("[3,1,3,2]") == "[1,2,3]");
    CHECK(read<std::unordered_set<std::string>>(R"(["a","b","a"])").value.size() == 2);
    CHECK(written(parse<std::set<std::string>>({"b", "a", "b"}).value) == R"(["a","b"])");
    CHECK(reread<std::set<int>>(R"([1,"x"])") == item_error(R"("x")", ",1"));
    CHECK(reread<std::set<int>>("1") == body_error("set_type", "Input should be a valid set", "1"));
  }

  TEST_CASE("sets: lengths count what is left, and nobody knows how many too many there were") {
    CHECK(reread<std::set<int>, max_length(2)>("[1,1,2,2]") == "[1,2]");
    CHECK(reread<std::set<int>, max_length(2)>("[1,2,3]") ==
          length_error("too_long", "Set should have at most 2 items after validation, not more", "[1,2,3]",
                       R"({"field_type":"Set","max_length":2,"actual_length":null})"));
    CHECK(reread<std::set<int>, min_length(2)>("[1,1]") ==
          length_error("too_short", "Set should have at least 2 items after validation, not 1", "[1,1]",
                       R"({"field_type":"Set","min_length":2,"actual_length":1})"));
  }

  TEST_CASE("maps: keys are values too") {
    CHECK(reread<std::map<int, double>>(R"({"2":1.5," 1 ":"2"})") == R"({"1":2.0,"2":1.5})");
    CHECK(reread<std::map<std::string, Ints>>(R"({"a":[1],"":[]})") == R"({"":[],"a":[1]})");
    CHECK(read<std::unordered_map<std::string, int>>(R"({"a":1,"b":2})").value.size() == 2);
    CHECK(reread<std::map<bool, int>>(R"({"yes":1})") == R"({"true":1})");
    CHECK(reread<std::map<ModelName, int>>(R"({"lenet":1})") == R"({"lenet":1})");
    CHECK(reread<std::map<Uuid, int>>(R"({"67E5504410B1426F9247BB680E5FE0C8":1})") ==
          R"({"67e55044-10b1-426f-9247-bb680e5fe0c8":1})");
  }

  TEST_CASE("maps: a bad key is told with [key] behind it, its value too") {
    CHECK(reread<std::map<int, int>>(R"({"foo":1,"2":2})") == item_error(R"("foo")", R"(,"foo","[key]")"));
    CHECK(reread<std::map<int, int>>(R"({"foo":"bar"})") ==
          item_error(R"("foo")", R"(,"foo","[key]")") + "," + item_error(R"("bar")", R"(,"foo")"));
  }

  TEST_CASE("maps: of a key that comes twice the last value counts, errors of the first vanish") {
    CHECK(reread<std::map<std::string, int>>(R"({"a":"x","b":1,"a":2})") == R"({"a":2,"b":1})");
    CHECK(reread<std::map<std::string, int>>(R"({"a":1,"a":"x"})") == item_error(R"("x")", R"(,"a")"));
    CHECK(reread<std::map<std::string, Ints>>(R"({"a":["x","y"],"a":[1]})") == R"({"a":[1]})");
    CHECK(reread<std::map<std::string, int>>(R"({"a":"x","b":"y","a":2})") == item_error(R"("y")", R"(,"b")"));
  }

  TEST_CASE("maps: what is no object is refused") {
    for (const std::string_view json : {"1", "[]", "null", R"("{}")"}) {
      CAPTURE(json);
      CHECK(reread<std::map<int, int>>(json) == body_error("dict_type", "Input should be a valid dictionary", json));
    }
  }

  TEST_CASE("maps: lengths count members") {
    CHECK(reread<std::map<std::string, int>, min_length(1), max_length(1)>(R"({"a":1})") == R"({"a":1})");
    CHECK(reread<std::map<std::string, int>, max_length(1)>(R"({"a":1,"b":2})") ==
          length_error("too_long", "Dictionary should have at most 1 item after validation, not 2", R"({"a":1,"b":2})",
                       R"({"field_type":"Dictionary","max_length":1,"actual_length":2})"));
    CHECK(reread<std::map<std::string, int>, min_length(1)>("{}").starts_with(R"({"type":"too_short")"));
  }

  TEST_CASE("maps: a key with a quote or a backslash is written as JSON") {
    CHECK(reread<std::map<std::string, int>>(R"({"a\"\\\n":1})") == R"({"a\"\\\n":1})");
    CHECK(written(std::map<Code, int, decltype([](const Code& a, const Code& b) { return a.letters < b.letters; })>{
              {Code{"a\"b"}, 1}}) == R"({"a\"b":1})");
  }

  TEST_CASE("enumerations: are their names") {
    CHECK(reparse<ModelName>("alexnet") == R"("alexnet")");
    CHECK(reread<ModelName>(R"("lenet")") == R"("lenet")");
    CHECK(reparse<ModelName>("foo") == query_error("enum", "Input should be 'alexnet', 'resnet' or 'lenet'", "foo",
                                                   R"(,"ctx":{"expected":"'alexnet', 'resnet' or 'lenet'"})"));
    CHECK(reparse<Level>("LOW") ==
          query_error("enum", "Input should be 'low' or 'high'", "LOW", R"(,"ctx":{"expected":"'low' or 'high'"})"));
    for (const std::string_view json : {"0", "null", "[]", R"("")"}) {
      CAPTURE(json);
      CHECK(reread<Level>(json) ==
            body_error("enum", "Input should be 'low' or 'high'", json, R"(,"ctx":{"expected":"'low' or 'high'"})"));
    }
  }

  TEST_CASE("enumerations: may have gaps and begin anywhere near 0") {
    CHECK(reread<Weekday>(R"("sunday")") == R"("sunday")");
    CHECK(read<Weekday>(R"("sunday")").value == Weekday::sunday);
    CHECK(reread<Untyped>(R"("untyped_last")") == R"("untyped_last")");
    CHECK(reread<Weekday>(R"("tuesday")") == body_error("enum", "Input should be 'unknown', 'monday' or 'sunday'",
                                                        R"("tuesday")",
                                                        R"(,"ctx":{"expected":"'unknown', 'monday' or 'sunday'"})"));
  }

  TEST_CASE("enumerations: a value without a name is not written") {
    CHECK_THROWS_WITH_AS(written(static_cast<Weekday>(3)), "a value of the enumeration Weekday has no name",
                         std::out_of_range);
    CHECK_THROWS_AS(written(static_cast<Weekday>(-2)), std::out_of_range);
    CHECK_THROWS_AS(written(static_cast<Weekday>(1'000'000)), std::out_of_range);
  }

  TEST_CASE("enumerations: other names and values can be told") {
    CHECK(read<numbered::Fruit>(R"("pear")").value == numbered::Fruit::pear);
    CHECK(written(numbered::Fruit::apple) == R"("apple")");
  }

  TEST_CASE("literals: are one of their texts, the first until set") {
    using Order = Literal<"asc", "desc">;
    CHECK(Order().view() == "asc");
    CHECK(Order("desc").view() == "desc");
    CHECK(reparse<Order>("desc") == R"("desc")");
    CHECK(reread<Order>(R"("asc")") == R"("asc")");
    CHECK(reparse<Order>("up") == query_error("literal_error", "Input should be 'asc' or 'desc'", "up",
                                              R"(,"ctx":{"expected":"'asc' or 'desc'"})"));
    CHECK(reread<Literal<"one">>("1") ==
          body_error("literal_error", "Input should be 'one'", "1", R"(,"ctx":{"expected":"'one'"})"));
    CHECK(Order("asc") == Order());
    CHECK((Order("asc") == std::string_view("asc")));
    CHECK(Order("asc") != Order("desc"));
  }

  TEST_CASE("texts of the user's: are read and written by the user's functions") {
    CHECK(reparse<Code>("ABC") == R"("ABC")");
    CHECK(reread<Code>(R"("ABC")") == R"("ABC")");
    CHECK(reparse<Code>("AB") ==
          query_error("value_error", "Value error, invalid value", "AB", R"(,"ctx":{"error":{}})"));
    CHECK(reread<Code>(R"("???")") ==
          body_error("value_error", "Value error, a code is no question", R"("???")", R"(,"ctx":{"error":{}})"));
    CHECK(reread<Code>("1") == body_error("string_type", "Input should be a valid string", "1"));
    CHECK(reparse<Code, pattern<"^[A-Z]+$">>("abc").starts_with(R"({"type":"string_pattern_mismatch")"));
    CHECK(reread<std::vector<Code>>(R"(["ABC","AB"])") ==
          body_error("value_error", "Value error, invalid value", R"("AB")", R"(,"ctx":{"error":{}})", ",1"));
  }

  TEST_CASE("lists: ten thousand bad items cost a hundred errors") {
    std::string json = "[";
    for (int i = 0; i < 10'000; ++i)
      json += "\"x\",";
    json.back() = ']';
    detail::Problems problems;
    JsonReader in(json);
    Ints out;
    const detail::Loc body{nullptr, "body"};
    Codec<Ints>::read(in, out, detail::no_rules, body, problems);
    CHECK(problems.count() == 10'000);
    CHECK(problems.take().size() == 100);
  }

  TEST_CASE("maps: a hundred thousand keys that come twice are read in linear time") {
    std::string json = "{\"bad\":\"x\",";
    for (int i = 0; i < 100'000; ++i)
      json += "\"" + std::to_string(i % 1000) + "\":0,";
    json.back() = '}';
    CHECK(reread<std::map<std::string, int>>(json) == item_error(R"("x")", R"(,"bad")"));
  }
}
