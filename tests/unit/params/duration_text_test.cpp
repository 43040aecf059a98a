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
using coroute::testing::ValueRow;
using std::chrono::microseconds;

namespace {

constexpr std::string_view too_long = "durations may not exceed 106,751,990 days";
constexpr std::string_view too_large = "a numeric value in the duration is too large";
constexpr std::string_view too_many_hours = "durations may not exceed 999,999,999 hours";
constexpr std::string_view wrong_days = "\"day\" identifier in duration not correctly formatted";

std::string refused(std::string_view reason) {
  return coroute::testing::refused("time_delta_parsing", "Input should be a valid timedelta", reason);
}

void check_all(const auto& rows) {
  for (const ValueRow& row : rows) {
    CAPTURE(row.input);
    CHECK(read<microseconds>(row.input) == row.outcome);
  }
}

void check_all_refused(const auto& rows) {
  for (const ValueRow& row : rows) {
    CAPTURE(row.input);
    CHECK(read<microseconds>(row.input) == refused(row.outcome));
  }
}

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("duration: ISO 8601 is read and printed in its normal form") {
    const ValueRow rows[] = {
        {"PT1M30.5S", "PT1M30.5S"},
        {"P3DT12H30M5S", "P3DT12H30M5S"},
        {"PT36H", "P1DT12H"},
        {"P1Y", "P1Y"},
        {"P1M", "P30D"},
        {"P1W", "P7D"},
        {"P366D", "P1Y1D"},
        {"P1Y2M3W4DT5H6M7S", "P1Y85DT5H6M7S"},
        {"P1D1Y", "P1Y1D"},
        {"P1DT1S1H", "P1DT1H1S"},
        {"P1DT", "P1D"},
        {"PT0S", "PT0S"},
        {"P0D", "PT0S"},
        {"PT90S", "PT1M30S"},
    };
    check_all(rows);
  }

