// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/lax_numbers.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "support/value_outcome.hpp"

using namespace coroute;
using coroute::testing::shown;
using coroute::testing::ValueRow;

namespace {

constexpr std::string_view not_an_integer =
    "int_parsing | Input should be a valid integer, unable to parse string as an integer";
constexpr std::string_view integer_too_large =
    "int_parsing_size | Unable to parse input string as an integer, exceeded maximum size";
constexpr std::string_view negative_integer =
    "greater_than_equal | Input should be greater than or equal to 0 | {\"ge\":0}";
constexpr std::string_view fractional =
    "int_from_float | Input should be a valid integer, got a number with a fractional part";
constexpr std::string_view not_finite = "finite_number | Input should be a finite number";
constexpr std::string_view not_a_number =
    "float_parsing | Input should be a valid number, unable to parse string as a number";
constexpr std::string_view not_a_boolean = "bool_parsing | Input should be a valid boolean, unable to interpret input";
constexpr std::string_view wrong_boolean_kind = "bool_type | Input should be a valid boolean";

template <typename Integer>
std::string integer(std::string_view text) {
  Integer value = 77;
  const auto error = detail::int_from_text(text, value);
  if (error) CHECK(value == 77);
  return error ? shown(*error) : std::to_string(value);
}

std::string signed_integer(std::string_view text) {
  return integer<std::int64_t>(text);
}

std::string unsigned_integer(std::string_view text) {
  return integer<std::uint64_t>(text);
}

template <typename Integer, typename Number>
std::string integer_of(Number number) {
  Integer value = 77;
  const auto error = detail::int_from_number(number, value);
  return error ? shown(*error) : std::to_string(value);
}

double floating(std::string_view text) {
  double value = 77;
  const auto error = detail::float_from_text(text, value);
  if (error) CHECK(shown(*error) == not_a_number);
  return error ? -77 : value;
}

std::string boolean(std::string_view text) {
  bool value = false;
  const auto error = detail::bool_from_text(text, value);
  return error ? shown(*error) : value ? "true" : "false";
}

template <typename Number>
std::string boolean_of(Number number) {
  bool value = false;
  const auto error = detail::bool_from_number(number, value);
  return error ? shown(*error) : value ? "true" : "false";
}

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("lax numbers: an integer may have white space, a sign, underscores and a fraction of zeros") {
    const ValueRow rows[] = {
        {"5", "5"},
        {" +7 ", "7"},
        {"-7", "-7"},
        {"\t5\r\n", "5"},
        {"0", "0"},
        {"-0", "0"},
        {"00012", "12"},
        {"1_000", "1000"},
        {"-1_0_0", "-100"},
        {"0_0", "0"},
        {"1.0", "1"},
        {"-1.000", "-1"},
        {"1_000.00", "1000"},
        {" 1_0.0 ", "10"},
        {"+1.0", "1"},
        {"\xC2\xA0"
         "5\xE2\x80\x83",
         "5"},
    };
    for (const ValueRow& row : rows) {
      CAPTURE(row.input);
      CHECK(signed_integer(row.input) == row.outcome);
    }
  }

  TEST_CASE("lax numbers: what is no integer is int_parsing") {
    const std::string_view rows[] = {
        "",
        " ",
        "abc",
        "1.5",
        "1.",
        ".0",
        ".",
        "1e5",
        "0x1",
        "1__0",
        "_1",
        "1_",
        "_",
        "+",
        "-",
        "+-1",
        "--1",
        "-+1",
        "+ 1",
        "- 1",
        "1 2",
        "1 .0",
        "1.0_0",
        "1,000",
        "+_1",
        "-_1",
        "1_.0",
        "1._0",
        "1.0x",
        "1.00.0",
        "inf",
        "nan",
        "true",
        "\x1C"
        "5",
        "\xD9\xA3",
        "5\xFF",
    };
    for (const std::string_view text : rows) {
      CAPTURE(text);
      CHECK(signed_integer(text) == not_an_integer);
      CHECK(unsigned_integer(text) == not_an_integer);
    }
    CHECK(signed_integer(std::string_view("5\0", 2)) == not_an_integer);
  }

