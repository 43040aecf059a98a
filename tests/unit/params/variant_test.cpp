// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/variant.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "coroute/params/values.hpp"
#include "support/read_value.hpp"

using namespace coroute;
using coroute::testing::body_error;
using coroute::testing::parse;
using coroute::testing::read;
using coroute::testing::reparse;
using coroute::testing::reread;

namespace {

struct Cat {
  Literal<"cat"> pet_type;
  int meows;
};
struct Dog {
  Literal<"dog", "hound"> pet_type;
  double barks;
};
using Pet = OneOf<"pet_type", Cat, Dog>;

struct Owner {
  std::vector<Pet> pets;
};

struct Small {
  int x;
};
struct Large {
  int x;
  std::optional<int> y;
};
struct Other {
  std::string x;
};

/// Alternatives inside alternatives, each tried for all that is inside.
struct Left;
struct Right;
struct Tree {
  std::vector<std::variant<Left, Right>> parts;
};
struct Left {
  std::vector<Tree> trees;
  int left;
};
struct Right {
  std::vector<Tree> trees;
  int right;
};

template <class... T>
std::size_t index_of(std::string_view json) {
  const auto result = read<std::variant<T...>>(json);
  CHECK(result.errors == "");
  return result.value.index();
}

std::string nested_trees(int depth, const std::string& inside) {
  std::string json = inside;
  for (int i = 0; i < depth; ++i)
    json = R"({"parts":[{"trees":[)" + json + "]}]}";
  return json;
}

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("unions: the type that takes the value as it is comes before those that coerce it") {
    CHECK(index_of<int, std::string>("5") == 0);
    CHECK(index_of<int, std::string>(R"("5")") == 1);
    CHECK(index_of<int, double>("5") == 0);
    CHECK(index_of<int, double>("5.0") == 1);
    CHECK(index_of<double, int>("5") == 1);
    CHECK(index_of<bool, int>("1") == 1);
    CHECK(index_of<int, bool>("true") == 1);
    CHECK(index_of<std::chrono::year_month_day, std::string>(R"("2024-01-01")") == 1);
    CHECK(index_of<std::vector<int>, std::vector<std::string>>(R"(["1"])") == 1);
    CHECK(index_of<std::map<std::string, int>, std::map<std::string, double>>(R"({"a":1.5})") == 1);
  }

  TEST_CASE("unions: else the first that takes it with coercion") {
    CHECK(index_of<int, double>(R"("5")") == 0);
    CHECK(index_of<double, int>(R"("5")") == 0);
    CHECK(index_of<int, bool>(R"("yes")") == 1);
    CHECK(index_of<double, bool>("3") == 0);
    CHECK(index_of<Literal<"a">, std::string>(R"("b")") == 1);
  }

  TEST_CASE("unions: of models the one with more of the fields, else the first") {
    CHECK(index_of<Small, Large>(R"({"x":1,"y":2})") == 1);
    CHECK(index_of<Large, Small>(R"({"x":1,"y":2})") == 0);
    CHECK(index_of<Small, Large>(R"({"x":1})") == 0);
    CHECK(index_of<Small, Other>(R"({"x":"5"})") == 0);
    CHECK(index_of<Small, Other>(R"({"x":"five"})") == 1);
    CHECK(index_of<std::vector<Small>, std::vector<Large>>(R"([{"x":1},{"x":1,"y":2}])") == 1);
  }

  TEST_CASE("unions: when no type takes the value the errors of all are told, under their names") {
    CHECK(reread<std::variant<int, std::string>>("[]") ==
          body_error("int_type", "Input should be a valid integer", "[]", "", R"(,"int")") + "," +
              body_error("string_type", "Input should be a valid string", "[]", "", R"(,"str")"));
    CHECK(reread<std::variant<Small, std::vector<int>>>(R"({"x":"a"})") ==
          body_error("int_parsing", "Input should be a valid integer, unable to parse string as an integer", R"("a")",
                     "", R"(,"Small","x")") +
              "," + body_error("list_type", "Input should be a valid list", R"({"x":"a"})", "", R"(,"list[int]")"));
  }

