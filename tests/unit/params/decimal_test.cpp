// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/decimal.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>

#include "support/value_outcome.hpp"

using namespace coroute;
using coroute::testing::read;
using coroute::testing::read_number;
using coroute::testing::ValueRow;

namespace {

constexpr std::string_view not_a_decimal = "decimal_parsing | Input should be a valid decimal";
constexpr std::string_view not_finite = "finite_number | Input should be a finite number";
constexpr std::string_view too_many_digits =
    "decimal_max_digits | Decimal input should have no more than 1000 digits in total | {\"max_digits\":1000}";

Decimal decimal(std::string_view text) {
  return Decimal::parse(text);
}

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("decimal: the digits and the exponent stay as they were written") {
    const ValueRow rows[] = {
        {"1.50", "1.50"},
        {" 1.5 ", "1.5"},
        {"+1.5", "1.5"},
        {"-1.5", "-1.5"},
        {"5.", "5"},
        {".5", "0.5"},
        {"00012.00", "12.00"},
        {"0", "0"},
        {"-0", "-0"},
        {"-0.00", "-0.00"},
        {"100", "100"},
        {"111111111111111111111111111111", "111111111111111111111111111111"},
        {"0.1234567890123456789012345678901234567890", "0.1234567890123456789012345678901234567890"},
    };
    for (const ValueRow& row : rows) {
      CAPTURE(row.input);
      CHECK(read<Decimal>(row.input) == row.outcome);
    }
  }

  TEST_CASE("decimal: an exponent is printed as Python's str does") {
    const ValueRow rows[] = {
        {"1e5", "1E+5"},
        {"1E+5", "1E+5"},
        {"0e5", "0E+5"},
        {"1e-5", "0.00001"},
        {"0.000001", "0.000001"},
        {"1e-6", "0.000001"},
        {"0.0000001", "1E-7"},
        {"1e-7", "1E-7"},
        {"0E-7", "0E-7"},
        {"123e-9", "1.23E-7"},
        {"-123e-9", "-1.23E-7"},
        {"12e-7", "0.0000012"},
        {"12345678901234567890e3", "1.2345678901234567890E+22"},
        {"1.5e3", "1.5E+3"},
        {"1.5e1", "15"},
        {"1.50e1", "15.0"},
        {"15e-1", "1.5"},
        {"1e+005", "1E+5"},
        {"1e0", "1"},
    };
    for (const ValueRow& row : rows) {
      CAPTURE(row.input);
      CHECK(read<Decimal>(row.input) == row.outcome);
    }
  }

  TEST_CASE("decimal: underscores are dropped wherever they stand") {
    for (const std::string_view text : {"1_000.5", "1__000.5", "_1000.5", "1000.5_", "+_1000_._5", "10005e-_1"}) {
      CAPTURE(text);
      CHECK(read<Decimal>(text) == "1000.5");
    }
    CHECK(read<Decimal>("_") == not_a_decimal);
  }

  TEST_CASE("decimal: what is no number is decimal_parsing") {
    for (const std::string_view text :
         {"",    " ",     ".",    "abc",  "1.5e", "1.5e+", "e5",    "1 .5", "1,5",      "--1",
          "+-1", "1.2.3", "infi", "inf4", "0x1",  "1e5.0", "1e5 x", "nanx", "\xD9\xA3", "1\xFF"}) {
      CAPTURE(text);
      CHECK(read<Decimal>(text) == not_a_decimal);
    }
    CHECK(read<Decimal>(std::string_view("1\0", 2)) == not_a_decimal);
  }

  TEST_CASE("decimal: infinities and NaN are finite_number") {
    for (const std::string_view text :
         {"nan", "NaN", "-nan", "NaN123", "sNaN", "snan7", "inf", "-inf", "+INF", "Infinity", " infinity "}) {
      CAPTURE(text);
      CHECK(read<Decimal>(text) == not_finite);
    }
  }

