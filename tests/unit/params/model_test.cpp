// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/model.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/read_value.hpp"

using namespace coroute;
using coroute::testing::body_error;
using coroute::testing::read;
using coroute::testing::reread;
using coroute::testing::written;

namespace {

using Strings = std::vector<std::string>;

struct Item {
  std::string name;
  std::optional<std::string> description;
  double price;
  std::optional<double> tax = 1.5;
  Strings tags;
  int count = 7;
  static constexpr auto schema = fields(field<&Item::name>(min_length(2), max_length(4)), field<&Item::tags>(defaulted),
                                        field<&Item::count>(defaulted, ge(0)));
};

struct Strictly {
  int n;
  std::string text;
  static constexpr auto schema = fields(field<&Strictly::text>(defaulted)).forbid_extra();
};

struct Aliased {
  int item_id;
  static constexpr auto schema = fields(field<&Aliased::item_id>(alias<"item-id">));
};

struct Node {
  int value;
  std::vector<Node> children;
  static constexpr auto schema = fields(field<&Node::children>(defaulted));
};

struct Address {
  std::string city = "Paris";
  int zip;
  static constexpr auto schema = fields(field<&Address::city>(defaulted), field<&Address::zip>(defaulted));
};
struct Person {
  std::string name;
  Address address{.city = "Rome", .zip = 1};
  std::vector<Address> others;
  std::map<std::string, Address> by_name;
  static constexpr auto schema =
      fields(field<&Person::address>(defaulted), field<&Person::others>(defaulted), field<&Person::by_name>(defaulted));
};

/// Checked as a whole by its own function.
struct Range {
  int from;
  int to;
  void validate() {
    if (from > to) throw std::invalid_argument("from is after to");
    if (to == 100) to = 99;
  }
};
/// The same by a free function.
struct Pair {
  int a;
  int b;
};
void validate(Pair& pair) {
  if (pair.a == pair.b) throw std::invalid_argument("a and b are the same");
}
struct Breaks {
  int n;
  void validate() const {
    if (n == 0) throw std::runtime_error("not the client's fault");
  }
};

void must_be_even(const int& number) {
  if (number % 2 != 0) throw std::invalid_argument("must be even");
}
void no_spaces(const std::string& text) {
  if (text.find(' ') != text.npos) throw std::invalid_argument("no spaces");
}
struct Checked {
  int even;
  std::optional<std::string> word;
  std::vector<int> all;
  static void not_empty(const std::vector<int>& all) {
    if (all.empty()) throw std::invalid_argument("empty");
  }
  static constexpr auto schema =
      fields(field<&Checked::even>(check<must_be_even>, ge(0)), field<&Checked::word>(check<no_spaces>),
             field<&Checked::all>(defaulted, check<not_empty>));
};

struct Bounded {
  std::optional<int> maybe;
  std::vector<std::string> list;
  std::uint8_t small;
  static constexpr auto schema = fields(field<&Bounded::maybe>(gt(0)), field<&Bounded::list>(defaulted, max_length(1)),
                                        field<&Bounded::small>(defaulted, strict));
};

struct Empty {};

std::string missing(std::string_view name, std::string_view input, std::string_view loc = "") {
  return body_error("missing", "Field required", input, "", std::string(loc) + ",\"" + std::string(name) + "\"");
}
std::string extra(std::string_view name, std::string_view input) {
  return body_error("extra_forbidden", "Extra inputs are not permitted", input, "", ",\"" + std::string(name) + "\"");
}
std::string not_an_object(std::string_view input, std::string_view loc = "") {
  return body_error("model_attributes_type", "Input should be a valid dictionary or object to extract fields from",
                    input, "", loc);
}
std::string not_an_integer(std::string_view input, std::string_view loc) {
  return body_error("int_parsing", "Input should be a valid integer, unable to parse string as an integer", input, "",
                    loc);
}
std::string value_error(std::string_view what, std::string_view input, std::string_view loc = "") {
  return body_error("value_error", "Value error, " + std::string(what), input, R"(,"ctx":{"error":{}})", loc);
}

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("models: defaults fill what is not there") {
    CHECK(reread<Item>(R"({"name":"Foo","price":50.5})") ==
          R"({"name":"Foo","description":null,"price":50.5,"tax":1.5,"tags":[],"count":7})");
  }

