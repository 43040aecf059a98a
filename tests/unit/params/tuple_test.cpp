// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/tuple.hpp"

#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "support/read_value.hpp"

using namespace coroute;
using coroute::testing::body_error;
using coroute::testing::parse;
using coroute::testing::read;
using coroute::testing::reread;
using coroute::testing::written;

namespace {

struct Point {
  int x;
  int y = 7;
  static constexpr auto schema = fields(field<&Point::y>(defaulted));
};
using Pair = std::pair<int, std::string>;
using Numbers = std::pair<int, int>;
using Triple = std::tuple<int, Point, std::optional<bool>>;
struct Route {
  Numbers ends;
  std::vector<Numbers> through;
  static constexpr auto schema = fields(field<&Route::through>(defaulted));
};

const std::string not_an_integer = "Input should be a valid integer, unable to parse string as an integer";

std::string missing(std::string_view input, std::string_view loc) {
  return body_error("missing", "Field required", input, "", loc);
}
std::string too_long(std::size_t most, std::size_t actual, std::string_view input) {
  return body_error("too_long",
                    "Tuple should have at most " + std::to_string(most) + (most == 1 ? " item" : " items") +
                        " after validation, not " + std::to_string(actual),
                    input,
                    R"(,"ctx":{"field_type":"Tuple","max_length":)" + std::to_string(most) + R"(,"actual_length":)" +
                        std::to_string(actual) + "}");
}

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("tuples: have an item for each type, each read as its own") {
    CHECK(reread<Pair>(R"([1,"a"])") == R"([1,"a"])");
    CHECK(reread<Pair>(R"(["2","a"])") == R"([2,"a"])");
    CHECK(reread<Triple>(R"([1,{"x":2},null])") == R"([1,{"x":2,"y":7},null])");
    CHECK(reread<Triple>(R"([1,{"x":2,"y":3},"yes"])") == R"([1,{"x":2,"y":3},true])");
    CHECK(reread<std::tuple<int>>("[1]") == "[1]");
    CHECK(reread<std::tuple<>>("[]") == "[]");
    CHECK(reread<std::pair<Numbers, Numbers>>("[[1,2],[3,4]]") == "[[1,2],[3,4]]");
  }

  TEST_CASE("tuples: each item that lacks is missing, with the whole as the input") {
    CHECK(reread<Pair>("[1]") == missing("[1]", ",1"));
    CHECK(reread<Pair>("[]") == missing("[]", ",0") + "," + missing("[]", ",1"));
    CHECK(reread<Triple>("[1, {\"x\":1}]") == missing(R"([1,{"x":1}])", ",2"));
  }

  TEST_CASE("tuples: one that is too long is told with its length instead of its items") {
    CHECK(reread<Pair>(R"([1,"a",3])") == too_long(2, 3, R"([1,"a",3])"));
    CHECK(reread<Pair>(R"(["x","a",3,4,5])") == too_long(2, 5, R"(["x","a",3,4,5])"));
    CHECK(reread<std::tuple<int>>("[1,2]") == too_long(1, 2, "[1,2]"));
    CHECK(reread<std::tuple<>>("[1]") == too_long(0, 1, "[1]"));
    CHECK(reread<Pair>(R"([1,"a",{"deep":[[[]]]}])") == too_long(2, 3, R"([1,"a",{"deep":[[[]]]}])"));
  }

  TEST_CASE("tuples: bad items are told with their index, before those that lack") {
    CHECK(reread<Pair>(R"(["x",1])") == body_error("int_parsing", not_an_integer, R"("x")", "", ",0") + "," +
                                            body_error("string_type", "Input should be a valid string", "1", "", ",1"));
    CHECK(reread<Numbers>(R"(["x"])") ==
          body_error("int_parsing", not_an_integer, R"("x")", "", ",0") + "," + missing(R"(["x"])", ",1"));
    CHECK(reread<std::vector<Numbers>>(R"([[1,2],[3,"x"]])") ==
          body_error("int_parsing", not_an_integer, R"("x")", "", ",1,1"));
  }

  TEST_CASE("tuples: what is no array is refused") {
    for (const std::string_view json : {"1", R"("ab")", "null", R"({"0":1,"1":"a"})", "true"}) {
      CAPTURE(json);
      CHECK(reread<Pair>(json) == body_error("tuple_type", "Input should be a valid tuple", json));
    }
  }

  TEST_CASE("tuples: a hundred thousand items too many cost one error") {
    std::string json = "[";
    for (int i = 0; i < 100'000; ++i)
      json += "\"x\",";
    json.back() = ']';
    const std::string errors = reread<Numbers>(json);
    CHECK(errors.find("not 100000") != std::string::npos);
    CHECK(errors.find("int_parsing") == std::string::npos);
  }

  TEST_CASE("tuples: can be fields, items and values of maps") {
    CHECK(reread<Route>(R"({"ends":[1,2],"through":[[3,4],[5,6]]})") == R"({"ends":[1,2],"through":[[3,4],[5,6]]})");
    CHECK(reread<Route>(R"({"ends":[1]})") == missing("[1]", R"(,"ends",1)"));
    CHECK(reread<std::map<std::string, Numbers>>(R"({"a":[1]})") == missing("[1]", R"(,"a",1)"));
    CHECK(reread<std::optional<Numbers>>("null") == "null");
    CHECK(reread<std::optional<Numbers>>("[1,2]") == "[1,2]");
  }

  TEST_CASE("tuples: of a parameter are its values in order") {
    CHECK(written(parse<Pair>({"1", "a"}).value) == R"([1,"a"])");
    CHECK(parse<Pair>({"1"}).errors ==
          R"({"type":"missing","loc":["query","q",1],"msg":"Field required","input":["1"]})");
    CHECK(parse<Numbers>({"1", "2", "3"}).errors ==
          R"({"type":"too_long","loc":["query","q"],"msg":"Tuple should have at most 2 items after validation, not 3",)"
          R"("input":["1","2","3"],"ctx":{"field_type":"Tuple","max_length":2,"actual_length":3}})");
    CHECK(parse<Numbers>({"1", "x"}).errors ==
          R"({"type":"int_parsing","loc":["query","q",1],"msg":")" + not_an_integer + R"(","input":"x"})");
  }

  TEST_CASE("tuples: a union takes a list before a tuple, and calls them by their items") {
    using Either = std::variant<Numbers, std::vector<int>>;
    CHECK(std::holds_alternative<std::vector<int>>(read<Either>("[1,2]").value));
    CHECK(std::holds_alternative<std::vector<int>>(read<Either>("[1,2,3]").value));
    CHECK(reread<std::variant<Pair, std::vector<int>>>(R"(["x"])") ==
          body_error("int_parsing", not_an_integer, R"("x")", "", R"(,"tuple[int, str]",0)") + "," +
              missing(R"(["x"])", R"(,"tuple[int, str]",1)") + "," +
              body_error("int_parsing", not_an_integer, R"("x")", "", R"(,"list[int]",0)"));
  }
}
