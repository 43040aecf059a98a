// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/problems.hpp"

#include <doctest/doctest.h>

#include <span>
#include <string>
#include <string_view>

using namespace coroute;
using detail::Loc;
using detail::Problems;

namespace {

InvalidValue some_problem() {
  return {"int_type", "Input should be a valid integer", ""};
}
const Loc body{nullptr, "body"};

std::string json_of(Problems& problems) {
  return to_json_text(std::span<const ErrorDetail>(problems.take()));
}
std::string input_of(std::string_view json) {
  Problems problems;
  problems.add(body, some_problem(), json);
  return problems.take()[0].input;
}

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("problems: places are named from the outside in") {
    Problems problems;
    const Loc items{&body, "items"};
    const Loc second{&items, {}, 2};
    problems.add(Loc{&second, "price"}, some_problem(), "1");
    CHECK(
        json_of(problems) ==
        R"([{"type":"int_type","loc":["body","items",2,"price"],"msg":"Input should be a valid integer","input":1}])");
  }

  TEST_CASE("problems: a context stands last") {
    Problems problems;
    problems.add_text(body, {"greater_than", "Input should be greater than 1", R"({"gt":1})"}, "0");
    CHECK(
        json_of(problems) ==
        R"([{"type":"greater_than","loc":["body"],"msg":"Input should be greater than 1","input":"0","ctx":{"gt":1}}])");
  }

  TEST_CASE("problems: inputs are compact and written as elsewhere") {
    CHECK(input_of(R"({ "a" : [ 1 , 2.50 , null ] })") == R"({"a":[1,2.5,null]})");
    CHECK(input_of(R"("\u00e9\/")") == "\"\xC3\xA9/\"");
    CHECK(input_of("1E5") == "100000.0");
    CHECK(input_of("123456789012345678901234567890") == "123456789012345678901234567890");
    CHECK(input_of("true") == "true");
  }

