// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/codec.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "coroute/json.hpp"
#include "support/read_value.hpp"

using namespace coroute;
using coroute::testing::body_error;
using coroute::testing::parse;
using coroute::testing::query_error;
using coroute::testing::read;
using coroute::testing::reparse;
using coroute::testing::reread;
using coroute::testing::written;

namespace {

const std::string int_text = "Input should be a valid integer, unable to parse string as an integer";
const std::string int_size = "Unable to parse input string as an integer, exceeded maximum size";
const std::string int_fraction = "Input should be a valid integer, got a number with a fractional part";
const std::string float_text = "Input should be a valid number, unable to parse string as a number";
const std::string bool_text = "Input should be a valid boolean, unable to interpret input";

/// JSON and the text of a parameter are refused for the same reason.
template <class T, auto... constraints>
void refuses(std::string_view number, std::string_view type, std::string_view msg, std::string_view ctx) {
  CAPTURE(number);
  const std::string rest = ctx.empty() ? "" : ",\"ctx\":" + std::string(ctx);
  CHECK(reread<T, constraints...>(number) == body_error(type, msg, number, rest));
  CHECK(reparse<T, constraints...>(number) == query_error(type, msg, number, rest));
}
template <class T, auto... constraints>
void takes(std::string_view number) {
  CAPTURE(number);
  CHECK(reread<T, constraints...>(number) == number);
  CHECK(reparse<T, constraints...>(number) == number);
}

template <class T>
void check_integer_bounds() {
  refuses<T, ge(5)>("4", "greater_than_equal", "Input should be greater than or equal to 5", R"({"ge":5})");
  takes<T, ge(5)>("5");
  takes<T, ge(5)>("6");
  takes<T, gt(5)>("6");
  refuses<T, gt(5)>("5", "greater_than", "Input should be greater than 5", R"({"gt":5})");
  refuses<T, gt(5)>("4", "greater_than", "Input should be greater than 5", R"({"gt":5})");
  takes<T, le(5)>("4");
  takes<T, le(5)>("5");
  refuses<T, le(5)>("6", "less_than_equal", "Input should be less than or equal to 5", R"({"le":5})");
  takes<T, lt(5)>("4");
  refuses<T, lt(5)>("5", "less_than", "Input should be less than 5", R"({"lt":5})");
  refuses<T, lt(5)>("6", "less_than", "Input should be less than 5", R"({"lt":5})");
  refuses<T, multiple_of(3)>("8", "multiple_of", "Input should be a multiple of 3", R"({"multiple_of":3})");
  takes<T, multiple_of(3)>("9");
  takes<T, multiple_of(3)>("0");
}

/// The ends of the type's range are taken, the numbers beyond are not.
template <class T>
void check_range(std::string_view below, std::string_view above) {
  takes<T>(std::to_string(std::numeric_limits<T>::min()));
  takes<T>(std::to_string(std::numeric_limits<T>::max()));
  if (std::numeric_limits<T>::is_signed) {
    refuses<T>(below, "int_parsing_size", int_size, "");
  } else {
    refuses<T>(below, "greater_than_equal", "Input should be greater than or equal to 0", R"({"ge":0})");
  }
  refuses<T>(above, "int_parsing_size", int_size, "");
}

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("integers: bounds hold below, at and above them, in every width") {
    check_integer_bounds<std::int8_t>();
    check_integer_bounds<std::uint8_t>();
    check_integer_bounds<std::int16_t>();
    check_integer_bounds<std::uint16_t>();
    check_integer_bounds<std::int32_t>();
    check_integer_bounds<std::uint32_t>();
    check_integer_bounds<std::int64_t>();
    check_integer_bounds<std::uint64_t>();
    check_integer_bounds<long long>();
  }

  TEST_CASE("integers: the range of the type is kept, in every width") {
    check_range<std::int8_t>("-129", "128");
    check_range<std::uint8_t>("-1", "256");
    check_range<std::int16_t>("-32769", "32768");
    check_range<std::uint16_t>("-1", "65536");
    check_range<std::int32_t>("-2147483649", "2147483648");
    check_range<std::uint32_t>("-1", "4294967296");
    check_range<std::int64_t>("-9223372036854775809", "9223372036854775808");
    check_range<std::uint64_t>("-1", "18446744073709551616");
  }

  TEST_CASE("integers: a bound beyond the type's range is told before the range") {
    refuses<std::int8_t, le(100)>("3000000000", "less_than_equal", "Input should be less than or equal to 100",
                                  R"({"le":100})");
    refuses<std::int32_t, ge(0)>("-3000000000", "greater_than_equal", "Input should be greater than or equal to 0",
                                 R"({"ge":0})");
  }