  TEST_CASE("decimal: at most 1000 digits are taken, leading zeros apart") {
    const std::string limit(1000, '7');
    CHECK(read<Decimal>(limit.substr(1)) == limit.substr(1));
    CHECK(read<Decimal>(limit) == limit);
    CHECK(read<Decimal>(limit + "7") == too_many_digits);
    CHECK(read<Decimal>("7." + limit) == too_many_digits);
    CHECK(read<Decimal>(std::string(50'000, '0') + "1.5") == "1.5");
    CHECK(read<Decimal>(std::string(1'000'000, '9')) == too_many_digits);
  }

  TEST_CASE("decimal: the exponent is within 100000 of zero") {
    CHECK(read<Decimal>("1e99999") == "1E+99999");
    CHECK(read<Decimal>("1e100000") == "1E+100000");
    CHECK(read<Decimal>("1e100001") == not_a_decimal);
    CHECK(read<Decimal>("1e-100000") == "1E-100000");
    CHECK(read<Decimal>("1e-100001") == not_a_decimal);
    CHECK(read<Decimal>("1.5e-100000") == not_a_decimal);
    CHECK(read<Decimal>("1.5e100001") == "1.5E+100001");
    CHECK(read<Decimal>("1e9999999999999999999999") == not_a_decimal);
    CHECK(read<Decimal>("1e-9999999999999999999999") == not_a_decimal);
    CHECK(read<Decimal>("0." + std::string(100'000, '0')) == "0E-100000");
    CHECK(read<Decimal>("0." + std::string(100'001, '0')) == not_a_decimal);
  }

  TEST_CASE("decimal: a JSON number becomes the decimal of its shortest text") {
    CHECK(read_number<Decimal>(1.5) == "1.5");
    CHECK(read_number<Decimal>(0.1) == "0.1");
    CHECK(read_number<Decimal>(-2.25) == "-2.25");
    CHECK(read_number<Decimal>(1.0) == "1.0");
    CHECK(read_number<Decimal>(0.0) == "0.0");
    CHECK(read_number<Decimal>(-0.0) == "-0.0");
    CHECK(read_number<Decimal>(100000.0) == "100000.0");
    CHECK(read_number<Decimal>(9999999999999998.0) == "9999999999999998.0");
    CHECK(read_number<Decimal>(1e16) == "1E+16");
    CHECK(read_number<Decimal>(123456789012345680.0) == "1.2345678901234568E+17");
    CHECK(read_number<Decimal>(1e22) == "1E+22");
    CHECK(read_number<Decimal>(0.0001) == "0.0001");
    CHECK(read_number<Decimal>(1e-5) == "0.00001");
    CHECK(read_number<Decimal>(1e-7) == "1E-7");
    CHECK(read_number<Decimal>(std::numeric_limits<double>::max()) == "1.7976931348623157E+308");
    CHECK(read_number<Decimal>(std::int64_t{42}) == "42");
    CHECK(read_number<Decimal>(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  }

  TEST_CASE("decimal: a JSON number that is not finite is refused") {
    CHECK(read_number<Decimal>(std::numeric_limits<double>::infinity()) == not_finite);
    CHECK(read_number<Decimal>(std::numeric_limits<double>::quiet_NaN()) == not_finite);
  }

  TEST_CASE("decimal: numbers compare by value") {
    CHECK(decimal("1.5") == decimal("1.50"));
    CHECK(decimal("1E+2") == decimal("100.000"));
    CHECK(decimal("0") == decimal("-0.00"));
    CHECK(decimal("0E+9") == decimal("0"));
    CHECK(decimal("1.5") != decimal("1.51"));
    CHECK(decimal("-1") < decimal("0"));
    CHECK(decimal("-2") < decimal("-1"));
    CHECK(decimal("-1") < decimal("0.001"));
    CHECK(decimal("9.99") < decimal("10"));
    CHECK(decimal("1.4999999999999999999999") < decimal("1.5"));
    CHECK(decimal("1.50000000000000000000001") > decimal("1.5"));
    CHECK(decimal("1e100000") > decimal("9e99999"));
    CHECK(decimal("-1e100000") < decimal("1e-100000"));
    CHECK(decimal("0") < decimal("1e-100000"));
    CHECK(decimal("12") > 11);
    CHECK(decimal("-12") <= -12);
  }

  TEST_CASE("decimal: an integer is a decimal") {
    CHECK(to_text(Decimal()) == "0");
    CHECK(to_text(Decimal(-7)) == "-7");
    CHECK(to_text(Decimal(std::numeric_limits<std::int64_t>::max())) == "9223372036854775807");
  }

  TEST_CASE("decimal: the parts of a number can be read") {
    const Decimal price = decimal("-01.50");
    CHECK(price.coefficient() == "150");
    CHECK(price.exponent() == -2);
    CHECK(price.is_negative());
    CHECK_FALSE(price.is_zero());
    CHECK(decimal("0.00").is_zero());
  }

  TEST_CASE("decimal: digits and places are counted without the zeros that end a fraction") {
    struct Row {
      std::string_view text;
      std::size_t digits, places, whole;
    };
    for (const Row& row : {Row{"1.50", 2, 1, 1}, Row{"1.500", 2, 1, 1}, Row{"12.5", 3, 1, 2}, Row{"100", 3, 0, 3},
                           Row{"1E+5", 6, 0, 6}, Row{"0.001", 3, 3, 0}, Row{"0.00", 1, 0, 1}, Row{"0", 1, 0, 1},
                           Row{"1.5E-2", 3, 3, 0}, Row{"-123.4", 4, 1, 3}, Row{"100.00", 3, 0, 3}, Row{"0.05", 2, 2, 0},
                           Row{"120.00", 3, 0, 3}, Row{"1E-3", 3, 3, 0}}) {
      CAPTURE(row.text);
      CHECK(decimal(row.text).digits() == row.digits);
      CHECK(decimal(row.text).decimal_places() == row.places);
      CHECK(decimal(row.text).whole_digits() == row.whole);
    }
  }

  TEST_CASE("decimal: to_double is the nearest double") {
    CHECK(decimal("1.50").to_double() == 1.5);
    CHECK(decimal("0.1").to_double() == 0.1);
    CHECK(decimal("-1E+5").to_double() == -100000.0);
    CHECK(decimal("1.23E-7").to_double() == 1.23e-7);
    CHECK(decimal("1e400").to_double() == std::numeric_limits<double>::infinity());
    CHECK(decimal("-1e400").to_double() == -std::numeric_limits<double>::infinity());
    CHECK(decimal("1e-400").to_double() == 0);
    CHECK(std::signbit(decimal("-0").to_double()));
  }

  TEST_CASE("decimal: a refused text leaves the value as it was") {
    Decimal number = decimal("1.50");
    CHECK(value_from_text("1.5x", number));
    CHECK(value_from_text(std::string(1001, '1'), number));
    CHECK(value_from_number(std::numeric_limits<double>::infinity(), number));
    CHECK(to_text(number) == "1.50");
  }

  TEST_CASE("decimal: parse throws with the reason") {
    CHECK_THROWS_WITH_AS(decimal("x"), "Input should be a valid decimal", std::invalid_argument);
  }

  TEST_CASE("decimal: its schema is not a plain format") {
    CHECK(ValueSchema<Decimal>::format.empty());
    CHECK(ValueSchema<Decimal>::pattern == "^(?!^[-+.]*$)[+-]?0*\\d*\\.?\\d*$");
    CHECK(ValueSchema<Decimal>::error_type == "decimal_type");
  }
}