  TEST_CASE("lax numbers: an integer has at most 64 bits") {
    CHECK(signed_integer("9223372036854775807") == "9223372036854775807");
    CHECK(signed_integer("9223372036854775808") == integer_too_large);
    CHECK(signed_integer("-9223372036854775808") == "-9223372036854775808");
    CHECK(signed_integer("-9223372036854775809") == integer_too_large);
    CHECK(unsigned_integer("18446744073709551615") == "18446744073709551615");
    CHECK(unsigned_integer("18446744073709551616") == integer_too_large);
    CHECK(signed_integer("9_223_372_036_854_775_807.0") == "9223372036854775807");
  }

  TEST_CASE("lax numbers: an integer of more than 4300 digits is refused by its size") {
    CHECK(signed_integer(std::string(4300, '1')) == integer_too_large);
    CHECK(signed_integer(std::string(4301, '1')) == integer_too_large);
    CHECK(signed_integer(std::string(4301, '1') + "x") == not_an_integer);
    CHECK(signed_integer(std::string(100'000, '0') + "5") == "5");
    CHECK(signed_integer("1." + std::string(100'000, '0')) == "1");
  }

  TEST_CASE("lax numbers: an unsigned integer is at least 0") {
    CHECK(unsigned_integer("0") == "0");
    CHECK(unsigned_integer("-0") == "0");
    CHECK(unsigned_integer("+5.0") == "5");
    CHECK(unsigned_integer("-1") == negative_integer);
    CHECK(unsigned_integer("-99999999999999999999999") == integer_too_large);
  }

  TEST_CASE("lax numbers: a JSON number without fraction is an integer") {
    CHECK(integer_of<std::int64_t>(5.0) == "5");
    CHECK(integer_of<std::int64_t>(-5.0) == "-5");
    CHECK(integer_of<std::int64_t>(-0.0) == "0");
    CHECK(integer_of<std::uint64_t>(5.0) == "5");
    CHECK(integer_of<std::int64_t>(1.5) == fractional);
    CHECK(integer_of<std::uint64_t>(1.5) == fractional);
    CHECK(integer_of<std::uint64_t>(-1.5) == fractional);
    CHECK(integer_of<std::uint64_t>(-1.0) == negative_integer);
  }

  TEST_CASE("lax numbers: a JSON number that is no finite number is no integer") {
    CHECK(integer_of<std::int64_t>(std::numeric_limits<double>::infinity()) == not_finite);
    CHECK(integer_of<std::int64_t>(-std::numeric_limits<double>::infinity()) == not_finite);
    CHECK(integer_of<std::uint64_t>(std::numeric_limits<double>::quiet_NaN()) == not_finite);
  }

  TEST_CASE("lax numbers: a JSON number beyond the integer's range is refused, to the bit") {
    CHECK(integer_of<std::int64_t>(0x1p63) == integer_too_large);
    CHECK(integer_of<std::int64_t>(std::nextafter(0x1p63, 0)) == "9223372036854774784");
    CHECK(integer_of<std::int64_t>(-0x1p63) == "-9223372036854775808");
    CHECK(integer_of<std::int64_t>(std::nextafter(-0x1p63, -0x1p64)) == integer_too_large);
    CHECK(integer_of<std::uint64_t>(0x1p64) == integer_too_large);
    CHECK(integer_of<std::uint64_t>(std::nextafter(0x1p64, 0)) == "18446744073709549568");
    CHECK(integer_of<std::int64_t>(1e300) == integer_too_large);
  }

  TEST_CASE("lax numbers: integers of the other signedness are converted when they fit") {
    CHECK(integer_of<std::uint64_t>(std::int64_t{0}) == "0");
    CHECK(integer_of<std::uint64_t>(std::int64_t{-1}) == negative_integer);
    CHECK(integer_of<std::int64_t>(std::uint64_t{9223372036854775807U}) == "9223372036854775807");
    CHECK(integer_of<std::int64_t>(std::uint64_t{9223372036854775808U}) == integer_too_large);
  }

  TEST_CASE("lax numbers: a float is read as Python reads it") {
    CHECK(floating("1.5") == 1.5);
    CHECK(floating(" 1.5 ") == 1.5);
    CHECK(floating("1e5") == 1e5);
    CHECK(floating("1E+5") == 1e5);
    CHECK(floating("-.5e-3") == -0.5e-3);
    CHECK(floating("1.") == 1);
    CHECK(floating("+.5") == 0.5);
    CHECK(floating("1.e2") == 100);
    CHECK(floating("0.1") == 0.1);
    CHECK(floating("5e-324") == std::numeric_limits<double>::denorm_min());
    CHECK(floating("179769313486231570000e288") == std::numeric_limits<double>::max());
    CHECK(std::signbit(floating("-0")));
  }

  TEST_CASE("lax numbers: single underscores inside of a float are dropped") {
    CHECK(floating("1_0.5") == 10.5);
    CHECK(floating("1_.5") == 1.5);
    CHECK(floating("1e1_0") == 1e10);
    CHECK(std::isinf(floating("i_nf")));
  }

  TEST_CASE("lax numbers: infinities and NaN are read, for the caller to judge") {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    CHECK(floating("inf") == infinity);
    CHECK(floating("+INF") == infinity);
    CHECK(floating("-Infinity") == -infinity);
    CHECK(std::isnan(floating("nan")));
    CHECK(std::isnan(floating("-NaN")));
  }

  TEST_CASE("lax numbers: a float beyond the range is infinity or zero") {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    CHECK(floating("1e999") == infinity);
    CHECK(floating("-1e999") == -infinity);
    CHECK(floating("0.0001e400") == infinity);
    CHECK(floating("1" + std::string(400, '0')) == infinity);
    CHECK(floating("1e-999") == 0);
    CHECK(floating("1000e-999") == 0);
    CHECK(floating("0." + std::string(1000, '0') + "1") == 0);
    CHECK(floating("1e99999999999999999999999") == infinity);
    CHECK(floating("1e-99999999999999999999999") == 0);
    CHECK(floating("0e99999999999999999999999") == 0);
    CHECK(floating("1" + std::string(400, '0') + "e-400") == 1);
  }

  TEST_CASE("lax numbers: what is no float is float_parsing") {
    const std::string_view rows[] = {"",     " ",   ".",    "e5",       "1e",    "1e+",     "0x1p3", "1,5",  "1.5f",
                                     "infi", "+-1", "1__0", "_1",       "1_",    "1 2",     "- 1",   "nan1", "1.2.3",
                                     "--1",  "abc", "1e5.", "\xD9\xA3", "1\xFF", "infinit", "1e 5"};
    for (const std::string_view text : rows) {
      CAPTURE(text);
      CHECK(floating(text) == -77);
    }
  }

  TEST_CASE("lax numbers: a boolean is one of twelve words in any case") {
    for (const std::string_view text : {"1", "t", "T", "true", "TRUE", "tRuE", "y", "Y", "yes", "YES", "on", "On"}) {
      CAPTURE(text);
      CHECK(boolean(text) == "true");
    }
    for (const std::string_view text : {"0", "f", "F", "false", "False", "n", "N", "no", "NO", "off", "OFF"}) {
      CAPTURE(text);
      CHECK(boolean(text) == "false");
    }
  }

  TEST_CASE("lax numbers: any other text is bool_parsing") {
    for (const std::string_view text :
         {"", " true", "true ", "2", "-1", "1.0", "tru", "truee", "ye", "oui", "null", "01", "o", "\xC2\xB9"}) {
      CAPTURE(text);
      CHECK(boolean(text) == not_a_boolean);
    }
  }

  TEST_CASE("lax numbers: a JSON number is a boolean when it is 0 or 1") {
    CHECK(boolean_of(std::int64_t{0}) == "false");
    CHECK(boolean_of(std::int64_t{1}) == "true");
    CHECK(boolean_of(0.0) == "false");
    CHECK(boolean_of(-0.0) == "false");
    CHECK(boolean_of(1.0) == "true");
    CHECK(boolean_of(std::int64_t{2}) == not_a_boolean);
    CHECK(boolean_of(std::int64_t{-1}) == not_a_boolean);
    CHECK(boolean_of(2.0) == not_a_boolean);
    CHECK(boolean_of(1.5) == wrong_boolean_kind);
    CHECK(boolean_of(1e300) == wrong_boolean_kind);
    CHECK(boolean_of(std::numeric_limits<double>::quiet_NaN()) == wrong_boolean_kind);
    CHECK(boolean_of(std::numeric_limits<double>::infinity()) == wrong_boolean_kind);
  }
}
