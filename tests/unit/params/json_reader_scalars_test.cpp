// SPDX-License-Identifier: BSL-1.0
// The numbers and strings that JsonReader reads.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "coroute/params/json_reader.hpp"
#include "support/json_failure.hpp"

using coroute::JsonNumber;
using coroute::JsonReader;
using coroute::testing::failure_of_skipping;
using coroute::testing::is_refused;
using namespace std::string_literals;

namespace {

JsonNumber number_in(std::string_view text) {
  JsonReader reader(text);
  JsonNumber number = reader.read_number();
  reader.finish();
  number.text = {};
  return number;
}

double double_in(std::string_view text) {
  return number_in(text).as_double;
}

std::string string_in(std::string_view text) {
  JsonReader reader(text);
  const std::string result(reader.read_string());
  reader.finish();
  return result;
}

std::string number_text(std::string_view text) {
  JsonReader reader(text);
  return std::string(reader.read_number().text);
}

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("json_reader: integers up to 64 bits are exact") {
    using Kind = JsonNumber::Kind;
    const JsonNumber zero = number_in("0");
    CHECK(zero.kind == Kind::Signed);
    CHECK(zero.as_signed == 0);
    CHECK(number_in("-0").kind == Kind::Signed);
    CHECK(number_in("-1").as_signed == -1);
    CHECK(number_in("-1").as_double == -1.0);
    CHECK(number_in("7").as_unsigned == 7);
    CHECK(number_in("9223372036854775807").kind == Kind::Signed);
    CHECK(number_in("9223372036854775807").as_signed == std::numeric_limits<std::int64_t>::max());
    CHECK(number_in("9223372036854775807").as_unsigned == 9223372036854775807U);
    CHECK(number_in("9223372036854775808").kind == Kind::Unsigned);
    CHECK(number_in("9223372036854775808").as_unsigned == 9223372036854775808U);
    CHECK(number_in("18446744073709551615").kind == Kind::Unsigned);
    CHECK(number_in("18446744073709551615").as_unsigned == std::numeric_limits<std::uint64_t>::max());
    CHECK(number_in("18446744073709551615").as_double == 18446744073709551615.0);
    CHECK(number_in("-9223372036854775808").kind == Kind::Signed);
    CHECK(number_in("-9223372036854775808").as_signed == std::numeric_limits<std::int64_t>::min());
  }

  TEST_CASE("json_reader: integers beyond 64 bits are Big, of any length") {
    using Kind = JsonNumber::Kind;
    CHECK(number_in("18446744073709551616").kind == Kind::Big);
    CHECK(number_in("18446744073709551616").as_double == 18446744073709551616.0);
    CHECK(number_in("-9223372036854775809").kind == Kind::Big);
    CHECK(number_in("99999999999999999999").kind == Kind::Big);
    CHECK(number_in("100000000000000000000").kind == Kind::Big);
    const std::string long_number = "1" + std::string(5000, '0');
    CHECK(number_in(long_number).kind == Kind::Big);
    CHECK(number_in(long_number).as_double == std::numeric_limits<double>::infinity());
    CHECK(number_in("-" + long_number).as_double == -std::numeric_limits<double>::infinity());
    CHECK(number_text(long_number) == long_number);
  }

  TEST_CASE("json_reader: a fraction or an exponent makes a number a Float") {
    using Kind = JsonNumber::Kind;
    for (const char* text : {"1.0", "1e2", "1E+2", "1e-2", "-0.0", "0e0", "0.1e1"}) {
      CAPTURE(text);
      CHECK(number_in(text).kind == Kind::Float);
    }
    CHECK(double_in("1e2") == 100.0);
    CHECK(double_in("129.95") == 129.95);
    CHECK(std::signbit(double_in("-0.0")));
    CHECK(double_in("123456789012345678901234567890.5") == 123456789012345678901234567890.5);
    CHECK(double_in("3.1415926535897932384626433832795028841971693993751") == 3.141592653589793);
  }

  TEST_CASE("json_reader: doubles are the nearest ones, to both ends of the range") {
    CHECK(double_in("1.7976931348623157e308") == std::numeric_limits<double>::max());
    CHECK(double_in("5e-324") == std::numeric_limits<double>::denorm_min());
    CHECK(double_in("2.2250738585072014e-308") == std::numeric_limits<double>::min());
    CHECK(double_in("2.2250738585072011e-308") == 2.2250738585072011e-308);
    CHECK(double_in("1e-400") == 0.0);
    CHECK(double_in("0e99999999999") == 0.0);
    CHECK(double_in("9007199254740993.0") == 9007199254740992.0);
    CHECK(is_refused("1e309"));
    CHECK(is_refused("-1e309"));
    CHECK(is_refused("1.8e308"));
    CHECK(is_refused("[1e99999999999999999999]"));
    CHECK(double_in("0." + std::string(2000, '0') + "1") == 0.0);
    CHECK(std::signbit(double_in("-0." + std::string(2000, '0') + "1")));
    CHECK(double_in("12345678901e-322345678901234567890") == 0.0);
    CHECK(is_refused("12345678901e+322345678901234567890"));
    CHECK(is_refused("1" + std::string(400, '0') + ".5"));
    CHECK(double_in("0." + std::string(300, '0') + "1e301") == 1.0);
  }