  TEST_CASE("integers: negative bounds and those of 64 bits are exact") {
    takes<std::int64_t, ge(-5)>("-5");
    refuses<std::int64_t, ge(-5)>("-6", "greater_than_equal", "Input should be greater than or equal to -5",
                                  R"({"ge":-5})");
    takes<std::int64_t, le(std::numeric_limits<std::int64_t>::max() - 1)>("9223372036854775806");
    refuses<std::int64_t, le(std::numeric_limits<std::int64_t>::max() - 1)>(
        "9223372036854775807", "less_than_equal", "Input should be less than or equal to 9223372036854775806",
        R"({"le":9223372036854775806})");
    takes<std::uint64_t, ge(-1)>("0");
    refuses<std::uint64_t, lt(-1)>("0", "less_than", "Input should be less than -1", R"({"lt":-1})");
    takes<std::uint64_t, gt(std::numeric_limits<std::int64_t>::max())>("18446744073709551615");
  }

  TEST_CASE("integers: multiples of 1, -1 and of the smallest number don't overflow") {
    takes<std::int64_t, multiple_of(-1)>("-9223372036854775808");
    takes<std::int64_t, multiple_of(1)>("-9223372036854775808");
    takes<std::int64_t, multiple_of(std::numeric_limits<std::int64_t>::min())>("-9223372036854775808");
    takes<std::uint64_t, multiple_of(-1)>("18446744073709551615");
    takes<std::uint64_t, multiple_of(std::numeric_limits<std::int64_t>::min())>("9223372036854775808");
    takes<std::int64_t, multiple_of(-3)>("-9");
  }

  TEST_CASE("integers: of several broken bounds the first in pydantic's order is told") {
    refuses<int, ge(10), le(5), multiple_of(4)>("7", "multiple_of", "Input should be a multiple of 4",
                                                R"({"multiple_of":4})");
    refuses<int, ge(10), le(5)>("7", "less_than_equal", "Input should be less than or equal to 5", R"({"le":5})");
    refuses<int, gt(10), ge(9)>("7", "greater_than_equal", "Input should be greater than or equal to 9", R"({"ge":9})");
  }

  TEST_CASE("integers: JSON is coerced where nothing is lost") {
    CHECK(reread<int>("5.0") == "5");
    CHECK(reread<int>("-0.0") == "0");
    CHECK(reread<int>("1e3") == "1000");
    CHECK(reread<int>(R"("5")") == "5");
    CHECK(reread<int>(R"(" +7 ")") == "7");
    CHECK(reread<int>(R"("1_000")") == "1000");
    CHECK(reread<int>(R"("1.0")") == "1");
    CHECK(reread<int>("true") == "1");
    CHECK(reread<int>("false") == "0");
    CHECK(reread<int>("1.5") == body_error("int_from_float", int_fraction, "1.5"));
    CHECK(reread<int>(R"("1.5")") == body_error("int_parsing", int_text, R"("1.5")"));
    CHECK(reread<int>(R"("")") == body_error("int_parsing", int_text, R"("")"));
    CHECK(reread<int>("null") == body_error("int_type", "Input should be a valid integer", "null"));
    CHECK(reread<int>("[1, 2]") == body_error("int_type", "Input should be a valid integer", "[1,2]"));
    CHECK(reread<int>(R"({"a" : 1})") == body_error("int_type", "Input should be a valid integer", R"({"a":1})"));
  }

  TEST_CASE("integers: a JSON number with a fraction of zeros is taken up to the range") {
    CHECK(reread<std::int64_t>("-9223372036854775808.0") == "-9223372036854775808");
    CHECK(reread<std::int64_t>("9223372036854775808.0") ==
          body_error("int_parsing_size", int_size, "9.223372036854776e+18"));
    CHECK(reread<std::uint64_t>("18446744073709549568.0") == "18446744073709549568");
    CHECK(reread<std::uint64_t>("-1.0") ==
          body_error("greater_than_equal", "Input should be greater than or equal to 0", "-1.0", R"(,"ctx":{"ge":0})"));
  }

  TEST_CASE("integers: of hundreds of digits are refused in one step") {
    const std::string digits(5000, '9');
    CHECK(reread<std::int64_t>(digits) == body_error("int_parsing_size", int_size, digits));
    CHECK(reparse<std::int64_t>(digits) == query_error("int_parsing_size", int_size, digits));
  }