  TEST_CASE("unions: every type has pydantic's name") {
    using detail::label_of;
    CHECK(label_of<bool>() == "bool");
    CHECK(label_of<unsigned char>() == "int");
    CHECK(label_of<float>() == "float");
    CHECK(label_of<std::string>() == "str");
    CHECK(label_of<Strict<int>>() == "int");
    CHECK(label_of<std::optional<int>>() == "nullable[int]");
    CHECK(label_of<std::vector<std::vector<Small>>>() == "list[list[Small]]");
    CHECK(label_of<std::set<int>>() == "set[int]");
    CHECK(label_of<std::map<std::string, double>>() == "dict[str,float]");
    CHECK(label_of<Literal<"a", "b">>() == "literal['a','b']");
    CHECK(label_of<Uuid>() == "uuid");
    CHECK(label_of<Decimal>() == "decimal");
    CHECK(label_of<HttpUrl>() == "url");
    CHECK(label_of<std::chrono::year_month_day>() == "date");
    CHECK(label_of<std::chrono::sys_seconds>() == "datetime");
    CHECK(label_of<std::chrono::seconds>() == "timedelta");
  }

  TEST_CASE("unions: constraints hold for each type") {
    CHECK(reread<std::variant<int, double>, ge(5)>("5") == "5");
    CHECK(reread<std::variant<int, double>, ge(5)>("4") ==
          body_error("greater_than_equal", "Input should be greater than or equal to 5", "4", R"(,"ctx":{"ge":5})",
                     R"(,"int")") +
              "," +
              body_error("greater_than_equal", "Input should be greater than or equal to 5", "4",
                         R"(,"ctx":{"ge":5.0})", R"(,"float")"));
  }

  TEST_CASE("unions: are values of lists, maps and fields") {
    CHECK(reread<std::vector<std::variant<int, std::string>>>(R"([1,"a","2"])") == R"([1,"a","2"])");
    CHECK(reread<std::map<std::string, std::variant<bool, double>>>(R"({"a":true,"b":1.5})") ==
          R"({"a":true,"b":1.5})");
    CHECK(reread<std::optional<std::variant<int, std::string>>>("null") == "null");
    CHECK(reread<std::vector<std::variant<int, bool>>>(R"([1,[]])")
              .starts_with(R"({"type":"int_type","loc":["body",1,"int"])"));
  }