  TEST_CASE("duration: the last quantity may have a fraction, with a point or a comma") {
    const ValueRow rows[] = {
        {"P1.5D", "P1DT12H"},
        {"P1,5D", "P1DT12H"},
        {"P1.5Y", "P1Y182DT12H"},
        {"P0.5W", "P3DT12H"},
        {"P1.123W", "P7DT20H39M50.4S"},
        {"PT0.5H", "PT30M"},
        {"PT1.1H", "PT1H6M"},
        {"PT1.5M", "PT1M30S"},
        {"PT1.S", "PT1S"},
        {"PT0.1234567S", "PT0.123457S"},
        {"PT0.0000005S", "PT0.000001S"},
        {"PT0.00000049S", "PT0S"},
        {"PT0.9999999S", "PT1S"},
        {"PT1.9999999S", "PT2S"},
        {"P0.00001D", "PT0.864S"},
    };
    check_all(rows);
    CHECK(read<microseconds>("PT0." + std::string(10'000, '3') + "S") == "PT0.333333S");
  }

  TEST_CASE("duration: a sign stands in front of any form") {
    const ValueRow rows[] = {
        {"-PT1S", "-PT1S"}, {"+PT1S", "PT1S"},          {"-P1D", "-P1D"},          {"-PT0.5S", "-PT0.5S"},
        {"-PT0S", "PT0S"},  {"-01:02:03", "-PT1H2M3S"}, {"+01:02:03", "PT1H2M3S"}, {"-1 day, 00:00:05", "-P1DT5S"},
        {"-1d", "-P1D"},
    };
    check_all(rows);
  }

  TEST_CASE("duration: what ISO 8601 doesn't allow is refused with the reason") {
    const ValueRow rows[] = {
        {"P", "input is too short"},
        {"-P", "input is too short"},
        {"PT", "input is too short"},
        {"P1", "quantity invalid in date part of duration"},
        {"P1H", "quantity invalid in date part of duration"},
        {"P1 D", "quantity invalid in date part of duration"},
        {"P1.5.5D", "quantity invalid in date part of duration"},
        {"PT1", "quantity invalid in time part of duration"},
        {"PT1D", "quantity invalid in time part of duration"},
        {"PT.5S", "invalid digit in duration"},
        {"PT1S ", "invalid digit in duration"},
        {"P-1D", "invalid digit in duration"},
        {"p1d", "invalid digit in duration"},
        {"PT1HT1M", "`t` character repeated in duration"},
        {"P1.5DT1H", "quantity fraction invalid in duration"},
        {"PT1.5S2M", "quantity fraction invalid in duration"},
        {"P\xFF", "invalid digit in duration"},
    };
    check_all_refused(rows);
  }

  TEST_CASE("duration: days may be written as words, with a clock behind them") {
    const ValueRow rows[] = {
        {"1 day", "P1D"},
        {"1day", "P1D"},
        {"1 days", "P1D"},
        {"1d", "P1D"},
        {"1 d ", "P1D"},
        {"1 d, ", "P1D"},
        {"400 DAYS", "P1Y35D"},
        {"1 day, 00:00:05", "P1DT5S"},
        {"1 days 00:00:05", "P1DT5S"},
        {"1D 00:00:05", "P1DT5S"},
        {"1d,00:00:05", "P1DT5S"},
        {"1d00:00:05", "P1DT5S"},
        {"1 day, 0:00:05", "P1DT5S"},
        {"1 d, 00:00:05.5", "P1DT5.5S"},
        {"1 DAY, 01:02", "P1DT1H2M"},
        {"1 day, 23:59:59.999999", "P1DT23H59M59.999999S"},
    };
    check_all(rows);
  }

  TEST_CASE("duration: days written otherwise are refused with the reason") {
    const ValueRow rows[] = {
        {"1 day,  00:00:05", "invalid character in hour"},
        {"-1 days +00:00:05", "invalid character in hour"},
        {"1 dayz", "input is too short"},
        {"1 day 1", "input is too short"},
        {"1 d ,", "input is too short"},
        {"1 d 00:0", "input is too short"},
        {"1 day, 24:00:00", too_many_hours},
        {"1d99:00", too_many_hours},
        {"1 day, 23:60:00", "minute value is outside expected range of 0-59"},
        {"1 day, 23:59:59Z", "unexpected extra characters at the end of the input"},
        {"1 d 00:00+01:00", "unexpected extra characters at the end of the input"},
        {"x", "invalid digit in duration"},
        {"+-1d", "invalid digit in duration"},
        {"d", "invalid digit in duration"},
    };
    check_all_refused(rows);
    // The quotes of this reason are escaped in the ctx.
    for (const std::string_view text : {"1 da", "90", "-90", "90.5", "1", "5 ", "12:", "0:00", "00:0", "1  d"}) {
      CAPTURE(text);
      CHECK(read<microseconds>(text) ==
            "time_delta_parsing | Input should be a valid timedelta, " + std::string(wrong_days) +
                " | {\"error\":\"\\\"day\\\" identifier in duration not correctly formatted\"}");
    }
  }

  TEST_CASE("duration: a clock may have any number of hours") {
    const ValueRow rows[] = {
        {"00:00:05", "PT5S"},
        {"01:02", "PT1H2M"},
        {"1:00:00", "PT1H"},
        {"24:00:00", "P1D"},
        {"99:59:59", "P4DT3H59M59S"},
        {"100:00:00", "P4DT4H"},
        {"01:02:03.123456", "PT1H2M3.123456S"},
        {"01:02:03.1234567", "PT1H2M3.123456S"},
        {"2400000000:00", "P273972Y220D"},
    };
    check_all(rows);
    const ValueRow refusals[] = {
        {"", "input is too short"},
        {"+", "input is too short"},
        {"2400000001:00", too_many_hours},
        {"10000000000:00", too_many_hours},
        {"12a:00", "invalid character in hour"},
        {"12345", "invalid character in hour"},
        {" PT1S", "invalid character in hour"},
        {"01:60:00", "minute value is outside expected range of 0-59"},
        {"01:02:60", "second value is outside expected range of 0-59"},
        {"001:a2", "invalid character in minute"},
        {"01:02:x3", "invalid character in second"},
        {"0001:", "input is too short"},
        {"01:02:03Z", "unexpected extra characters at the end of the input"},
        {"01:02:03:04", "unexpected extra characters at the end of the input"},
        {"01:02:03.123456x", "unexpected extra characters at the end of the input"},
    };
    check_all_refused(refusals);
  }

  TEST_CASE("duration: a text is limited by what microseconds can count") {
    CHECK(read<microseconds>("P106751990D") == "P292471Y75D");
    CHECK(read<microseconds>("P106751990DT23H59M59.999999S") == "P292471Y75DT23H59M59.999999S");
    CHECK(read<microseconds>("-P106751990DT23H59M59.999999S") == "-P292471Y75DT23H59M59.999999S");
    CHECK(read<microseconds>("P106751990DT24H") == refused(too_long));
    CHECK(read<microseconds>("P106751990DT23H59M60S") == refused(too_long));
    CHECK(read<microseconds>("P106751991D") == refused(too_long));
    CHECK(read<microseconds>("106751991 days") == refused(too_long));
    CHECK(read<microseconds>("P4294967295D") == refused(too_long));
    CHECK(read<microseconds>("PT4294967295S") == "P136Y70DT6H28M15S");
  }

  TEST_CASE("duration: a single quantity has at most 32 bits") {
    CHECK(read<microseconds>("PT4294967296S") == refused(too_large));
    CHECK(read<microseconds>("P9999999999D") == refused(too_large));
    CHECK(read<microseconds>("P4294967295Y") == refused(too_large));
    CHECK(read<microseconds>("PT4294967295H") == refused(too_large));
    CHECK(read<microseconds>("P" + std::string(100'000, '9') + "D") == refused(too_large));
    std::string many = "P";
    for (int i = 0; i < 50'000; ++i)
      many += "99999D";
    CHECK(read<microseconds>(many) == refused(too_long));
  }

  TEST_CASE("duration: a JSON number counts seconds") {
    CHECK(read_number<microseconds>(std::int64_t{90}) == "PT1M30S");
    CHECK(read_number<microseconds>(std::int64_t{-90}) == "-PT1M30S");
    CHECK(read_number<microseconds>(90.5) == "PT1M30.5S");
    CHECK(read_number<microseconds>(-0.5) == "-PT0.5S");
    CHECK(read_number<microseconds>(0.1) == "PT0.1S");
    CHECK(read_number<microseconds>(1.0000005) == "PT1.000001S");
    CHECK(read_number<microseconds>(1e-7) == "PT0S");
    CHECK(read_number<microseconds>(0.9999999) == "PT1S");
  }

  TEST_CASE("duration: a JSON number has limits") {
    constexpr std::int64_t limit = 106'751'990LL * 86'400;
    CHECK(read_number<microseconds>(limit) == "P292471Y75D");
    CHECK(read_number<microseconds>(limit + 1) == refused(too_long));
    CHECK(read_number<microseconds>(-limit - 1) == refused(too_long));
    CHECK(read_number<microseconds>(static_cast<double>(limit)) == "P292471Y75D");
    CHECK(read_number<microseconds>(static_cast<double>(limit + 1)) == refused(too_long));
    CHECK(read_number<microseconds>(-std::numeric_limits<double>::infinity()) == refused(too_long));
    CHECK(read_number<microseconds>(std::numeric_limits<std::int64_t>::min()) == refused(too_long));
    CHECK(read_number<microseconds>(std::numeric_limits<double>::quiet_NaN()) == refused("NaN values not permitted"));
  }

  TEST_CASE("duration: every std::chrono duration reads and prints") {
    CHECK(read<std::chrono::nanoseconds>("PT0.000001S") == "PT0.000001S");
    CHECK(read<std::chrono::milliseconds>("PT1.5S") == "PT1.5S");
    CHECK(read<std::chrono::seconds>("PT90S") == "PT1M30S");
    CHECK(read<std::chrono::minutes>("PT1H") == "PT1H");
    CHECK(read<std::chrono::days>("P2D") == "P2D");
    CHECK(read<std::chrono::duration<double>>("PT1.25S") == "PT1.25S");
    CHECK(read<std::chrono::duration<float, std::milli>>("PT0.5S") == "PT0.5S");
    CHECK(read<std::chrono::duration<unsigned>>("PT5S") == "PT5S");
    CHECK(read_number<std::chrono::hours>(std::int64_t{7200}) == "PT2H");
  }

  TEST_CASE("duration: a text finer than the type is refused rather than cut") {
    const std::string finer = refused("value is more precise than supported");
    CHECK(read<std::chrono::seconds>("PT0.5S") == finer);
    CHECK(read<std::chrono::seconds>("-PT0.5S") == finer);
    CHECK(read<std::chrono::milliseconds>("PT0.0005S") == finer);
    CHECK(read<std::chrono::hours>("PT90M") == finer);
    CHECK(read_number<std::chrono::seconds>(1.5) == finer);
  }

  TEST_CASE("duration: what the type can't count is refused") {
    const std::string outside = refused("durations of this length are not supported");
    using Short = std::chrono::duration<std::int16_t>;
    CHECK(read<Short>("PT32767S") == "PT9H6M7S");
    CHECK(read<Short>("PT32768S") == outside);
    CHECK(read<Short>("-PT32768S") == "-PT9H6M8S");
    CHECK(read<Short>("-PT32769S") == outside);
    CHECK(read<std::chrono::duration<unsigned>>("-PT1S") == outside);
    CHECK(read<std::chrono::nanoseconds>("P106751D") == "P292Y171D");
    CHECK(read<std::chrono::nanoseconds>("P106752D") == outside);
  }

  TEST_CASE("duration: the longest ones print") {
    CHECK(to_text(microseconds::max()) == "P292471Y76DT4H54.775807S");
    CHECK(to_text(microseconds::min()) == "-P292471Y76DT4H54.775808S");
    CHECK(to_text(std::chrono::hours::max()) == to_text(microseconds::max()));
    CHECK(to_text(std::chrono::hours::min()) == to_text(microseconds::min()));
    CHECK(to_text(std::chrono::duration<double>(1e300)) == to_text(microseconds::max()));
    CHECK(to_text(std::chrono::duration<double>(-1e300)) == to_text(microseconds::min()));
    CHECK(to_text(std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN())) == "PT0S");
  }

  TEST_CASE("duration: a refused text leaves the value as it was") {
    std::chrono::seconds value = 5s;
    CHECK(value_from_text("PT0.5S", value));
    CHECK(value_from_text("x", value));
    CHECK(value_from_number(0.5, value));
    CHECK(value == 5s);
  }

  TEST_CASE("duration: the schema is a string of format duration") {
    static_assert(ScalarValue<std::chrono::seconds>);
    CHECK(ValueSchema<std::chrono::seconds>::format == "duration");
    CHECK(ValueSchema<microseconds>::error_type == "time_delta_type");
  }
}
