// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/path_params.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "coroute/routing/path_pattern.hpp"

using coroute::PathParams;
using coroute::PathPattern;

namespace {

PathPattern many_parameters(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i)
    text += "/{p" + std::to_string(i) + "}";
  return PathPattern::parse(text);
}

std::string many_values(std::size_t count) {
  std::string path;
  for (std::size_t i = 0; i < count; ++i)
    path += "/v" + std::to_string(i);
  return path;
}

bool inside(std::string_view part, std::string_view whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

}  // namespace

TEST_SUITE("routing") {
  TEST_CASE("path params: a new object is empty") {
    const PathParams params;
    CHECK(params.empty());
    CHECK(params.size() == 0);
    CHECK_FALSE(params.get("a"));
    CHECK(params.begin() == params.end());
  }

  TEST_CASE("path params: values come by name, by index and in declared order") {
    const auto pattern = PathPattern::parse("/{b}/{a}");
    PathParams params;
    REQUIRE(pattern.match("/1/2", params));
    CHECK(params.get("a") == "2");
    CHECK(params.get("b") == "1");
    CHECK_FALSE(params.get("c"));
    CHECK_FALSE(params.get("A"));
    CHECK(params[1].name == "a");
    std::string seen;
    for (const auto& [name, value] : params)
      seen += std::string{name} + "=" + std::string{value} + ";";
    CHECK(seen == "b=1;a=2;");
  }

  TEST_CASE("path params: a value is a view into the path unless something was decoded") {
    const auto pattern = PathPattern::parse("/{a}/{b}");
    const std::string plain = "/left/right";
    const std::string encoded = "/left/r%69ght";
    PathParams params;
    REQUIRE(pattern.match(plain, params));
    CHECK(inside(*params.get("b"), plain));
    REQUIRE(pattern.match(encoded, params));
    CHECK(params.get("b") == "right");
    CHECK_FALSE(inside(*params.get("a"), encoded));
    CHECK_FALSE(inside(*params.get("b"), encoded));
  }

  TEST_CASE("path params: below, at and above the inline capacity") {
    for (const std::size_t count : {PathParams::inline_capacity - 1, PathParams::inline_capacity,
                                    PathParams::inline_capacity + 1, 3 * PathParams::inline_capacity}) {
      CAPTURE(count);
      const auto pattern = many_parameters(count);
      const std::string path = many_values(count);
      PathParams params;
      REQUIRE(pattern.match(path, params));
      REQUIRE(params.size() == count);
      for (std::size_t i = 0; i < count; ++i) {
        CHECK(params[i].name == "p" + std::to_string(i));
        CHECK(params.get("p" + std::to_string(i)) == "v" + std::to_string(i));
      }
    }
  }

  TEST_CASE("path params: clear forgets everything and the object can be used again") {
    const auto pattern = many_parameters(10);
    const std::string path = many_values(10);
    PathParams params;
    REQUIRE(pattern.match(path, params));
    params.clear();
    CHECK(params.empty());
    CHECK_FALSE(params.get("p0"));
    CHECK_FALSE(params.get("p9"));
    REQUIRE(pattern.match(path, params));
    CHECK(params.size() == 10);
    CHECK(params.get("p9") == "v9");
  }

  TEST_CASE("path params: a new match replaces the values of the one before") {
    PathParams params;
    const auto encoded = PathPattern::parse("/{a}/{b}");
    const auto plain = PathPattern::parse("/{c}");
    REQUIRE(encoded.match("/%41/B", params));
    CHECK(params.get("a") == "A");
    REQUIRE(plain.match("/x", params));
    CHECK(params.size() == 1);
    CHECK(params.get("c") == "x");
    CHECK_FALSE(params.get("a"));
  }

  TEST_CASE("path params: copies and moves own the decoded values") {
    const auto pattern = many_parameters(9);
    for (const std::string& path : {std::string{"/%61/b/c/d/e/f/g/h/i"}, many_values(9)}) {
      CAPTURE(path);
      PathParams params;
      REQUIRE(pattern.match(path, params));
      const std::string first{params[0].value};
      const std::string last{params[8].value};
      PathParams copy = params;
      params.clear();
      CHECK(copy.get("p0") == first);
      CHECK(copy.get("p8") == last);
      PathParams moved = std::move(copy);
      CHECK(copy.empty());  // NOLINT(bugprone-use-after-move): a moved-from object is promised to be empty
      CHECK(moved.get("p0") == first);
      params = std::move(moved);
      CHECK(params.get("p8") == last);
      CHECK(moved.empty());  // NOLINT(bugprone-use-after-move)
      PathParams& same = params;
      params = std::move(same);
      CHECK(params.get("p0") == first);
      copy = params;
      CHECK(copy.size() == 9);
    }
  }
}
