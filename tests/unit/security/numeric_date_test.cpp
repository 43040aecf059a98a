// SPDX-License-Identifier: BSL-1.0
#include "coroute/security/numeric_date.hpp"

#include <doctest/doctest.h>

#include "support/read_value.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::read;
using coroute::testing::reread;
using coroute::testing::written;

TEST_SUITE("security") {
  TEST_CASE("numeric date: is a number of seconds in JSON") {
    CHECK(written(NumericDate(std::chrono::sys_seconds(1'300'819'380s))) == "1300819380");
    CHECK(written(NumericDate(std::chrono::sys_time(1'999ms))) == "1");
    CHECK(written(NumericDate(std::chrono::sys_time(-1ms))) == "-1");
    CHECK(reread<NumericDate>("1300819380") == "1300819380");
    CHECK(reread<NumericDate>("1.9") == "1");
    CHECK(reread<NumericDate>("-0.5") == "-1");
  }

  TEST_CASE("numeric date: what is no number, or beyond the clock's range, is refused") {
    CHECK(reread<NumericDate>("9200000000") == "9200000000");
    for (const char* wrong : {"9200000001", "-9200000001", "1e300", "null", "[]", "\"soon\""}) {
      CAPTURE(wrong);
      CHECK_FALSE(read<NumericDate>(wrong).errors.empty());
    }
  }

  TEST_CASE("numeric date: stands for its time, and counts from now on") {
    const std::chrono::sys_seconds time = NumericDate(std::chrono::sys_seconds(5s));
    CHECK(time.time_since_epoch() == 5s);
    CHECK(NumericDate::in(1h) > NumericDate::now());
    CHECK(NumericDate::in(-1h) < NumericDate::now());
  }
}
