// SPDX-License-Identifier: BSL-1.0
#include "http/urlencoded_parser.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "coroute/http/form_data.hpp"
#include "coroute/http/http_exception.hpp"

using namespace coroute;
using coroute::detail::UrlencodedParser;

namespace {

/// "[name=value][name=value]", or the detail of the error.
std::string parse(const std::vector<std::string_view>& pieces, std::size_t max_fields = 1000,
                  std::size_t max_part_size = 1 << 20) {
  FormData form;
  UrlencodedParser parser({.max_fields = max_fields, .max_part_size = max_part_size}, form);
  try {
    for (const std::string_view piece : pieces)
      parser.feed(piece);
    parser.finish();
  } catch (const HttpException& error) {
    return std::to_string(error.status().code()) + ' ' + error.detail_json();
  }
  std::string out;
  for (const auto& [name, value] : form)
    out += '[' + name + '=' + std::string(value.text().value()) + ']';
  return out;
}

#ifdef __OPTIMIZE__
constexpr std::size_t many_fields = 1'000'000;
#else
constexpr std::size_t many_fields = 50'000;
#endif

constexpr std::string_view too_many_2 = R"(400 "Too many fields. Maximum number of fields is 2.")";

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("urlencoded: an empty body has no fields") {
    CHECK(parse({}) == "");
    CHECK(parse({""}) == "");
    CHECK(parse({"&", "&&"}) == "");
  }

  TEST_CASE("urlencoded: fields keep their order, repeated names and empty values") {
    CHECK(parse({"a=1&b=2&a=3"}) == "[a=1][b=2][a=3]");
    CHECK(parse({"a&b=&=c&="}) == "[a=][b=][=c][=]");
    CHECK(parse({"&a=1&&b=2&"}) == "[a=1][b=2]");
    CHECK(parse({"a=1=2"}) == "[a=1=2]");
  }

  TEST_CASE("urlencoded: names and values are decoded as those of a query") {
    CHECK(parse({"full+name=b+c%2B%26"}) == "[full name=b c+&]");
    CHECK(parse({"%C3%A9=%E2%82%AC"}) == "[\xC3\xA9=\xE2\x82\xAC]");
    CHECK(parse({"a=%zz%4&b=%"}) == "[a=%zz%4][b=%]");
    CHECK(parse({"a=%FF&b=\xFF"}) == "[a=\xEF\xBF\xBD][b=\xEF\xBF\xBD]");
    CHECK(parse({"a%00b=c"}) == std::string("[a\0b=c]", 7));
  }

  TEST_CASE("urlencoded: line ends and semicolons are content") {
    CHECK(parse({"a=1\r\n&b=2;c=3"}) == "[a=1\r\n][b=2;c=3]");
  }

  TEST_CASE("urlencoded: the fields don't depend on how the body is cut") {
    const std::string_view body = "a=%C3%A9+x&&b&=c&long+name=1=2&";
    const std::string whole = parse({body});
    CHECK(whole == "[a=\xC3\xA9 x][b=][=c][long name=1=2]");
    for (std::size_t first = 0; first <= body.size(); ++first) {
      for (std::size_t second = first; second <= body.size(); ++second) {
        CAPTURE(first);
        CAPTURE(second);
        CHECK(parse({body.substr(0, first), body.substr(first, second - first), body.substr(second)}) == whole);
      }
    }
  }

  TEST_CASE("urlencoded: there may be as many fields as the limit says and not more") {
    CHECK(parse({"a=1"}, 2) == "[a=1]");
    CHECK(parse({"a=1&b=2"}, 2) == "[a=1][b=2]");
    CHECK(parse({"a=1&b=2&"}, 2) == "[a=1][b=2]");
    CHECK(parse({"a=1&b=2&c=3"}, 2) == too_many_2);
    CHECK(parse({"a=1&b=2&c"}, 2) == too_many_2);
    CHECK(parse({"a&a&a"}, 2) == too_many_2);
    CHECK(parse({""}, 0) == "");
    CHECK(parse({"a"}, 0) == R"(400 "Too many fields. Maximum number of fields is 0.")");
  }

  TEST_CASE("urlencoded: a body over the limit is refused when the limit is passed, not at its end") {
    FormData form;
    UrlencodedParser parser({.max_fields = 2}, form);
    parser.feed("a&b&c");
    CHECK_THROWS_AS(parser.feed("&"), HttpException);
    CHECK(form.size() == 2);
  }

  TEST_CASE("urlencoded: a million fields are read when the limit allows them") {
    std::string body;
    for (std::size_t i = 0; i < many_fields; ++i)
      body += "a&";
    FormData form;
    UrlencodedParser parser({.max_fields = many_fields}, form);
    parser.feed(body);
    parser.finish();
    CHECK(form.size() == many_fields);
  }

  TEST_CASE("urlencoded parser: a name and its value may have as many bytes as the limit says and not more") {
    constexpr std::string_view too_large = R"(400 "Part exceeded maximum size of 0KB.")";
    CHECK(parse({"a=12345"}, 9, 8) == "[a=12345]");
    CHECK(parse({"a=123456&b=123456"}, 9, 8) == "[a=123456][b=123456]");
    CHECK(parse({"a=1234567"}, 9, 8) == too_large);
    CHECK(parse({"a=1234567&b=1"}, 9, 8) == too_large);
    CHECK(parse({"b=1&a=12", "34", "56"}, 9, 8) == "[b=1][a=123456]");
    CHECK(parse({"b=1&a=12", "34", "567"}, 9, 8) == too_large);
    CHECK(parse({"a=12", "34567&b=1"}, 9, 8) == too_large);
    CHECK(parse({"a=%31%32"}, 9, 8) == "[a=12]");
    CHECK(parse({"a=%31%323"}, 9, 8) == too_large);
  }

  TEST_CASE("urlencoded parser: a value that doesn't end is refused while it comes") {
    FormData form;
    UrlencodedParser parser({.max_part_size = 4}, form);
    parser.feed("a=12");
    CHECK_THROWS_AS(parser.feed("3"), HttpException);
  }

  TEST_CASE("urlencoded parser: all fields together may have as many bytes as the limit says and not more") {
    const auto parse_two = [](std::string_view first, std::string_view second) {
      FormData form;
      UrlencodedParser parser({.max_fields_size = 10}, form);
      try {
        parser.feed(first);
        parser.feed(second);
        parser.finish();
      } catch (const HttpException& error) {
        return error.detail_json();
      }
      return std::to_string(form.size());
    };
    CHECK(parse_two("a=12&b=1", "2&") == "2");
    CHECK(parse_two("a=123&b=1", "23") == "2");
    CHECK(parse_two("a=123&b=1", "234") == R"("Fields exceeded maximum size of 0KB.")");
    CHECK(parse_two("a=123&&&&", "&&b=12&a") == "3");
  }
}
