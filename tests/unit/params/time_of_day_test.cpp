// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/time_of_day.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>

#include "support/value_outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::read;
using coroute::testing::read_number;
using coroute::testing::ValueRow;

namespace {

constexpr std::string_view zoned = "timezone_naive | Input should not have timezone info";

std::string refused(std::string_view reason) {
  return coroute::testing::refused("time_parsing", "Input should be in a valid time format", reason);
}

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("time of day: seconds and a fraction may follow hours and minutes") {
    const ValueRow rows[] = {
        {"03:04", "03:04:00"},
        {"03:04:05", "03:04:05"},
        {"03:04:05.5", "03:04:05.500000"},
        {"03:04:05,5", "03:04:05.500000"},
        {"03:04:05.000500", "03:04:05.000500"},
        {"03:04:05.000000", "03:04:05"},
        {"00:00", "00:00:00"},
        {"23:59:59.999999", "23:59:59.999999"},
    };
    for (const ValueRow& row : rows) {
      CAPTURE(row.input);
      CHECK(read<TimeOfDay>(row.input) == row.outcome);
    }
  }

  TEST_CASE("time of day: digits after the sixth of a fraction don't count") {
    CHECK(read<TimeOfDay>("03:04:05.1234569") == "03:04:05.123456");
    CHECK(read<TimeOfDay>("03:04:05." + std::string(10'000, '9')) == "03:04:05.999999");
  }

  TEST_CASE("time of day: what is no time is refused with the reason") {
    const ValueRow rows[] = {
        {"", "input is too short"},
        {"x", "input is too short"},
        {"3:04", "input is too short"},
        {"0304", "input is too short"},
        {"3600", "input is too short"},
        {"aa:bb", "invalid character in hour"},
        {"0a:00", "invalid character in hour"},
        {" 03:04", "invalid character in hour"},
        {"1.1234567", "invalid character in hour"},
        {"\xC3\xA9:00:", "invalid character in hour"},
        {"03-04", "invalid time separator, expected `:`"},
        {"86399", "invalid time separator, expected `:`"},
        {"2024-01-02T03:04:05", "invalid time separator, expected `:`"},
        {"03:aa", "invalid character in minute"},
        {"99:aa", "invalid character in minute"},
        {"03:04:aa", "invalid character in second"},
        {"03:04:", "invalid character in second"},
        {"03:04:5", "invalid character in second"},
        {"03:04:05.", "second fraction digits missing after `.`"},
        {"03:04:05.Z", "second fraction digits missing after `.`"},
        {"03:04:05x", "invalid timezone sign"},
        {"03:04 ", "invalid timezone sign"},
    };
    for (const ValueRow& row : rows) {
      CAPTURE(row.input);
      CHECK(read<TimeOfDay>(row.input) == refused(row.outcome));
    }
  }

  TEST_CASE("time of day: hours end at 23, minutes and seconds at 59") {
    CHECK(read<TimeOfDay>("23:59:59") == "23:59:59");
    CHECK(read<TimeOfDay>("24:00:00") == refused("hour value is outside expected range of 0-23"));
    CHECK(read<TimeOfDay>("99:99:99") == refused("hour value is outside expected range of 0-23"));
    CHECK(read<TimeOfDay>("03:60") == refused("minute value is outside expected range of 0-59"));
    CHECK(read<TimeOfDay>("03:04:60") == refused("second value is outside expected range of 0-59"));
  }

  TEST_CASE("time of day: a valid UTC offset is refused rather than lost") {
    for (const std::string_view text :
         {"03:04:05Z", "03:04Z", "03:04:05z", "03:04:05+01:00", "03:04:05-0130", "03:04:05.5+23:59",
          "03:04:05\xE2\x88\x92"
          "01:00"}) {
      CAPTURE(text);
      CHECK(read<TimeOfDay>(text) == zoned);
    }
  }

  TEST_CASE("time of day: a wrong UTC offset has its own reasons") {
    const ValueRow rows[] = {
        {"03:04:05+", "invalid timezone hour"},
        {"03:04:05+0", "invalid timezone hour"},
        {"03:04:05+0a:00", "invalid timezone hour"},
        {"03:04:05+01", "invalid timezone minute"},
        {"03:04:05+01:", "invalid timezone minute"},
        {"03:04:05+010", "invalid timezone minute"},
        {"03:04:05+01x00", "invalid timezone minute"},
        {"03:04:05+01:60", "timezone minute value is outside expected range of 0-59"},
        {"03:04:05+24:00", "timezone offset must be less than 24 hours"},
        {"03:04:05-24:00", "timezone offset must be less than 24 hours"},
        {"03:04:05+01:000", "unexpected extra characters at the end of the input"},
        {"03:04:05Z1", "unexpected extra characters at the end of the input"},
        {"03:04:05\xE2\x88\x93"
         "01:00",
         "invalid timezone sign"},
    };
    for (const ValueRow& row : rows) {
      CAPTURE(row.input);
      CHECK(read<TimeOfDay>(row.input) == refused(row.outcome));
    }
  }

  TEST_CASE("time of day: a JSON number counts seconds since midnight") {
    CHECK(read_number<TimeOfDay>(std::int64_t{0}) == "00:00:00");
    CHECK(read_number<TimeOfDay>(std::int64_t{3600}) == "01:00:00");
    CHECK(read_number<TimeOfDay>(std::int64_t{86399}) == "23:59:59");
    CHECK(read_number<TimeOfDay>(1.5) == "00:00:01.500000");
    CHECK(read_number<TimeOfDay>(1.1234567) == "00:00:01.123457");
    CHECK(read_number<TimeOfDay>(86399.999999) == "23:59:59.999999");
    CHECK(read_number<TimeOfDay>(-0.0) == "00:00:00");
  }

  TEST_CASE("time of day: a JSON number outside of the day is refused") {
    const std::string too_large = refused("numeric times may not exceed 86,399 seconds");
    const std::string negative = refused("time in seconds should be positive");
    CHECK(read_number<TimeOfDay>(std::int64_t{86400}) == too_large);
    CHECK(read_number<TimeOfDay>(86400.0) == too_large);
    CHECK(read_number<TimeOfDay>(86399.9999999) == too_large);
    CHECK(read_number<TimeOfDay>(1e300) == too_large);
    CHECK(read_number<TimeOfDay>(std::numeric_limits<double>::infinity()) == too_large);
    CHECK(read_number<TimeOfDay>(std::numeric_limits<std::int64_t>::max()) == too_large);
    CHECK(read_number<TimeOfDay>(std::int64_t{-1}) == negative);
    CHECK(read_number<TimeOfDay>(-0.5) == negative);
    CHECK(read_number<TimeOfDay>(-std::numeric_limits<double>::infinity()) == negative);
    CHECK(read_number<TimeOfDay>(std::numeric_limits<double>::quiet_NaN()) == refused("NaN values not permitted"));
  }

  TEST_CASE("time of day: a value is built from a duration of less than a day") {
    CHECK(to_text(TimeOfDay(8h + 30min)) == "08:30:00");
    CHECK(TimeOfDay(24h - 1us).parts().subseconds() == 999'999us);
    CHECK_THROWS_AS(TimeOfDay(24h), std::invalid_argument);
    CHECK_THROWS_AS(TimeOfDay(-1us), std::invalid_argument);
    CHECK(TimeOfDay().since_midnight() == 0us);
    CHECK(TimeOfDay(1h) < TimeOfDay(1h + 1us));
    CHECK(TimeOfDay(60min) == TimeOfDay(1h));
  }

  TEST_CASE("time of day: a refused text leaves the value as it was") {
    TimeOfDay time(1h);
    CHECK(value_from_text("02:00Z", time));
    CHECK(value_from_text("02:00:61", time));
    CHECK(time == TimeOfDay(1h));
  }

  TEST_CASE("time of day: the schema is a string of format time") {
    CHECK(ValueSchema<TimeOfDay>::format == "time");
    CHECK(ValueSchema<TimeOfDay>::error_type == "time_type");
  }
}
