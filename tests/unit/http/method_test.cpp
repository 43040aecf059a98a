// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/method.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

using coroute::Method;
using coroute::parse_method;
using coroute::to_string;

namespace {

constexpr std::pair<Method, std::string_view> known[] = {
    {Method::Get, "GET"},     {Method::Head, "HEAD"},       {Method::Post, "POST"},
    {Method::Put, "PUT"},     {Method::Delete, "DELETE"},   {Method::Patch, "PATCH"},
    {Method::Trace, "TRACE"}, {Method::Options, "OPTIONS"}, {Method::Connect, "CONNECT"}};

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("method: every known method is written and read as in a request line") {
    CHECK(std::size(known) == static_cast<std::size_t>(Method::Other));
    for (const auto& [method, text] : known) {
      CHECK(to_string(method) == text);
      CHECK(parse_method(text) == method);
    }
  }

  TEST_CASE("method: names are case-sensitive") {
    for (const auto& [method, text] : known) {
      std::string lower(text);
      for (char& c : lower)
        c = static_cast<char>(c + ('a' - 'A'));
      CHECK_MESSAGE(parse_method(lower) == Method::Other, lower);
    }
    CHECK(parse_method("Get") == Method::Other);
  }

  TEST_CASE("method: a text that only resembles a method is Other") {
    for (const auto& [method, text] : known) {
      const std::string exact(text);
      std::string last_changed = exact;
      last_changed.back() = 'X';
      CHECK_MESSAGE(parse_method(exact + "S") == Method::Other, exact);
      CHECK_MESSAGE(parse_method(exact + '\0') == Method::Other, exact);
      CHECK_MESSAGE(parse_method(exact.substr(1)) == Method::Other, exact);
      CHECK_MESSAGE(parse_method(' ' + exact) == Method::Other, exact);
      CHECK_MESSAGE(parse_method(last_changed) == Method::Other, exact);
    }
  }

  TEST_CASE("method: unknown and empty texts are Other") {
    for (const std::string_view text :
         {"", "QUERY", "PROPFIND", "MKCOL", "OTHER", "ABC", "ABCD", "ABCDEF", "ABCDEFG"}) {
      CHECK_MESSAGE(parse_method(text) == Method::Other, text);
    }
  }

  TEST_CASE("method: Other and a value outside the enum are written as OTHER") {
    CHECK(to_string(Method::Other) == "OTHER");
    CHECK(to_string(static_cast<Method>(200)) == "OTHER");
  }
}