  TEST_CASE("problems: no more than a hundred are kept, all are counted") {
    Problems problems;
    for (std::size_t i = 0; i < 10'000; ++i)
      problems.add(Loc{&body, {}, i}, some_problem(), "null");
    CHECK(problems.count() == 10'000);
    CHECK(problems.errors().size() == Problems::max_errors);
    CHECK(problems.take().back().loc.back() == Location::value_type(std::int64_t{99}));
    CHECK(problems.empty());
  }

  TEST_CASE("problems: the hundredth is kept") {
    Problems problems;
    for (std::size_t i = 0; i < Problems::max_errors; ++i)
      problems.add(body, some_problem(), "null");
    CHECK(problems.errors().size() == 100);
    CHECK(problems.count() == 100);
  }

  TEST_CASE("problems: inputs are shown up to a limit of bytes together") {
    const std::string largest = "\"" + std::string(Problems::max_input_bytes - 2, 'x') + "\"";
    CHECK(input_of(largest) == largest);
    CHECK(input_of(largest + " ") == "null");

    Problems problems;
    problems.add(body, some_problem(), largest);
    problems.add(body, some_problem(), "1");
    problems.add_text(body, some_problem(), "");
    const auto errors = problems.take();
    CHECK(errors[0].input == largest);
    CHECK(errors[1].input == "null");
    CHECK(errors[2].input == "null");
  }

  TEST_CASE("problems: an input that is too large leaves room for the next") {
    Problems problems;
    problems.add(body, some_problem(), "\"" + std::string(Problems::max_input_bytes, 'x') + "\"");
    problems.add_text(body, some_problem(), std::string(Problems::max_input_bytes, 'x'));
    problems.add(body, some_problem(), "1");
    const auto errors = problems.take();
    CHECK(errors[0].input == "null");
    CHECK(errors[1].input == "null");
    CHECK(errors[2].input == "1");
  }

  TEST_CASE("problems: what a text needs as JSON counts") {
    Problems problems;
    problems.add_text(body, some_problem(), std::string(Problems::max_input_bytes / 2, '\x01'));
    CHECK(problems.take()[0].input == "null");
  }

  TEST_CASE("problems: names that the client chose are shortened, not inside a character") {
    Problems problems;
    problems.add(Loc{&body, std::string(256, 'k')}, some_problem(), "1");
    problems.add(Loc{&body, std::string(257, 'k')}, some_problem(), "1");
    problems.add(Loc{&body, std::string(255, 'k') + "\xC3\xA9"}, some_problem(), "1");
    const auto errors = problems.take();
    CHECK(errors[0].loc[1] == Location::value_type(std::string(256, 'k')));
    CHECK(errors[1].loc[1] == Location::value_type(std::string(256, 'k')));
    CHECK(errors[2].loc[1] == Location::value_type(std::string(255, 'k')));
  }

  TEST_CASE("problems: those since a count are forgotten, and give back their room") {
    Problems problems;
    problems.add(body, some_problem(), "1");
    const std::size_t before = problems.count();
    for (std::size_t i = 0; i < 500; ++i)
      problems.add(body, some_problem(), "\"" + std::string(1000, 'x') + "\"");
    problems.forget_since(before);
    CHECK(problems.count() == 1);
    problems.add(body, some_problem(), "\"" + std::string(Problems::max_input_bytes - 3, 'x') + "\"");
    CHECK(problems.errors().size() == 2);
    CHECK(problems.take()[1].input != "null");
  }

  TEST_CASE("problems: of those beyond the limit only the later ones are forgotten") {
    Problems problems;
    for (std::size_t i = 0; i < 150; ++i)
      problems.add(body, some_problem(), "1");
    problems.forget_since(120);
    CHECK(problems.count() == 120);
    CHECK(problems.errors().size() == 100);
    problems.forget_since(90);
    CHECK(problems.count() == 90);
    problems.forget_since(200);
    CHECK(problems.count() == 90);
    problems.forget_since(0);
    CHECK(problems.empty());
  }

  TEST_CASE("problems: those of one member are forgotten, wherever they are inside it") {
    Problems problems;
    const Loc user{&body, "user"};
    const Loc name{&user, "name"};
    problems.add(Loc{&body, "name"}, some_problem(), "1");
    const std::size_t before = problems.count();
    problems.add(name, some_problem(), "2");
    problems.add(Loc{&name, {}, 3}, some_problem(), "3");
    problems.add(Loc{&user, "names"}, some_problem(), "4");
    problems.add(user, some_problem(), "5");
    problems.forget_member(before, user, "name");
    const auto errors = problems.take();
    REQUIRE(errors.size() == 3);
    CHECK(errors[0].input == "1");
    CHECK(errors[1].input == "4");
    CHECK(errors[2].input == "5");
  }

  TEST_CASE("problems: a member whose name was shortened keeps its errors") {
    Problems problems;
    const std::string name(300, 'k');
    problems.add(Loc{&body, name + "1"}, some_problem(), "1");
    problems.forget_member(0, body, name + "2");
    problems.forget_member(0, body, name.substr(0, 257));
    CHECK(problems.count() == 1);
  }

  TEST_CASE("problems: attempts inside attempts are limited, others are not") {
    Problems problems;
    for (std::size_t i = 0; i < Problems::max_union_attempts + 10; ++i) {
      REQUIRE(problems.begin_attempt(1));
      problems.end_attempt();
    }
    REQUIRE(problems.begin_attempt(1));
    for (std::size_t i = 0; i < Problems::max_union_attempts; ++i) {
      REQUIRE(problems.begin_attempt(1));
      problems.end_attempt();
    }
    CHECK_FALSE(problems.begin_attempt(1));
  }

  TEST_CASE("problems: the bytes of attempts inside attempts are limited") {
    Problems problems;
    REQUIRE(problems.begin_attempt(Problems::max_union_bytes * 2));
    REQUIRE(problems.begin_attempt(Problems::max_union_bytes));
    problems.end_attempt();
    CHECK_FALSE(problems.begin_attempt(1));
    CHECK(problems.begin_attempt(0));
  }
}