  TEST_CASE("models: what is there replaces the default, null too where it may be") {
    CHECK(reread<Item>(R"({"count":1,"tags":["a"],"tax":null,"price":1,"description":"d","name":"Foo"})") ==
          R"({"name":"Foo","description":"d","price":1.0,"tax":null,"tags":["a"],"count":1})");
  }

  TEST_CASE("models: null is no value of a field that is not optional") {
    CHECK(reread<Item>(R"({"name":"Foo","price":1,"count":null})") ==
          body_error("int_type", "Input should be a valid integer", "null", "", R"(,"count")"));
    CHECK(reread<Item>(R"({"name":"Foo","price":1,"tags":null})") ==
          body_error("list_type", "Input should be a valid list", "null", "", R"(,"tags")"));
  }

  TEST_CASE("models: missing fields are told with the whole object as the input") {
    CHECK(reread<Item>("{}") == missing("name", "{}") + "," + missing("price", "{}"));
    CHECK(reread<Item>(R"({ "name" : "Foo" })") == missing("price", R"({"name":"Foo"})"));
  }

  TEST_CASE("models: members that it doesn't have are ignored") {
    CHECK(reread<Empty>(R"({"a":{"b":[1,2,{}]},"c":null})") == "{}");
    CHECK(reread<Node>(R"({"x":1,"value":2,"y":"z"})") == R"({"value":2,"children":[]})");
  }

  TEST_CASE("models: members that it doesn't have are told where they are forbidden, after all else") {
    CHECK(reread<Strictly>(R"({"n":1})") == R"({"n":1,"text":""})");
    CHECK(reread<Strictly>(R"({"z":1,"n":1,"a":[2]})") == extra("z", "1") + "," + extra("a", "[2]"));
    CHECK(reread<Strictly>(R"({"z":1})") == missing("n", R"({"z":1})") + "," + extra("z", "1"));
    CHECK(reread<Strictly>(R"({"z":1,"n":1,"z":2})") == extra("z", "2"));
    CHECK(reread<Strictly>(R"({"N":1})") == missing("n", R"({"N":1})") + "," + extra("N", "1"));
  }

  TEST_CASE("models: errors are in the order of the fields, missing ones in place") {
    const std::string_view json = R"({"count":"x","tags":1,"price":"y","tax":[]})";
    CHECK(reread<Item>(json) ==
          missing("name", R"({"count":"x","tags":1,"price":"y","tax":[]})") + "," +
              body_error("float_parsing", "Input should be a valid number, unable to parse string as a number",
                         R"("y")", "", R"(,"price")") +
              "," + body_error("float_type", "Input should be a valid number", "[]", "", R"(,"tax")") + "," +
              body_error("list_type", "Input should be a valid list", "1", "", R"(,"tags")") + "," +
              not_an_integer(R"("x")", R"(,"count")"));
  }

  TEST_CASE("models: what is no object is refused") {
    for (const std::string_view json : {"1", R"("{}")", "[1]", "true"}) {
      CAPTURE(json);
      CHECK(reread<Item>(json) == not_an_object(json));
    }
  }

  TEST_CASE("models: of a member that comes twice the last one counts") {
    CHECK(reread<Strictly>(R"({"n":1,"n":2})") == R"({"n":2,"text":""})");
    CHECK(reread<Strictly>(R"({"n":"x","n":2})") == R"({"n":2,"text":""})");
    CHECK(reread<Strictly>(R"({"n":1,"n":"x"})") == not_an_integer(R"("x")", R"(,"n")"));
    CHECK(reread<Strictly>(R"({"n":"x","text":1,"n":2})") ==
          body_error("string_type", "Input should be a valid string", "1", "", R"(,"text")"));
  }

