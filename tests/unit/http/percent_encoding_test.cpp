// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/percent_encoding.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace coroute;
using namespace std::string_view_literals;

namespace {

std::string lossy(std::string_view text) {
  return percent_decode_lossy(text, false);
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("percent_encode: keeps exactly the unreserved characters") {
    const std::string_view unreserved = "-._~";
    for (int byte = 0; byte < 256; ++byte) {
      const char c = static_cast<char>(byte);
      const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      const bool kept = alphanumeric || unreserved.find(c) != unreserved.npos;
      CHECK_MESSAGE(percent_encode(std::string(1, c)).size() == (kept ? 1 : 3), byte);
    }
    CHECK(percent_encode("") == "");
    CHECK(percent_encode("a b/c?d=\xC3\xA9+%") == "a%20b%2Fc%3Fd%3D%C3%A9%2B%25");
    CHECK(percent_encode("\0\x7F\xFF"sv) == "%00%7F%FF");
  }

  TEST_CASE("percent_encode: keeps the ASCII characters in safe") {
    CHECK(percent_encode("/a b?c=d", "/?=") == "/a%20b?c=d");
    CHECK(percent_encode("100%", "%") == "100%");
    CHECK(percent_encode("\xC3\xA9", "\xC3\xA9") == "%C3%A9");
  }

  TEST_CASE("percent_decode: is the inverse of percent_encode for every byte") {
    std::string all;
    for (int byte = 0; byte < 256; ++byte)
      all += static_cast<char>(byte);
    CHECK(percent_decode(percent_encode(all)) == all);
  }

  TEST_CASE("percent_decode: takes both hex cases and leaves other text alone") {
    CHECK(percent_decode("") == "");
    CHECK(percent_decode("a+b") == "a+b");
    CHECK(percent_decode("%2f%2F%c3%A9") == "//\xC3\xA9");
    CHECK(percent_decode("%2520") == "%20");
    CHECK(percent_decode("%00") == "\0"sv);
  }

  TEST_CASE("percent_decode: refuses bad and truncated escapes") {
    for (const std::string_view text :
         {"%", "a%", "%4", "a%4", "%zz", "%4g", "%g4", "%%41", "% 41", "%+1", "%-1", "%0x"}) {
      CHECK_MESSAGE(percent_decode(text) == std::nullopt, text);
    }
    CHECK(percent_decode("%41") == "A");
  }

  TEST_CASE("percent_decode_lossy: bad escapes stay as they stand") {
    CHECK(lossy("%") == "%");
    CHECK(lossy("100%") == "100%");
    CHECK(lossy("%4") == "%4");
    CHECK(lossy("%zz%41") == "%zzA");
    CHECK(lossy("%%41") == "%A");
    CHECK(lossy("%4%41") == "%4A");
    CHECK(lossy("") == "");
  }

  TEST_CASE("percent_decode_lossy: plus is a space only when asked, an encoded plus never") {
    CHECK(percent_decode_lossy("a+b%2B", true) == "a b+");
    CHECK(percent_decode_lossy("a+b%2B", false) == "a+b+");
  }

  TEST_CASE("percent_decode_lossy: valid UTF-8 of every length passes, encoded or raw") {
    CHECK(lossy("%C3%A9") == "\xC3\xA9");
    CHECK(lossy("\xC3%A9") == "\xC3\xA9");
    for (const std::string_view text : {"\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                                        "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
      CHECK_MESSAGE(lossy(percent_encode(text)) == text, percent_encode(text));
      CHECK_MESSAGE(lossy(text) == text, percent_encode(text));
    }
  }

  TEST_CASE("percent_decode_lossy: each maximal invalid part becomes one U+FFFD") {
    struct Case {
      std::string_view text;
      std::string_view expected;  // '?' stands for U+FFFD
    };
    for (const Case& c :
         {Case{"%FF", "?"}, Case{"%80", "?"}, Case{"a%80b", "a?b"}, Case{"%C3", "?"}, Case{"%C3a", "?a"},
          Case{"%C0%80", "??"}, Case{"%C1%BF", "??"}, Case{"%E0%9F%BF", "???"}, Case{"%ED%A0%80", "???"},
          Case{"%E2%82", "?"}, Case{"%E2%82a", "?a"}, Case{"%F0%9F%98", "?"}, Case{"%F0%9F%98%C3%A9", "?\xC3\xA9"},
          Case{"%F0%8F%80%80", "????"}, Case{"%F4%90%80%80", "????"}, Case{"%F5%80%80%80", "????"},
          Case{"%E2%E2%82%AC", "?\xE2\x82\xAC"}, Case{"\xFF+", "?+"}}) {
      std::string expected;
      for (const char e : c.expected)
        expected += e == '?' ? "\xEF\xBF\xBD"sv : std::string_view(&e, 1);
      CHECK_MESSAGE(lossy(c.text) == expected, c.text);
    }
  }
}