  TEST_CASE("json_reader: floats of many digits are as exact as short ones") {
    CHECK(double_in("-92.23172036854775809") == -92.23172036854775809);
    CHECK(double_in("184467440.3709551616") == 184467440.3709551616);
    CHECK(double_in("0.89012345678901234567890") == 0.89012345678901234567890);
    CHECK(double_in("0.1000000000000000055511151231257827") == 0.1);
    for (std::size_t digits = 1; digits < 60; ++digits) {
      CAPTURE(digits);
      const std::string ones(digits, '1');
      CHECK(double_in("0." + ones) == std::stod("0." + ones));
      CHECK(double_in(ones + ".5") == std::stod(ones + ".5"));
      CHECK(double_in(ones + "e-10") == std::stod(ones + "e-10"));
      CHECK(double_in("-1.5e-" + std::string(digits, '0') + "7") == -1.5e-7);
    }
  }

  TEST_CASE("json_reader: a number's text is as written, without what follows") {
    CHECK(number_text("1.50") == "1.50");
    CHECK(number_text("  -0 ") == "-0");
    CHECK(number_text("1E+02\r\n") == "1E+02");
    CHECK(number_text("18446744073709551616\t") == "18446744073709551616");
    JsonReader reader("[ 1.0 , 2 ]");
    reader.enter_array();
    REQUIRE(reader.next_item());
    CHECK(reader.read_number().text == "1.0");
    REQUIRE(reader.next_item());
    CHECK(reader.read_number().text == "2");
  }

  TEST_CASE("json_reader: every escape of RFC 8259 is undone") {
    CHECK(string_in(R"("\"\\\/\b\f\n\r\t")") == "\"\\/\b\f\n\r\t");
    CHECK(string_in(R"("\u0041\u00e9\u20AC\uFFFF")") == "A\xC3\xA9\xE2\x82\xAC\xEF\xBF\xBF");
    CHECK(string_in(R"("\ud83d\ude00")") == "\xF0\x9F\x98\x80");
    CHECK(string_in(R"("\uDBFF\uDFFF")") == "\xF4\x8F\xBF\xBF");
    CHECK(string_in(R"("a\u0000b")") == "a\0b"s);
    CHECK(string_in("\"caf\xC3\xA9\"") == "caf\xC3\xA9");
    CHECK(string_in("\"\x7F\"") == "\x7F");
    CHECK(string_in(R"("\\u0041")") == "\\u0041");
  }

  TEST_CASE("json_reader: lone surrogates and bad escapes are refused") {
    for (const char* text : {R"("\ud800")",
                             R"("\udbff")",
                             R"("\udc00")",
                             R"("\uDFFF")",
                             R"("\ud800x")",
                             R"("\ud800\n")",
                             R"("\ud800\u0041")",
                             R"("\ud800\ud800")",
                             R"("\udc00\ud800")",
                             R"("\ud83d\ude00\ude00")",
                             R"("\u")",
                             R"("\u12")",
                             R"("\u123g")",
                             R"("\u 123")",
                             R"("\u+123")",
                             R"("\U0041")",
                             R"("\x41")",
                             R"("\a")",
                             R"("\0")",
                             R"("\'")",
                             R"("\)",
                             R"("\")",
                             R"("\ud800\u")",
                             R"("\ud83d\ude0")"}) {
      CAPTURE(text);
      CHECK(is_refused(text));
      CHECK(is_refused("["s + text + "]"));
      CHECK(is_refused("{"s + text + ":1}"));
    }
  }

  TEST_CASE("json_reader: strings of every length around the block sizes come out whole") {
    for (std::size_t length = 0; length < 140; ++length) {
      CAPTURE(length);
      std::string content(length, 'x');
      CHECK(string_in('"' + content + '"') == content);
      CHECK(string_in('"' + content + "\\n\"") == content + "\n");
      CHECK(string_in("\"\\u00e9" + content + "\\\\\"") == "\xC3\xA9" + content + "\\");
    }
  }

  TEST_CASE("json_reader: a byte order mark is passed over and counted") {
    JsonReader reader("\xEF\xBB\xBF [1, 2]");
    CHECK(reader.offset() == 4);
    reader.enter_array();
    REQUIRE(reader.next_item());
    CHECK(reader.offset() == 5);
    reader.skip();
    CHECK(reader.text(5) == "1");
    CHECK(reader.text(0) == " [1");
    CHECK(failure_of_skipping("\xEF\xBB\xBF[x]")->offset == 4);
    CHECK(is_refused("\xEF\xBB\xBF"));
    CHECK(
        is_refused("\xEF\xBB\xBF\xEF\xBB\xBF"
                   "1"));
    CHECK(is_refused("1\xEF\xBB\xBF"));
    CHECK(is_refused("\xEF\xBB"));
  }
}
