// SPDX-License-Identifier: BSL-1.0
#include "http/content_parameters.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using coroute::detail::parse_content_parameters;

namespace {

/// "type [name=value]", or "refused".
std::string dump(std::string_view value) {
  const auto parsed = parse_content_parameters(value);
  if (!parsed) return "refused";
  std::string out(parsed->type);
  for (const auto& [name, text] : parsed->parameters)
    out += " [" + name + '=' + text + ']';
  return out;
}

std::string many_parameters(int count) {
  std::string value = "t";
  for (int i = 0; i < count; ++i)
    value += ";p" + std::to_string(i) + "=v";
  return value;
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("content parameters: a value may have none") {
    CHECK(dump("") == "");
    CHECK(dump("text/plain") == "text/plain");
    CHECK(dump(" text/plain\t") == "text/plain");
    CHECK(dump("text/plain;") == "text/plain");
    CHECK(dump("text/plain ; ;;") == "text/plain");
  }

  TEST_CASE("content parameters: blanks around separators don't count") {
    CHECK(dump("a;b=c;d=e") == "a [b=c] [d=e]");
    CHECK(dump("a ;\tb = c\t; d= e ") == "a [b=c] [d=e]");
    CHECK(dump("a; b = \"c\" ; d=e") == "a [b=c] [d=e]");
  }

  TEST_CASE("content parameters: an unquoted value may have any character but a quote and a semicolon") {
    CHECK(dump("a; b=c d/e:f=g?\\h") == "a [b=c d/e:f=g?\\h]");
    CHECK(dump("a; b=") == "a [b=]");
    CHECK(dump("a; b=x\"y") == "refused");
    CHECK(dump("a; b=x\";y\"") == "refused");
  }

  TEST_CASE("content parameters: a quoted value may have separators") {
    CHECK(dump("a; b=\"x; c=y\"; d=\"\"") == "a [b=x; c=y] [d=]");
    CHECK(dump("a; b=\"  x  \"") == "a [b=  x  ]");
    CHECK(dump("a; b=\"\xC3\xA9\"") == "a [b=\xC3\xA9]");
  }

  TEST_CASE("content parameters: only a quote and a backslash can be escaped") {
    CHECK(dump(R"(a; b="x\"y\\z")") == R"(a [b=x"y\z])");
    CHECK(dump(R"(a; b="C:\dir\file.txt")") == R"(a [b=C:\dir\file.txt])");
    CHECK(dump(R"(a; b="\\\"")") == R"(a [b=\"])");
    CHECK(dump(R"(a; b="\\\\"; c=d)") == R"(a [b=\\] [c=d])");
  }

  TEST_CASE("content parameters: a quote that doesn't end is refused") {
    CHECK(dump("a; b=\"") == "refused");
    CHECK(dump("a; b=\"c") == "refused");
    CHECK(dump(R"(a; b="c\")") == "refused");
    CHECK(dump(R"(a; b="c\)") == "refused");
  }

  TEST_CASE("content parameters: text behind a quoted value is refused") {
    CHECK(dump("a; b=\"c\"d") == "refused");
    CHECK(dump("a; b=\"c\" d; e=f") == "refused");
    CHECK(dump("a; b=\"c\"\"d\"") == "refused");
  }

  TEST_CASE("content parameters: a name given twice is refused, whatever its case") {
    CHECK(dump("a; b=c; b=c") == "refused");
    CHECK(dump("a; b=c; B=d") == "refused");
    CHECK(dump("a; b=c; b*=utf-8''d") == "a [b=c] [b*=utf-8''d]");
  }

  TEST_CASE("content parameters: a name that is no token is refused") {
    CHECK(dump("a; =b") == "refused");
    CHECK(dump("a; b c=d") == "refused");
    CHECK(dump("a; \"b\"=c") == "refused");
    CHECK(dump("a; b\xC3\xA9=c") == "refused");
  }

  TEST_CASE("content parameters: one without an equals sign is skipped") {
    CHECK(dump("a; b; c=d; e") == "a [c=d]");
  }

  TEST_CASE("content parameters: are found whatever the case") {
    const auto parsed = parse_content_parameters("form-data; NAME=x");
    REQUIRE(parsed.has_value());
    REQUIRE(parsed->get("name"));
    CHECK(*parsed->get("Name") == "x");
    CHECK_FALSE(parsed->get("nam"));
    CHECK_FALSE(parsed->get("names"));
  }

  TEST_CASE("content parameters: there may be 16 and not more") {
    CHECK(dump(many_parameters(15)).ends_with("[p14=v]"));
    CHECK(dump(many_parameters(16)).ends_with("[p15=v]"));
    CHECK(dump(many_parameters(17)) == "refused");
  }
}
