// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/json_quoted.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

using coroute::json_quoted;

TEST_SUITE("http") {
  TEST_CASE("json quoted: plain text of any length stands as it is") {
    for (std::size_t size = 0; size < 40; ++size) {
      const std::string text(size, 'x');
      CHECK(json_quoted(text) == '"' + text + '"');
    }
  }

  TEST_CASE("json quoted: each byte of ASCII, at each place of a text, reads back as it was") {
    for (int c = 0; c < 0x80; ++c) {
      for (std::size_t size = 1; size <= 17; ++size) {
        for (std::size_t at = 0; at < size; ++at) {
          std::string text(size, 'x');
          text[at] = static_cast<char>(c);
          REQUIRE(nlohmann::json::parse(json_quoted(text)) == text);
        }
      }
    }
  }

  TEST_CASE("json quoted: control characters have their short form, or four digits") {
    CHECK(json_quoted("\b\f\n\r\t\"\\") == R"("\b\f\n\r\t\"\\")");
    CHECK(json_quoted(std::string("\0\x1F", 2)) == R"("\u0000\u001f")");
    CHECK(json_quoted("\x7F/") == "\"\x7F/\"");
  }

  TEST_CASE("json quoted: UTF-8 stays as it is") {
    CHECK(json_quoted("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80") == "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"");
  }

  TEST_CASE("json quoted: what is not valid UTF-8 becomes the replacement character") {
    CHECK(json_quoted("a\xFF"
                      "b") ==
          "\"a\xEF\xBF\xBD"
          "b\"");
    CHECK(json_quoted("\xC3") == "\"\xEF\xBF\xBD\"");
    CHECK(json_quoted("\xED\xA0\x80") == "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
  }
}