  TEST_CASE("integers: the text of a parameter is read as pydantic does") {
    CHECK(reparse<int>(" +7 ") == "7");
    CHECK(reparse<int>("-0") == "0");
    CHECK(reparse<int>("007") == "7");
    CHECK(reparse<int>("1_000") == "1000");
    CHECK(reparse<int>("1.0") == "1");
    for (const std::string_view text : {"", " ", "1e3", "1.5", "0x10", "1__0", "_1", "true", "five", "+-1"}) {
      CAPTURE(text);
      CHECK(reparse<int>(text) == query_error("int_parsing", int_text, text));
    }
  }

  TEST_CASE("integers: strict takes JSON integers alone") {
    CHECK(reread<int, strict>("5") == "5");
    for (const std::string_view json : {"5.0", R"("5")", "true", "null"}) {
      CAPTURE(json);
      CHECK(reread<int, strict>(json) == body_error("int_type", "Input should be a valid integer", json));
    }
    CHECK(reread<Strict<int>>(R"("5")") == body_error("int_type", "Input should be a valid integer", R"("5")"));
    CHECK(reread<Strict<int>>("5") == "5");
  }

  TEST_CASE("integers: strict doesn't refuse the text of a parameter, which has no other kind") {
    CHECK(reparse<int, strict>("5") == "5");
    CHECK(reparse<Strict<int>>("5") == "5");
  }

  TEST_CASE("floats: bounds hold below, at and above them") {
    takes<double, gt(0), lt(10.5)>("10.4");
    refuses<double, gt(0), lt(10.5)>("10.5", "less_than", "Input should be less than 10.5", R"({"lt":10.5})");
    takes<double, gt(0), lt(10.5)>("0.1");
    refuses<double, gt(0), lt(10.5)>("0.0", "greater_than", "Input should be greater than 0", R"({"gt":0.0})");
    takes<double, ge(-1.5)>("-1.5");
    refuses<double, ge(-1.5)>("-1.6", "greater_than_equal", "Input should be greater than or equal to -1.5",
                              R"({"ge":-1.5})");
    takes<double, le(2)>("2.0");
    refuses<double, le(2)>("2.1", "less_than_equal", "Input should be less than or equal to 2", R"({"le":2.0})");
    takes<float, le(2)>("2.0");
  }

  TEST_CASE("floats: multiples may be off by rounding") {
    takes<double, multiple_of(0.1)>("0.3");
    takes<double, multiple_of(0.5)>("2.5");
    refuses<double, multiple_of(0.5)>("2.6", "multiple_of", "Input should be a multiple of 0.5",
                                      R"({"multiple_of":0.5})");
  }

  TEST_CASE("floats: JSON is coerced where it means a number") {
    CHECK(reread<double>("1") == "1.0");
    CHECK(reread<double>("-0.0") == "-0.0");
    CHECK(reread<double>("18446744073709551616") == "1.8446744073709552e+19");
    CHECK(reread<double>(R"(" 1.5 ")") == "1.5");
    CHECK(reread<double>("true") == "1.0");
    CHECK(reread<double>(R"("twenty")") == body_error("float_parsing", float_text, R"("twenty")"));
    CHECK(reread<double>("null") == body_error("float_type", "Input should be a valid number", "null"));
    CHECK(reread<double>("[]") == body_error("float_type", "Input should be a valid number", "[]"));
  }

  TEST_CASE("floats: infinity and NaN are refused unless allowed") {
    const std::string_view message = "Input should be a finite number";
    for (const std::string_view text : {"nan", "inf", "-inf", "Infinity", "NaN"}) {
      CAPTURE(text);
      CHECK(reparse<double>(text) == query_error("finite_number", message, text));
    }
    CHECK(std::isnan(parse<double, allow_inf_nan>("nan").value));
    CHECK(parse<double, allow_inf_nan>("-inf").value == -std::numeric_limits<double>::infinity());
    CHECK(reparse<double, allow_inf_nan, lt(5)>("inf") ==
          query_error("less_than", "Input should be less than 5", "inf", R"(,"ctx":{"lt":5.0})"));
  }

  TEST_CASE("floats: the extremes of doubles come through") {
    CHECK(read<double>("1.7976931348623157e308").value == std::numeric_limits<double>::max());
    CHECK(read<double>("5e-324").value == std::numeric_limits<double>::denorm_min());
    CHECK(parse<double>("-1.7976931348623157e308").value == std::numeric_limits<double>::lowest());
  }

  TEST_CASE("floats: what a float can't hold is no finite number") {
    CHECK(read<float>("3.4e38").value == doctest::Approx(3.4e38));
    CHECK(reread<float>("3.5e38") == body_error("finite_number", "Input should be a finite number", "3.5e+38"));
    CHECK(reparse<float>("1e39") == query_error("finite_number", "Input should be a finite number", "1e39"));
    CHECK(std::isinf(parse<float, allow_inf_nan>("inf").value));
  }