  TEST_CASE("models: nothing of an object that was overwritten stays") {
    CHECK(reread<Person>(R"({"name":"A","address":{"city":"Oslo","zip":5},"address":{"zip":6}})") ==
          R"({"name":"A","address":{"city":"Paris","zip":6},"others":[],"by_name":{}})");
    CHECK(reread<Person>(R"({"name":"A","others":[{"zip":1}],"others":[]})") ==
          R"({"name":"A","address":{"city":"Rome","zip":1},"others":[],"by_name":{}})");
    CHECK(reread<Node>(R"({"value":1,"children":[{"value":"x"}],"children":[{"value":2}]})") ==
          R"({"value":1,"children":[{"value":2,"children":[]}]})");
  }

  TEST_CASE("models: an object inside has the defaults of its type, not those of the field") {
    CHECK(reread<Person>(R"({"name":"A","address":{}})") ==
          R"({"name":"A","address":{"city":"Paris","zip":0},"others":[],"by_name":{}})");
    CHECK(reread<Person>(R"({"name":"A"})") ==
          R"({"name":"A","address":{"city":"Rome","zip":1},"others":[],"by_name":{}})");
  }

  TEST_CASE("models: errors inside are told with the whole way") {
    CHECK(reread<Person>(R"({"name":"A","others":[{},{"zip":"x"}],"by_name":{"b":{"zip":"y"}},"address":7})") ==
          not_an_object("7", R"(,"address")") + "," + not_an_integer(R"("x")", R"(,"others",1,"zip")") + "," +
              not_an_integer(R"("y")", R"(,"by_name","b","zip")"));
  }

  TEST_CASE("models: may contain themselves") {
    CHECK(reread<Node>(R"({"value":1,"children":[{"value":2,"children":[{"value":3}]}]})") ==
          R"({"value":1,"children":[{"value":2,"children":[{"value":3,"children":[]}]}]})");
    CHECK(reread<Node>(R"({"value":1,"children":[{"children":[{}]}]})") ==
          missing("value", R"({"children":[{}]})", R"(,"children",0)") + "," +
              missing("value", "{}", R"(,"children",0,"children",0)"));
  }

  TEST_CASE("models: deeper than the reader allows is no JSON") {
    const auto nested = [](int depth) {
      std::string json;
      for (int i = 0; i < depth; ++i)
        json += R"({"value":1,"children":[)";
      json += R"({"value":2})";
      for (int i = 0; i < depth; ++i)
        json += "]}";
      return json;
    };
    CHECK(read<Node>(nested(15)).errors.empty());
    CHECK_THROWS_AS(read<Node>(nested(16)), JsonParseError);
    CHECK_THROWS_AS(read<Empty>(R"({"x":)" + nested(16) + "}"), JsonParseError);
  }

  TEST_CASE("models: an alias is the name in JSON and in errors") {
    CHECK(reread<Aliased>(R"({"item-id":1})") == R"({"item-id":1})");
    CHECK(reread<Aliased>(R"({"item_id":1})") == missing("item-id", R"({"item_id":1})"));
    CHECK(reread<Aliased>(R"({"item-id":"x"})") == not_an_integer(R"("x")", R"(,"item-id")"));
    CHECK(written(Aliased{3}) == R"({"item-id":3})");
  }

