// SPDX-License-Identifier: BSL-1.0
#include "coroute/routing/route_path.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using coroute::Convertor;
using coroute::RoutePath;
using coroute::detail::find_path_mistake;
using coroute::detail::PathMistake;
using coroute::detail::PathScanner;
using coroute::detail::PathToken;

namespace {

std::string_view text_of(RoutePath path) {
  return path.text();
}

}  // namespace

TEST_SUITE("routing") {
  TEST_CASE("route path: every mistake is known while compiling") {
    static_assert(find_path_mistake("/") == PathMistake::None);
    static_assert(find_path_mistake("/items/{item_id}") == PathMistake::None);
    static_assert(find_path_mistake("/v{version:int}/{name}.json") == PathMistake::None);
    static_assert(find_path_mistake("/{_a1}{b:float}-{c:uuid}/{d:str}/{e:path}") == PathMistake::None);
    static_assert(find_path_mistake("") == PathMistake::NoLeadingSlash);
    static_assert(find_path_mistake("items") == PathMistake::NoLeadingSlash);
    static_assert(find_path_mistake("{p:path}") == PathMistake::NoLeadingSlash);
    static_assert(find_path_mistake("/a\n") == PathMistake::ControlCharacter);
    static_assert(find_path_mistake("/a\x7f") == PathMistake::ControlCharacter);
    static_assert(find_path_mistake("/{a") == PathMistake::UnclosedBrace);
    static_assert(find_path_mistake("/{") == PathMistake::UnclosedBrace);
    static_assert(find_path_mistake("/{a{b}}") == PathMistake::UnclosedBrace);
    static_assert(find_path_mistake("/a}") == PathMistake::UnopenedBrace);
    static_assert(find_path_mistake("/{a}}") == PathMistake::UnopenedBrace);
    static_assert(find_path_mistake("/{}") == PathMistake::BadParameterName);
    static_assert(find_path_mistake("/{:int}") == PathMistake::BadParameterName);
    static_assert(find_path_mistake("/{1a}") == PathMistake::BadParameterName);
    static_assert(find_path_mistake("/{a-b}") == PathMistake::BadParameterName);
    static_assert(find_path_mistake("/{ a}") == PathMistake::BadParameterName);
    static_assert(find_path_mistake("/{a:}") == PathMistake::UnknownConvertor);
    static_assert(find_path_mistake("/{a:Int}") == PathMistake::UnknownConvertor);
    static_assert(find_path_mistake("/{a:int:int}") == PathMistake::UnknownConvertor);
    static_assert(find_path_mistake("/{a}/{a:int}") == PathMistake::DuplicateParameter);
    // The same table while running, where the functions are compiled code.
    std::string text = "/{a}/{b}";
    CHECK(find_path_mistake(text) == PathMistake::None);
    text[6] = 'a';
    CHECK(find_path_mistake(text) == PathMistake::DuplicateParameter);
  }

  TEST_CASE("route path: the first mistake from the left is reported") {
    CHECK(find_path_mistake("/{a:foo}/}") == PathMistake::UnknownConvertor);
    CHECK(find_path_mistake("/}/{a:foo}") == PathMistake::UnopenedBrace);
  }

  TEST_CASE("route path: a literal converts by itself, a runtime string by name") {
    constexpr RoutePath path = "/items/{item_id:int}";
    static_assert(path.text() == "/items/{item_id:int}");
    CHECK(text_of("/health") == "/health");
    CHECK(text_of("").empty());  // of a router: its prefix
    const std::string built = std::string{"/v1"} + "/items";
    const std::string_view seen = RoutePath::runtime(built);
    CHECK(seen == "/v1/items");
    CHECK(seen.data() == built.data());
  }

  TEST_CASE("route path: the scanner yields literals and placeholders in order") {
    std::vector<std::string> seen;
    PathScanner scanner{"/v{version:int}/{name}{ext:path}"};
    for (PathToken token; scanner.next(token);) {
      seen.push_back((token.is_parameter ? std::string{to_string(token.convertor)} + ":" : "") +
                     std::string{token.text});
    }
    CHECK(seen == std::vector<std::string>{"/v", "int:version", "/", "str:name", "path:ext"});
    CHECK(scanner.mistake() == PathMistake::None);
  }

  TEST_CASE("route path: a convertor and its word belong together") {
    for (const Convertor each : {Convertor::Str, Convertor::Int, Convertor::Float, Convertor::Uuid, Convertor::Path}) {
      CHECK(coroute::detail::find_convertor(to_string(each)) == each);
    }
    CHECK_FALSE(coroute::detail::find_convertor("string"));
    CHECK_FALSE(coroute::detail::find_convertor(""));
  }
}