  TEST_CASE("floats: strict takes JSON numbers alone, whole ones too") {
    CHECK(reread<double, strict>("5") == "5.0");
    CHECK(reread<double, strict>("5.5") == "5.5");
    for (const std::string_view json : {R"("5.5")", "true"}) {
      CAPTURE(json);
      CHECK(reread<double, strict>(json) == body_error("float_type", "Input should be a valid number", json));
    }
  }

  TEST_CASE("floats: infinity and NaN are written as null") {
    CHECK(written(std::numeric_limits<double>::infinity()) == "null");
    CHECK(written(std::nan("")) == "null");
    CHECK(written(1.0F) == "1.0");
  }

  TEST_CASE("booleans: words in any case, and 0 and 1") {
    for (const std::string_view text : {"true", "TRUE", "t", "1", "yes", "Y", "on", "On"}) {
      CAPTURE(text);
      CHECK(reparse<bool>(text) == "true");
      CHECK(reread<bool>("\"" + std::string(text) + "\"") == "true");
    }
    for (const std::string_view text : {"false", "F", "0", "no", "n", "off"}) {
      CAPTURE(text);
      CHECK(reparse<bool>(text) == "false");
    }
    for (const std::string_view text : {"", "2", "42", " true", "ja", "1.0"}) {
      CAPTURE(text);
      CHECK(reparse<bool>(text) == query_error("bool_parsing", bool_text, text));
    }
  }

  TEST_CASE("booleans: JSON numbers other than 0 and 1 are none") {
    CHECK(reread<bool>("1") == "true");
    CHECK(reread<bool>("0") == "false");
    CHECK(reread<bool>("1.0") == "true");
    CHECK(reread<bool>("2") == body_error("bool_parsing", bool_text, "2"));
    CHECK(reread<bool>("-1") == body_error("bool_parsing", bool_text, "-1"));
    CHECK(reread<bool>("2.0") == body_error("bool_parsing", bool_text, "2.0"));
    CHECK(reread<bool>("0.5") == body_error("bool_type", "Input should be a valid boolean", "0.5"));
    CHECK(reread<bool>("null") == body_error("bool_type", "Input should be a valid boolean", "null"));
    CHECK(reread<bool>("[true]") == body_error("bool_type", "Input should be a valid boolean", "[true]"));
  }

  TEST_CASE("booleans: strict takes true and false alone") {
    CHECK(reread<bool, strict>("true") == "true");
    CHECK(reread<bool, strict>("1") == body_error("bool_type", "Input should be a valid boolean", "1"));
    CHECK(reread<bool, strict>(R"("true")") == body_error("bool_type", "Input should be a valid boolean", R"("true")"));
  }

  TEST_CASE("optional: null is none, the rest is read as its value") {
    CHECK(reread<std::optional<int>>("null") == "null");
    CHECK(reread<std::optional<int>>("5") == "5");
    CHECK(reread<std::optional<int>, ge(1)>("null") == "null");
    CHECK(reread<std::optional<int>, ge(1)>("0") ==
          body_error("greater_than_equal", "Input should be greater than or equal to 1", "0", R"(,"ctx":{"ge":1})"));
    CHECK(reread<std::optional<int>>(R"("x")") == body_error("int_parsing", int_text, R"("x")"));
    CHECK(reparse<std::optional<int>>("5") == "5");
    CHECK(reparse<std::optional<int>>("") == query_error("int_parsing", int_text, ""));
    CHECK(reparse<std::optional<std::string>>("") == R"("")");
  }

  TEST_CASE("Json: any value, in the order of its members") {
    CHECK(reread<Json>(R"({"z":1,"a":[1.0,-2,null,true,"x",18446744073709551615],"m":{}})") ==
          R"({"z":1,"a":[1.0,-2,null,true,"x",18446744073709551615],"m":{}})");
    CHECK(reread<Json>("null") == "null");
  }

  TEST_CASE("Json: of a key that comes twice the last value counts") {
    CHECK(reread<Json>(R"({"a":1,"b":2,"a":[3]})") == R"({"a":[3],"b":2})");
  }

  TEST_CASE("Json: an object of many members is read in linear time") {
    std::string text = "{";
    for (int i = 0; i < 100'000; ++i)
      text += "\"" + std::to_string(i) + "\":0,";
    text.back() = '}';
    CHECK(read<Json>(text).value.size() == 100'000);
  }
}
