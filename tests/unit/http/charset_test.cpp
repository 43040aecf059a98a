// SPDX-License-Identifier: BSL-1.0
#include "http/charset.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace coroute::detail;

TEST_SUITE("http") {
  TEST_CASE("charset: labels compare case-insensitively") {
    for (const std::string_view label : {"utf-8", "UTF-8", "Utf8", "us-ascii", "ASCII"}) {
      CAPTURE(label);
      CHECK(parse_charset(label) == Charset::Utf8);
    }
    for (const std::string_view label : {"iso-8859-1", "ISO-8859-1", "latin-1", "Latin1", "l1", "iso8859-1"}) {
      CAPTURE(label);
      CHECK(parse_charset(label) == Charset::Latin1);
    }
  }

  TEST_CASE("charset: an encoding that isn't known has no meaning") {
    for (const std::string_view label : {"", "utf-16", "windows-1252", "iso-8859-15", "shift_jis", "utf-8 ", "utf"}) {
      CAPTURE(label);
      CHECK_FALSE(parse_charset(label).has_value());
    }
  }

  TEST_CASE("charset: valid UTF-8 is told from invalid") {
    for (const std::string_view text :
         {"", "a", "\x7F", "\xC2\x80", "\xC3\xA9", "\xE2\x82\xAC x", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF"}) {
      CAPTURE(text);
      CHECK(is_valid_utf8(text));
    }
    CHECK(is_valid_utf8(std::string_view("a\0b", 3)));
    for (const std::string_view text : {"\x80", "\xFF", "\xC0\xAF", "\xE2\x82", "a\xC3", "\xED\xA0\x80",
                                        "\xF4\x90\x80\x80", "\xC3\xA9\xA9", "\xF8\x88\x80\x80\x80"}) {
      CAPTURE(text);
      CHECK_FALSE(is_valid_utf8(text));
    }
  }

  TEST_CASE("charset: UTF-8 stays as it is") {
    CHECK(decode_to_utf8("h\xC3\xA9 \xE2\x82\xAC", Charset::Utf8) == "h\xC3\xA9 \xE2\x82\xAC");
    CHECK(decode_to_utf8("", Charset::Utf8) == "");
  }

  TEST_CASE("charset: Latin-1 becomes UTF-8") {
    CHECK(decode_to_utf8("plain", Charset::Latin1) == "plain");
    CHECK(decode_to_utf8("h\xE9 \xFF\x80", Charset::Latin1) == "h\xC3\xA9 \xC3\xBF\xC2\x80");
    CHECK(decode_to_utf8("\xC3\xA9", Charset::Latin1) == "\xC3\x83\xC2\xA9");
  }

  TEST_CASE("charset: what is said to be UTF-8 and isn't is read as Latin-1") {
    CHECK(decode_to_utf8("h\xE9", Charset::Utf8) == "h\xC3\xA9");
    CHECK(decode_to_utf8("\xC3\xA9 \xE9", Charset::Utf8) == "\xC3\x83\xC2\xA9 \xC3\xA9");
  }

  TEST_CASE("charset: every byte of Latin-1 gives valid UTF-8 of its own") {
    std::string all;
    for (int code = 0; code < 256; ++code)
      all += static_cast<char>(code);
    const std::string text = decode_to_utf8(all, Charset::Latin1);
    CHECK(text.size() == 128 + 2 * 128);
    CHECK(is_valid_utf8(text));
    CHECK(text.substr(0, 128) == all.substr(0, 128));
    CHECK(text.substr(128, 2) == "\xC2\x80");
    CHECK(text.substr(128 + 64 * 2, 2) == "\xC3\x80");
    CHECK(text.ends_with("\xC3\xBF"));
  }
}
