// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/time_text.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "support/value_outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::read;
using coroute::testing::read_number;
using coroute::testing::value_of;
using coroute::testing::ValueRow;
using std::chrono::year_month_day;

namespace {

using UtcTime = std::chrono::sys_time<std::chrono::microseconds>;
using LocalTime = std::chrono::local_time<std::chrono::microseconds>;

constexpr std::string_view inexact_date =
    "date_from_datetime_inexact | Datetimes provided to dates should have zero time - e.g. be exact dates";
constexpr std::string_view zoned = "timezone_naive | Input should not have timezone info";
constexpr std::string_view after_9999 = "dates after 9999 are not supported as unix timestamps";
constexpr std::string_view before_0000 = "dates before 0000 are not supported as unix timestamps";
constexpr std::string_view extra = "unexpected extra characters at the end of the input";

std::string bad_date(std::string_view reason) {
  return coroute::testing::refused("date_from_datetime_parsing", "Input should be a valid date or datetime", reason);
}

std::string bad_calendar_year(std::string_view year) {
  return coroute::testing::refused("date_parsing", "Input should be a valid date in the format YYYY-MM-DD",
                                   "year " + std::string(year) + " is out of range");
}

std::string bad_datetime(std::string_view reason) {
  return coroute::testing::refused("datetime_parsing", "Input should be a valid datetime", reason);
}

std::string neither(std::string_view reason) {
  return coroute::testing::refused("datetime_from_date_parsing", "Input should be a valid datetime or date", reason);
}

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("date: a day of the calendar is read and printed") {
    for (const std::string_view text :
         {"2024-01-02", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31", "1599-12-31", "0400-02-29"}) {
      CAPTURE(text);
      CHECK(read<year_month_day>(text) == text);
    }
  }

  TEST_CASE("date: what is no date is refused with the reason") {
    const ValueRow rows[] = {
        {"", "input is too short"},
        {"x", "input is too short"},
        {"2024-1-2", "input is too short"},
        {"2024-01-02 ", "input is too short"},
        {"2024-01-02T", "input is too short"},
        {"1e5", "input is too short"},
        {"nan", "input is too short"},
        {".", "input is too short"},
        {"--5", "input is too short"},
        {"abcd-01-02", "invalid character in year"},
        {" 2024-01-02", "invalid character in year"},
        {"-2024-01-02", "invalid character in year"},
        {"2024/01/02", "invalid date separator, expected `-`"},
        {"2024-01/02", "invalid date separator, expected `-`"},
        {"99999999999999999999", "invalid date separator, expected `-`"},
        {"2024-ab-02", "invalid character in month"},
        {"2024-01-ab", "invalid character in day"},
        {"2024-13-01", "month value is outside expected range of 1-12"},
        {"2024-00-01", "month value is outside expected range of 1-12"},
        {"2024-01-00", "day value is outside expected range"},
        {"2024-01-32", "day value is outside expected range"},
        {"2024-04-31", "day value is outside expected range"},
        {"2024-02-30", "day value is outside expected range"},
        {"2023-02-29", "day value is outside expected range"},
        {"1900-02-29", "day value is outside expected range"},
        {"2024-01-02x", "invalid datetime separator, expected `T`, `t`, `_` or space"},
        {"2024-01-02T25:00:00", "hour value is outside expected range of 0-23"},
        {"2024-01-02T00:00:00x", "invalid timezone sign"},
        {"2024-01-02T00:00:00+24:00", "timezone offset must be less than 24 hours"},
        {"253402300800000", after_9999},
        {"-99999999999999999", before_0000},
    };
    for (const ValueRow& row : rows) {
      CAPTURE(row.input);
      CHECK(read<year_month_day>(row.input) == bad_date(row.outcome));
    }
  }

  TEST_CASE("date: the year 0 is refused") {
    CHECK(read<year_month_day>("0000-01-01") == bad_calendar_year("0"));
    CHECK(read<year_month_day>("0000-12-31T00:00:00") == bad_calendar_year("0"));
    CHECK(read_number<year_month_day>(std::int64_t{-62'167'219'200'000}) == bad_calendar_year("0"));
  }

  TEST_CASE("date: a datetime is a date when it is exactly midnight, in its own zone") {
    for (const std::string_view text :
         {"2024-01-02T00:00:00", "2024-01-02t00:00", "2024-01-02 00:00:00Z", "2024-01-02_00:00:00.000",
          "2024-01-02T00:00:00+02:00", "1704153600", "+1704153600", "1704153600.0", "1704153600000"}) {
      CAPTURE(text);
      CHECK(read<year_month_day>(text) == "2024-01-02");
    }
    for (const std::string_view text :
         {"2024-01-02T00:00:01", "2024-01-02T00:00:00.5", "1704153601", "1704153600.5", "1704153600001", "-1"}) {
      CAPTURE(text);
      CHECK(read<year_month_day>(text) == inexact_date);
    }
  }

  TEST_CASE("date: a JSON number is a Unix time") {
    CHECK(read_number<year_month_day>(std::int64_t{0}) == "1970-01-01");
    CHECK(read_number<year_month_day>(std::int64_t{-86400}) == "1969-12-31");
    CHECK(read_number<year_month_day>(std::int64_t{1704153600}) == "2024-01-02");
    CHECK(read_number<year_month_day>(std::int64_t{253402214400000}) == "9999-12-31");
    CHECK(read_number<year_month_day>(std::int64_t{-62135596800000}) == "0001-01-01");
    CHECK(read_number<year_month_day>(1704153600.0) == "2024-01-02");
    CHECK(read_number<year_month_day>(std::int64_t{1}) == inexact_date);
    CHECK(read_number<year_month_day>(1704153600.5) == inexact_date);
    CHECK(read_number<year_month_day>(std::int64_t{253402300800000}) == bad_date(after_9999));
    CHECK(read_number<year_month_day>(1e300) == bad_date(after_9999));
    CHECK(read_number<year_month_day>(-std::numeric_limits<double>::infinity()) == bad_date(before_0000));
    CHECK(read_number<year_month_day>(std::numeric_limits<double>::quiet_NaN()) ==
          bad_date("NaN values not permitted"));
  }

  TEST_CASE("datetime: ISO 8601 is read with every separator and zone") {
    const ValueRow rows[] = {
        {"2024-01-02T03:04:05Z", "2024-01-02T03:04:05Z"},
        {"2024-01-02t03:04:05z", "2024-01-02T03:04:05Z"},
        {"2024-01-02 03:04:05+00:00", "2024-01-02T03:04:05Z"},
        {"2024-01-02_03:04:05-00:00", "2024-01-02T03:04:05Z"},
        {"2024-01-02T03:04:05", "2024-01-02T03:04:05Z"},
        {"2024-01-02T03:04", "2024-01-02T03:04:00Z"},
        {"2024-01-02T03:04Z", "2024-01-02T03:04:00Z"},
        {"2024-01-02", "2024-01-02T00:00:00Z"},
        {"2024-01-02T03:04:05.1", "2024-01-02T03:04:05.100000Z"},
        {"2024-01-02T03:04:05,1", "2024-01-02T03:04:05.100000Z"},
        {"2024-01-02T03:04:05.123456", "2024-01-02T03:04:05.123456Z"},
        {"2024-01-02T03:04:05.1234567891234Z", "2024-01-02T03:04:05.123456Z"},
        {"2024-01-02T03:04:05+01:30", "2024-01-02T01:34:05Z"},
        {"2024-01-02T03:04:05-01:30", "2024-01-02T04:34:05Z"},
        {"2024-01-02T03:04:05+0130", "2024-01-02T01:34:05Z"},
        {"2024-01-02T03:04:05\xE2\x88\x92"
         "01:00",
         "2024-01-02T04:04:05Z"},
        {"2024-01-01T00:00:00+23:59", "2023-12-31T00:01:00Z"},
        {"2023-12-31T23:59:59-23:59", "2024-01-01T23:58:59Z"},
        {"2024-02-29T23:59:59-00:01", "2024-03-01T00:00:59Z"},
        {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
        {"9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"},
    };
    for (const ValueRow& row : rows) {
      CAPTURE(row.input);
      CHECK(read<UtcTime>(row.input) == row.outcome);
    }
  }

  TEST_CASE("datetime: a Unix time is in seconds, beyond 2e10 in milliseconds") {
    const ValueRow rows[] = {
        {"0", "1970-01-01T00:00:00Z"},
        {"-1", "1969-12-31T23:59:59Z"},
        {"1704153600", "2024-01-02T00:00:00Z"},
        {"1704153600.5", "2024-01-02T00:00:00.500000Z"},
        {"1704153600.123456", "2024-01-02T00:00:00.123456Z"},
        {"1704153600.1234567", "2024-01-02T00:00:00.123457Z"},
        {"1704153600123", "2024-01-02T00:00:00.123000Z"},
        {"1704153600123.5", "2024-01-02T00:00:00.123500Z"},
        {"20000000000", "2603-10-11T11:33:20Z"},
        {"20000000001", "1970-08-20T11:33:20.001000Z"},
        {"-20000000000", "1336-03-23T12:26:40Z"},
        {"-20000000001", "1969-05-14T12:26:39.999000Z"},
        {"253402300799999", "9999-12-31T23:59:59.999000Z"},
        {"-62135596800000", "0001-01-01T00:00:00Z"},
        {"-1.5", "1969-12-31T23:59:58.500000Z"},
        {"+1.5", "1970-01-01T00:00:01.500000Z"},
        {".5", "1970-01-01T00:00:00.500000Z"},
        {"1.", "1970-01-01T00:00:01Z"},
        {"1.5e3", "1970-01-01T00:25:00Z"},
    };
    for (const ValueRow& row : rows) {
      CAPTURE(row.input);
      CHECK(read<UtcTime>(row.input) == row.outcome);
    }
  }

  TEST_CASE("datetime: what is no datetime is refused with what is wrong with it as a date") {
    const ValueRow rows[] = {
        {"", "input is too short"},
        {" ", "input is too short"},
        {"x", "input is too short"},
        {"1e5", "input is too short"},
        {"nan", "input is too short"},
        {"nan.", "input is too short"},
        {" 2024-01-02T03:04:05", "invalid character in year"},
        {"2024-13-02T00:00:00", "month value is outside expected range of 1-12"},
        {"2024-02-30T00:00:00", "day value is outside expected range"},
        {"253402300800000", after_9999},
        {"9223372036854775807", after_9999},
        {"-9223372036854775807", before_0000},
    };
    for (const ValueRow& row : rows) {
      CAPTURE(row.input);
      CHECK(read<UtcTime>(row.input) == neither(row.outcome));
    }
  }

  TEST_CASE("datetime: a wrong time after a right date is extra text to a date") {
    for (const std::string_view text :
         {"2024-01-02x03:04:05", "2024-01-02T03", "2024-01-02T3:04", "2024-01-02T03:04:05.",
          "2024-01-02T03:04:", "2024-01-02T03:04:60", "2024-01-02T24:00:00", "2024-01-02T03:60:00",
          "2024-01-02T03-04-05", "2024-01-02T03:04:05+01", "2024-01-02T03:04:05+24:00", "2024-01-02T03:04:05+01:60",
          "2024-01-02T03:04:05x", "2024-01-02T03:04:05Zx", "2024-01-02T03:04:05 Z", "2024-01-02T03:04:05+01:00:00"}) {
      CAPTURE(text);
      CHECK(read<UtcTime>(text) == neither(extra));
      CHECK(read<LocalTime>(text) == neither(extra));
    }
  }

  TEST_CASE("datetime: years outside of 1 to 9999 are refused, also those that an offset leads to") {
    CHECK(read<UtcTime>("0000-01-01T00:00:00") == bad_datetime("year 0 is out of range"));
    CHECK(read<UtcTime>("-62135596800001") == bad_datetime("year 0 is out of range"));
    CHECK(read<UtcTime>("0001-01-01T00:00:00+00:01") == bad_datetime("year 0 is out of range"));
    CHECK(read<UtcTime>("0001-01-01T00:00:00-00:01") == "0001-01-01T00:01:00Z");
    CHECK(read<UtcTime>("9999-12-31T23:59:59-00:01") == bad_datetime("year 10000 is out of range"));
    CHECK(read<UtcTime>("9999-12-31T23:59:59+00:01") == "9999-12-31T23:58:59Z");
  }

  TEST_CASE("datetime: a JSON number is a Unix time") {
    CHECK(read_number<UtcTime>(std::int64_t{0}) == "1970-01-01T00:00:00Z");
    CHECK(read_number<UtcTime>(std::int64_t{1704153600123}) == "2024-01-02T00:00:00.123000Z");
    CHECK(read_number<UtcTime>(1704153600.5) == "2024-01-02T00:00:00.500000Z");
    CHECK(read_number<UtcTime>(1655205632.331557) == "2022-06-14T11:20:32.331557Z");
    CHECK(read_number<UtcTime>(-1.5) == "1969-12-31T23:59:58.500000Z");
    CHECK(read_number<UtcTime>(-0.25) == "1969-12-31T23:59:59.750000Z");
    CHECK(read_number<UtcTime>(0.9999999) == "1970-01-01T00:00:01Z");
    CHECK(read_number<UtcTime>(1e300) == bad_datetime(after_9999));
    CHECK(read_number<UtcTime>(-1e300) == bad_datetime(before_0000));
    CHECK(read_number<UtcTime>(std::numeric_limits<double>::infinity()) == bad_datetime(after_9999));
    CHECK(read_number<UtcTime>(std::numeric_limits<double>::quiet_NaN()) == bad_datetime("NaN values not permitted"));
    CHECK(read_number<UtcTime>(std::numeric_limits<std::int64_t>::max()) == bad_datetime(after_9999));
    CHECK(read_number<UtcTime>(std::numeric_limits<std::int64_t>::min()) == bad_datetime(before_0000));
    CHECK(read_number<UtcTime>(std::int64_t{-62135596800001}) == bad_datetime("year 0 is out of range"));
  }

  TEST_CASE("datetime: other precisions read and print alike") {
    CHECK(read<std::chrono::sys_seconds>("2024-01-02T03:04:05Z") == "2024-01-02T03:04:05Z");
    CHECK(read<std::chrono::sys_time<std::chrono::milliseconds>>("2024-01-02T03:04:05.25Z") ==
          "2024-01-02T03:04:05.250000Z");
    CHECK(read<std::chrono::sys_time<std::chrono::nanoseconds>>("1969-12-31T23:59:59.5Z") ==
          "1969-12-31T23:59:59.500000Z");
    CHECK(read<std::chrono::system_clock::time_point>("2024-01-02") == "2024-01-02T00:00:00Z");
    CHECK(read<std::chrono::sys_time<std::chrono::duration<double>>>("2024-01-02T03:04:05.25Z") ==
          "2024-01-02T03:04:05.250000Z");
    CHECK(read_number<std::chrono::sys_seconds>(std::int64_t{5}) == "1970-01-01T00:00:05Z");
  }

  TEST_CASE("datetime: a text finer than the type is refused rather than cut") {
    CHECK(read<std::chrono::sys_seconds>("2024-01-02T03:04:05.5Z") ==
          bad_datetime("value is more precise than supported"));
    CHECK(read<std::chrono::sys_seconds>("1969-12-31T23:59:59.5Z") ==
          bad_datetime("value is more precise than supported"));
    CHECK(read<std::chrono::sys_time<std::chrono::milliseconds>>("2024-01-02T03:04:05.0001Z") ==
          bad_datetime("value is more precise than supported"));
  }

  TEST_CASE("datetime: nanoseconds end in 2262") {
    using Nanoseconds = std::chrono::sys_time<std::chrono::nanoseconds>;
    CHECK(read<Nanoseconds>("2262-04-11T23:47:16.854775Z") == "2262-04-11T23:47:16.854775Z");
    CHECK(read<Nanoseconds>("2262-04-11T23:47:16.854776Z") == bad_datetime("year 2262 is out of range"));
    CHECK(read<Nanoseconds>("1677-09-21T00:12:43.145225Z") == "1677-09-21T00:12:43.145225Z");
    CHECK(read<Nanoseconds>("1677-09-21T00:12:43.145224Z") == bad_datetime("year 1677 is out of range"));
    CHECK(read<Nanoseconds>("9999-12-31T00:00:00Z") == bad_datetime("year 9999 is out of range"));
  }

  TEST_CASE("datetime: a time that text can't show prints as the nearest one that it can") {
    CHECK(to_text(UtcTime::max()) == "9999-12-31T23:59:59.999999Z");
    CHECK(to_text(UtcTime::min()) == "0001-01-01T00:00:00Z");
    CHECK(to_text(std::chrono::sys_seconds::max()) == "9999-12-31T23:59:59.999999Z");
    CHECK(to_text(std::chrono::sys_seconds::min()) == "0001-01-01T00:00:00Z");
  }

  TEST_CASE("datetime: what is finer than microseconds is rounded down") {
    using Nanoseconds = std::chrono::sys_time<std::chrono::nanoseconds>;
    CHECK(to_text(Nanoseconds(1999ns)) == "1970-01-01T00:00:00.000001Z");
    CHECK(to_text(Nanoseconds(-1ns)) == "1969-12-31T23:59:59.999999Z");
  }

  TEST_CASE("datetime: Python's text has +00:00 for Z") {
    CHECK(to_python_text(value_of<UtcTime>("2024-01-02T03:04:05Z")) == "2024-01-02T03:04:05+00:00");
    CHECK(to_python_text(value_of<UtcTime>("2024-01-02T03:04:05.5Z")) == "2024-01-02T03:04:05.500000+00:00");
    CHECK(to_python_text(value_of<LocalTime>("2024-01-02T03:04:05")) == "2024-01-02T03:04:05");
  }

  TEST_CASE("datetime: a local time has no zone") {
    CHECK(read<LocalTime>("2024-01-02T03:04:05") == "2024-01-02T03:04:05");
    CHECK(read<LocalTime>("2024-01-02 03:04:05.5") == "2024-01-02T03:04:05.500000");
    CHECK(read<LocalTime>("2024-01-02") == "2024-01-02T00:00:00");
    CHECK(read<LocalTime>("2024-01-02T03:04:05Z") == zoned);
    CHECK(read<LocalTime>("2024-01-02T03:04:05+01:00") == zoned);
    CHECK(read<LocalTime>("1704153600") == zoned);
    CHECK(read<LocalTime>("0000-01-01T00:00:00") == bad_datetime("year 0 is out of range"));
    CHECK(read<LocalTime>("x") == neither("input is too short"));
  }

  TEST_CASE("datetime: a refused text leaves the value as it was") {
    UtcTime time(5s);
    CHECK(value_from_text("2024-01-02T03:04:61", time));
    CHECK(value_from_text("9999-12-31T23:59:59-01:00", time));
    CHECK(value_from_number(1e300, time));
    CHECK(time == UtcTime(5s));
    year_month_day date = std::chrono::year(2024) / 1 / 2;
    CHECK(value_from_text("2024-01-32", date));
    CHECK(value_from_text("2024-01-03T00:00:01", date));
    CHECK(date == std::chrono::year(2024) / 1 / 2);
  }

  TEST_CASE("datetime: the schemas are strings with their formats") {
    static_assert(ScalarValue<year_month_day> && ScalarValue<UtcTime> && ScalarValue<LocalTime>);
    static_assert(!ScalarValue<std::chrono::sys_days>);
    CHECK(ValueSchema<year_month_day>::format == "date");
    CHECK(ValueSchema<year_month_day>::error_type == "date_type");
    CHECK(ValueSchema<UtcTime>::format == "date-time");
    CHECK(ValueSchema<std::chrono::sys_seconds>::error_type == "datetime_type");
    CHECK(ValueSchema<LocalTime>::format == "date-time");
  }
}
