// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/date.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <clocale>
#include <optional>
#include <string>
#include <string_view>

using namespace coroute;
using namespace std::chrono_literals;

namespace {

using Time = std::chrono::system_clock::time_point;

constexpr Time rfc_example{784111777s};

std::optional<std::chrono::seconds> parsed(std::string_view text, Time now = rfc_example) {
  const std::optional<Time> time = parse_http_date(text, now);
  if (!time) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(time->time_since_epoch());
}

/// The date that a two-digit year means at `now`.
std::string rfc850_at(std::string_view text, Time now) {
  return http_date(parse_http_date(text, now).value());
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("http date: writes IMF-fixdate") {
    CHECK(http_date(rfc_example) == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(http_date(Time{}) == "Thu, 01 Jan 1970 00:00:00 GMT");
    CHECK(http_date(Time{-1s}) == "Wed, 31 Dec 1969 23:59:59 GMT");
    CHECK(http_date(Time{951782400s}) == "Tue, 29 Feb 2000 00:00:00 GMT");
    CHECK(http_date(Time{4102444799s}) == "Thu, 31 Dec 2099 23:59:59 GMT");
  }

  TEST_CASE("http date: fractions of a second round down, also before 1970") {
    CHECK(http_date(Time{999ms}) == "Thu, 01 Jan 1970 00:00:00 GMT");
    CHECK(http_date(Time{1000ms}) == "Thu, 01 Jan 1970 00:00:01 GMT");
    CHECK(http_date(Time{-1ms}) == "Wed, 31 Dec 1969 23:59:59 GMT");
  }

  TEST_CASE("http date: the ends of the clock can be written") {
    CHECK(http_date(Time::max()) == "Fri, 11 Apr 2262 23:47:16 GMT");
    CHECK(http_date(Time::min()) == "Tue, 21 Sep 1677 00:12:43 GMT");
  }

  TEST_CASE("http date: every weekday and month has its name") {
    std::string days;
    std::string months;
    for (int i = 0; i < 7; ++i)
      days += http_date(Time{i * 24h}).substr(0, 3);
    for (int i = 0; i < 12; ++i)
      months += http_date(Time{i * 31 * 24h}).substr(8, 3);
    CHECK(days == "ThuFriSatSunMonTueWed");
    CHECK(months == "JanFebMarAprMayJunJulAugSepOctNovDec");
  }

  TEST_CASE("http date: the locale doesn't matter") {
    const std::string before = std::setlocale(LC_ALL, nullptr);
    std::setlocale(LC_ALL, "");
    CHECK(http_date(rfc_example) == "Sun, 06 Nov 1994 08:49:37 GMT");
    std::setlocale(LC_ALL, before.c_str());
  }

  TEST_CASE("http date: all three formats of RFC 9110 are read") {
    CHECK(parsed("Sun, 06 Nov 1994 08:49:37 GMT") == 784111777s);
    CHECK(parsed("Sunday, 06-Nov-94 08:49:37 GMT") == 784111777s);
    CHECK(parsed("Sun Nov  6 08:49:37 1994") == 784111777s);
    CHECK(parsed("Wed Nov 16 08:49:37 1994") == 784975777s);
    CHECK(parsed("Wednesday, 16-Nov-94 08:49:37 GMT") == 784975777s);
  }

  TEST_CASE("http date: what is written is read back") {
    for (auto time = Time{-40000h}; time < Time{700000h}; time += 1234567s) {
      CHECK(parse_http_date(http_date(time)) == time);
    }
  }

  TEST_CASE("http date: the weekday must be a name but not the right one") {
    CHECK(parsed("Mon, 06 Nov 1994 08:49:37 GMT") == 784111777s);
    CHECK(parsed("Friday, 06-Nov-94 08:49:37 GMT") == 784111777s);
    CHECK_FALSE(parsed("Xyz, 06 Nov 1994 08:49:37 GMT"));
    CHECK_FALSE(parsed("Sun, 06-Nov-94 08:49:37 GMT"));
    CHECK_FALSE(parsed("Sunday, 06 Nov 1994 08:49:37 GMT"));
  }

  TEST_CASE("http date: each field has its limits") {
    CHECK(parsed("Sun, 06 Nov 1994 23:59:59 GMT"));
    CHECK_FALSE(parsed("Sun, 06 Nov 1994 24:00:00 GMT"));
    CHECK_FALSE(parsed("Sun, 06 Nov 1994 23:60:00 GMT"));
    CHECK_FALSE(parsed("Sun, 06 Nov 1994 23:59:61 GMT"));
    CHECK_FALSE(parsed("Sun, 00 Nov 1994 08:49:37 GMT"));
    CHECK(parsed("Sun, 30 Nov 1994 08:49:37 GMT"));
    CHECK_FALSE(parsed("Sun, 31 Nov 1994 08:49:37 GMT"));
    CHECK_FALSE(parsed("Sun, 32 Dec 1994 08:49:37 GMT"));
    CHECK(parsed("Sun, 29 Feb 2000 08:49:37 GMT"));
    CHECK_FALSE(parsed("Sun, 29 Feb 1900 08:49:37 GMT"));
    CHECK_FALSE(parsed("Sun, 29 Feb 2001 08:49:37 GMT"));
  }

  TEST_CASE("http date: a leap second counts into the next minute") {
    CHECK(parsed("Sat, 31 Dec 2016 23:59:60 GMT") == parsed("Sun, 01 Jan 2017 00:00:00 GMT"));
  }

  TEST_CASE("http date: anything else is refused") {
    for (const std::string_view text : {"",
                                        " ",
                                        "0",
                                        "-1",
                                        "784111777",
                                        "Sun",
                                        "Sun, ",
                                        "Sun, 06 Nov 1994 08:49:37",
                                        "Sun, 06 Nov 1994 08:49:37 ",
                                        "Sun, 06 Nov 1994 08:49:37 UTC",
                                        "Sun, 06 Nov 1994 08:49:37 gmt",
                                        "Sun, 06 Nov 1994 08:49:37 +0000",
                                        "sun, 06 nov 1994 08:49:37 GMT",
                                        "Sun, 6 Nov 1994 08:49:37 GMT",
                                        "Sun, 06 Nov 94 08:49:37 GMT",
                                        "Sun, 06 November 1994 08:49:37 GMT",
                                        "Sun, 06 Nov 1994 8:49:37 GMT",
                                        "Sun,06 Nov 1994 08:49:37 GMT",
                                        " Sun, 06 Nov 1994 08:49:37 GMT",
                                        "Sun, 06 Nov 1994 08:49:37 GMT ",
                                        "Sun, +6 Nov 1994 08:49:37 GMT",
                                        "Sun, 06 Nov -994 08:49:37 GMT",
                                        "Sun, 06 Nov 1994 08-49-37 GMT",
                                        "Sunday, 06-Nov-1994 08:49:37 GMT",
                                        "Sunday, 06-Nov-94 08:49:37",
                                        "Sun Nov 6 08:49:37 1994",
                                        "Sun Nov 06 08:49:37 94",
                                        "Sun Nov  6 08:49:37 1994 GMT",
                                        "Sun Nov  66 08:49:37 1994",
                                        "1994-11-06T08:49:37Z"}) {
      CHECK_MESSAGE(!parsed(text), text);
    }
    const std::string good = "Sun, 06 Nov 1994 08:49:37 GMT";
    for (std::size_t size = 0; size < good.size(); ++size)
      CHECK_FALSE(parsed(good.substr(0, size)));
  }

  TEST_CASE("http date: a two-digit year lies at most 50 years ahead") {
    const Time now = parse_http_date("Wed, 15 May 2024 12:00:00 GMT").value();
    CHECK(rfc850_at("Sunday, 15-May-24 12:00:00 GMT", now) == "Wed, 15 May 2024 12:00:00 GMT");
    CHECK(rfc850_at("Sunday, 14-May-74 12:00:00 GMT", now) == "Mon, 14 May 2074 12:00:00 GMT");
    CHECK(rfc850_at("Sunday, 17-May-74 12:00:00 GMT", now) == "Fri, 17 May 1974 12:00:00 GMT");
    CHECK(rfc850_at("Sunday, 01-Jan-00 00:00:00 GMT", now) == "Sat, 01 Jan 2000 00:00:00 GMT");
    CHECK(rfc850_at("Sunday, 31-Dec-99 00:00:00 GMT", now) == "Fri, 31 Dec 1999 00:00:00 GMT");
  }

  TEST_CASE("http date: a two-digit year may lie in the next century") {
    const Time now = parse_http_date("Wed, 15 May 2080 12:00:00 GMT").value();
    CHECK(rfc850_at("Sunday, 01-Jan-29 00:00:00 GMT", now) == "Sat, 01 Jan 2129 00:00:00 GMT");
    CHECK(rfc850_at("Sunday, 01-Jan-31 00:00:00 GMT", now) == "Wed, 01 Jan 2031 00:00:00 GMT");
    CHECK(rfc850_at("Sunday, 29-Feb-00 00:00:00 GMT", now) == "Tue, 29 Feb 2000 00:00:00 GMT");
    CHECK_FALSE(parsed("Sunday, 30-Feb-00 00:00:00 GMT", now));
    CHECK(parsed("Sunday, 01-Jan-31 00:00:00 GMT", Time::max()));
  }

  TEST_CASE("http date: a date beyond the clock becomes its end") {
    CHECK(http_date(parse_http_date("Fri, 31 Dec 9999 23:59:59 GMT").value()) == "Fri, 11 Apr 2262 23:47:16 GMT");
    CHECK(http_date(parse_http_date("Fri, 11 Apr 2262 23:47:16 GMT").value()) == "Fri, 11 Apr 2262 23:47:16 GMT");
    CHECK(http_date(parse_http_date("Fri, 11 Apr 2262 23:47:17 GMT").value()) == "Fri, 11 Apr 2262 23:47:16 GMT");
    CHECK(http_date(parse_http_date("Sat, 01 Jan 0000 00:00:00 GMT").value()) == "Tue, 21 Sep 1677 00:12:44 GMT");
  }
}