  TEST_CASE("models: constraints of fields hold below, at and above them") {
    const auto with_name = [](const std::string& name) {
      return reread<Item>(R"({"price":1,"name":")" + name + "\"}");
    };
    CHECK(with_name("a").starts_with(R"({"type":"string_too_short","loc":["body","name"])"));
    CHECK(with_name("ab").starts_with(R"({"name":"ab")"));
    CHECK(with_name("abcd").starts_with(R"({"name":"abcd")"));
    CHECK(with_name("abcde").starts_with(R"({"type":"string_too_long","loc":["body","name"])"));
  }

  TEST_CASE("models: constraints of an optional field are about its value") {
    CHECK(reread<Bounded>(R"({"maybe":null})") == R"({"maybe":null,"list":[],"small":0})");
    CHECK(reread<Bounded>("{}") == R"({"maybe":null,"list":[],"small":0})");
    CHECK(reread<Bounded>(R"({"maybe":0})") ==
          body_error("greater_than", "Input should be greater than 0", "0", R"(,"ctx":{"gt":0})", R"(,"maybe")"));
    CHECK(reread<Bounded>(R"({"list":["a","b"]})").starts_with(R"({"type":"too_long","loc":["body","list"])"));
    CHECK(reread<Bounded>(R"({"small":"5"})") ==
          body_error("int_type", "Input should be a valid integer", R"("5")", "", R"(,"small")"));
  }

  TEST_CASE("validators: a member function checks and changes the whole") {
    CHECK(reread<Range>(R"({"from":1,"to":2})") == R"({"from":1,"to":2})");
    CHECK(reread<Range>(R"({"from":1,"to":100})") == R"({"from":1,"to":99})");
    CHECK(reread<Range>(R"({"from":3,"to":2})") == value_error("from is after to", R"({"from":3,"to":2})"));
    CHECK(reread<std::vector<Range>>(R"([{"from":3,"to":2}])") ==
          value_error("from is after to", R"({"from":3,"to":2})", ",0"));
  }

  TEST_CASE("validators: a free function does the same") {
    CHECK(reread<Pair>(R"({"a":1,"b":2})") == R"({"a":1,"b":2})");
    CHECK(reread<Pair>(R"({"a":1,"b":1})") == value_error("a and b are the same", R"({"a":1,"b":1})"));
  }

  TEST_CASE("validators: are not called for an object whose fields are wrong") {
    CHECK(reread<Range>(R"({"from":3})") == missing("to", R"({"from":3})"));
    CHECK(reread<Range>(R"({"from":"x","to":1})") == not_an_integer(R"("x")", R"(,"from")"));
  }

  TEST_CASE("validators: other exceptions are no errors of the request") {
    CHECK_THROWS_WITH_AS(read<Breaks>(R"({"n":0})"), "not the client's fault", std::runtime_error);
  }

  TEST_CASE("checks: run on good values of fields alone") {
    CHECK(reread<Checked>(R"({"even":2,"word":"a","all":[1]})") == R"({"even":2,"word":"a","all":[1]})");
    CHECK(reread<Checked>(R"({"even":3})") == value_error("must be even", "3", R"(,"even")"));
    CHECK(reread<Checked>(R"({"even":"3"})") == value_error("must be even", R"("3")", R"(,"even")"));
    CHECK(reread<Checked>(R"({"even":-1})").starts_with(R"({"type":"greater_than_equal")"));
    CHECK(reread<Checked>(R"({"even":"x"})") == not_an_integer(R"("x")", R"(,"even")"));
    CHECK(reread<Checked>(R"({"even":2,"all":[]})") == value_error("empty", "[]", R"(,"all")"));
  }

  TEST_CASE("checks: of an optional field are about its value, null has none") {
    CHECK(reread<Checked>(R"({"even":2,"word":null})") == R"({"even":2,"word":null,"all":[]})");
    CHECK(reread<Checked>(R"({"even":2,"word":"a b"})") == value_error("no spaces", R"("a b")", R"(,"word")"));
  }

  TEST_CASE("models: a hundred members too many are told, the rest is dropped") {
    std::string json = "{";
    for (int i = 0; i < 10'000; ++i)
      json += "\"x" + std::to_string(i) + "\":1,";
    json += "\"n\":1}";
    detail::Problems problems;
    JsonReader in(json);
    Strictly out;
    const detail::Loc body{nullptr, "body"};
    Codec<Strictly>::read(in, out, detail::no_rules, body, problems);
    CHECK(problems.count() == 10'000);
    CHECK(problems.take().size() == 100);
  }

  TEST_CASE("models: an object that is too large to show is shown as null") {
    const std::string json = R"({"text":")" + std::string(70'000, 'x') + "\"}";
    CHECK(reread<Strictly>(json) == missing("n", "null"));
  }
}
