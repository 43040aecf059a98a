// SPDX-License-Identifier: BSL-1.0
#include "coroute/routing/url_path.hpp"

#include <doctest/doctest.h>

#include <random>
#include <stdexcept>
#include <string>
#include <vector>

using coroute::PathParam;
using coroute::PathParams;
using coroute::PathPattern;
using coroute::url_path_for;

namespace {

std::string url(std::string pattern, std::initializer_list<PathParam> values) {
  return url_path_for(PathPattern::parse(std::move(pattern)), values);
}

std::string refusal(std::string pattern, std::initializer_list<PathParam> values) {
  try {
    return "accepted: " + url(std::move(pattern), values);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

}  // namespace

TEST_SUITE("routing") {
  TEST_CASE("url path: values take the place of their placeholders") {
    CHECK(url("/", {}) == "/");
    CHECK(url("/items/{id:int}", {{"id", "42"}}) == "/items/42");
    CHECK(url("/v{v:int}/{name}.json", {{"name", "x"}, {"v", "2"}}) == "/v2/x.json");
    CHECK(url("/{a:float}/{b:uuid}", {{"a", "1.5"}, {"b", "00000000-0000-0000-0000-000000000000"}}) ==
          "/1.5/00000000-0000-0000-0000-000000000000");
    CHECK(url("/files/{p:path}", {{"p", ""}}) == "/files/");
  }

  TEST_CASE("url path: what a URL can't hold is percent-encoded") {
    CHECK(url("/{a}", {{"a", "a b"}}) == "/a%20b");
    CHECK(url("/{a}", {{"a", "?#%[]\"\\"}}) == "/%3F%23%25%5B%5D%22%5C");
    CHECK(url("/{a}", {{"a", "-._~!$&'()*+,;=:@"}}) == "/-._~!$&'()*+,;=:@");
    CHECK(url("/{a}", {{"a", "caf\xC3\xA9"}}) == "/caf%C3%A9");
    CHECK(url("/{a}", {{"a", "x\r\ny"}}) == "/x%0D%0Ay");
    CHECK(url("/a b/100%", {}) == "/a%20b/100%25");
    CHECK(url("/files/{p:path}/x", {{"p", "a b/c?"}}) == "/files/a%20b/c%3F/x");
  }

  TEST_CASE("url path: wrong values are refused by name") {
    CHECK(refusal("/{a}/{b}", {{"a", "1"}}) == "no URL for route path '/{a}/{b}': parameter 'b' is missing");
    CHECK(refusal("/{a}", {{"a", "1"}, {"c", "2"}}) == "no URL for route path '/{a}': it has no parameter 'c'");
    CHECK(refusal("/{a}", {{"a", "1"}, {"a", "2"}}) == "no URL for route path '/{a}': parameter 'a' is given twice");
    CHECK(refusal("/{n:int}", {{"n", "x"}}) == "no URL for route path '/{n:int}': 'x' does not fit {n:int}");
    CHECK(refusal("/{n:int}", {{"n", ""}}).ends_with("'' does not fit {n:int}"));
    CHECK(refusal("/{a}", {{"a", ""}}).ends_with("'' does not fit {a:str}"));
    CHECK(refusal("/{a}", {{"a", "x/y"}}).ends_with("'x/y' does not fit {a:str}"));
    CHECK(refusal("/{a:float}", {{"a", "1."}}).ends_with("does not fit {a:float}"));
    CHECK(refusal("/{a:uuid}", {{"a", "1"}}).ends_with("does not fit {a:uuid}"));
  }

  TEST_CASE("url path: a result that a client would change is refused") {
    CHECK(refusal("/files/{a}", {{"a", ".."}}).ends_with("'/files/..' has a segment that clients remove"));
    CHECK(refusal("/files/{p:path}", {{"p", "a/./b"}}).ends_with("has a segment that clients remove"));
    CHECK(refusal("/{p:path}", {{"p", "/evil.example"}}).ends_with("would name another host"));
    CHECK(url("/files/{a}", {{"a", "..."}}) == "/files/...");
    CHECK(url("/files/{a}.txt", {{"a", ".."}}) == "/files/...txt");
    CHECK(url("/files/{p:path}", {{"p", "/x"}}) == "/files//x");
  }

  TEST_CASE("url path: any bytes come back through a match") {
    const auto pattern = PathPattern::parse("/a/{x}/b/{rest:path}");
    std::mt19937 random{7};
    for (int i = 0; i < 500; ++i) {
      std::string x = "x";
      std::string rest = "r";
      for (int j = 0; j < 12; ++j) {
        const char c = static_cast<char>(random() % 256);
        if (c != '/') x += c;
        rest += c;
      }
      rest += 'r';
      for (std::size_t dot = 0; (dot = rest.find('.', dot)) != std::string::npos;)
        rest[dot] = '_';
      const std::vector<PathParam> values{{"x", x}, {"rest", rest}};
      const std::string path = url_path_for(pattern, values);
      CAPTURE(path);
      PathParams params;
      REQUIRE(pattern.match(path, params));
      REQUIRE(params.get("x") == x);
      REQUIRE(params.get("rest") == rest);
    }
  }
}