  TEST_CASE("unions: the text of a parameter is a text where that is allowed") {
    CHECK(parse<std::variant<int, std::string>>("5").value.index() == 1);
    CHECK(parse<std::variant<int, double>>("5").value.index() == 0);
    CHECK(parse<std::variant<int, double>>("5.5").value.index() == 1);
    CHECK(
        reparse<std::variant<int, bool>>("x") ==
        R"({"type":"int_parsing","loc":["query","q","int"],"msg":"Input should be a valid integer, unable to parse )"
        R"(string as an integer","input":"x"},{"type":"bool_parsing","loc":["query","q","bool"],"msg":"Input should be )"
        R"(a valid boolean, unable to interpret input","input":"x"})");
  }

  TEST_CASE("unions: errors of other values stay when a later one is good") {
    CHECK(reread<std::vector<std::variant<int, bool>>>(R"([[],1])") ==
          body_error("int_type", "Input should be a valid integer", "[]", "", R"(,0,"int")") + "," +
              body_error("bool_type", "Input should be a valid boolean", "[]", "", R"(,0,"bool")"));
  }

  TEST_CASE("unions: failed attempts of good values take no room from errors") {
    std::string json = "[";
    for (int i = 0; i < 2000; ++i)
      json += R"({"x":")" + std::string(100, 'a') + "\"},";
    json += R"({"x":[]}])";
    CHECK(reread<std::vector<std::variant<Small, Other>>>(json) ==
          body_error("int_type", "Input should be a valid integer", "[]", "", R"(,2000,"Small","x")") + "," +
              body_error("string_type", "Input should be a valid string", "[]", "", R"(,2000,"Other","x")"));
  }

  TEST_CASE("unions: a long list of values needs no limit") {
    std::string json = "[";
    for (int i = 0; i < 150'000; ++i)
      json += "\"a\",";
    json.back() = ']';
    CHECK(read<std::vector<std::variant<int, std::string>>>(json).errors == "");
  }

  TEST_CASE("unions: inside each other they are read to the depth that JSON may have") {
    CHECK(read<Tree>(nested_trees(2, R"({"parts":[]})")).errors != "");
    const std::string good = R"({"parts":[{"trees":[{"parts":[{"trees":[],"right":1}]}],"left":2}]})";
    CHECK(reread<Tree>(good) == good);
  }

  TEST_CASE("unions: attempts inside each other that multiply end") {
    std::string wide = R"({"parts":[)";
    for (int i = 0; i < 200; ++i)
      wide += R"({"trees":[]},)";
    wide.back() = ']';
    const auto result = read<Tree>(nested_trees(6, wide + "}"));
    CHECK(result.errors != "");
    CHECK(result.errors.size() < 300'000);
    const auto large = read<Tree>(nested_trees(6, R"({"parts":[],"text":")" + std::string(1'000'000, 'x') + "\"}"));
    CHECK(large.errors.find("union_too_deep") != std::string::npos);
  }

  TEST_CASE("tagged unions: the field says which type it is") {
    CHECK(reread<Pet>(R"({"pet_type":"cat","meows":3})") == R"({"pet_type":"cat","meows":3})");
    CHECK(reread<Pet>(R"({"barks":1.5,"pet_type":"hound"})") == R"({"pet_type":"hound","barks":1.5})");
    CHECK(read<Pet>(R"({"pet_type":"dog","barks":1})").value.index() == 1);
  }

  TEST_CASE("tagged unions: errors of the type have its tag in their place") {
    CHECK(reread<Pet>(R"({"pet_type":"cat"})") ==
          body_error("missing", "Field required", R"({"pet_type":"cat"})", "", R"(,"cat","meows")"));
    CHECK(reread<Owner>(R"({"pets":[{"pet_type":"dog","barks":"x"}]})") ==
          body_error("float_parsing", "Input should be a valid number, unable to parse string as a number", R"("x")",
                     "", R"(,"pets",0,"dog","barks")"));
  }

  TEST_CASE("tagged unions: an unknown tag is told with those expected") {
    CHECK(reread<Pet>(R"({"pet_type":"fish"})") ==
          body_error("union_tag_invalid",
                     "Input tag 'fish' found using 'pet_type' does not match any of the expected tags: 'cat', 'dog', "
                     "'hound'",
                     R"({"pet_type":"fish"})",
                     R"(,"ctx":{"discriminator":"'pet_type'","tag":"fish","expected_tags":"'cat', 'dog', 'hound'"})"));
    CHECK(reread<Pet>(R"({"pet_type":5})")
              .starts_with(R"({"type":"union_tag_invalid","loc":["body"],"msg":"Input tag '5' found)"));
  }

  TEST_CASE("tagged unions: no tag, or no object") {
    CHECK(reread<Pet>(R"({"meows":3})") == body_error("union_tag_not_found",
                                                      "Unable to extract tag using discriminator 'pet_type'",
                                                      R"({"meows":3})", R"(,"ctx":{"discriminator":"'pet_type'"})"));
    CHECK(reread<Pet>("[]") == body_error("model_attributes_type",
                                          "Input should be a valid dictionary or object to extract fields from", "[]"));
  }

  TEST_CASE("tagged unions: of a tag that comes twice the last one counts") {
    CHECK(reread<Pet>(R"({"pet_type":"fish","meows":1,"pet_type":"cat"})") == R"({"pet_type":"cat","meows":1})");
    CHECK(reread<Pet>(R"({"pet_type":[],"meows":1,"pet_type":"cat"})") == R"({"pet_type":"cat","meows":1})");
  }

  TEST_CASE("tagged unions: a long tag is shortened") {
    const std::string errors = reread<Pet>(R"({"pet_type":")" + std::string(70'000, 'x') + "\"}");
    CHECK(errors.size() < 2000);
    CHECK(errors.starts_with(R"({"type":"union_tag_invalid")"));
  }

  TEST_CASE("tagged unions: are found in unions by the number of their fields") {
    CHECK(index_of<Small, Pet>(R"({"x":1,"pet_type":"cat","meows":3})") == 1);
    CHECK(index_of<std::string, Pet>(R"("text")") == 0);
  }
}
