// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/values.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "coroute/params/email.hpp"
#include "coroute/params/secret_str.hpp"
#include "support/read_value.hpp"

using namespace coroute;
using coroute::testing::body_error;
using coroute::testing::query_error;
using coroute::testing::reparse;
using coroute::testing::reread;

TEST_SUITE("params") {
  TEST_CASE("values: texts of JSON and of parameters are read alike") {
    CHECK(reread<Uuid>(R"("67E5504410B1426F9247BB680E5FE0C8")") == R"("67e55044-10b1-426f-9247-bb680e5fe0c8")");
    CHECK(reparse<Uuid>("67E5504410B1426F9247BB680E5FE0C8") == R"("67e55044-10b1-426f-9247-bb680e5fe0c8")");
    CHECK(reread<std::chrono::year_month_day>(R"("2024-02-29")") == R"("2024-02-29")");
    CHECK(reparse<std::chrono::sys_seconds>("2024-02-29 12:00:00+02:00") == R"("2024-02-29T10:00:00Z")");
    CHECK(reparse<std::chrono::seconds>("90") != "");
    CHECK(reread<HttpUrl>(R"("HTTPS://X.IO")") == R"("https://x.io/")");
    CHECK(reread<Email>(R"("Ann@Example.com")") == R"("Ann@example.com")");
    CHECK(reread<Decimal>(R"("1.50")") == R"("1.50")");
  }

  TEST_CASE("values: numbers are taken where they mean something") {
    CHECK(reread<std::chrono::sys_seconds>("1700000000") == R"("2023-11-14T22:13:20Z")");
    CHECK(reread<std::chrono::milliseconds>("1.5") == R"("PT1.5S")");
    CHECK(reread<Decimal>("1.5") == R"("1.5")");
    CHECK(reread<Decimal>("-7") == R"("-7")");
    CHECK(reread<Uuid>("5") == body_error("uuid_type", "UUID input should be a string, bytes or UUID object", "5"));
  }

  TEST_CASE("values: strict refuses the numbers") {
    CHECK(reread<std::chrono::sys_seconds, strict>("1700000000") ==
          body_error("datetime_type", "Input should be a valid datetime", "1700000000"));
    CHECK(reread<std::chrono::sys_seconds, strict>(R"("2023-11-14T22:13:20Z")") == R"("2023-11-14T22:13:20Z")");
  }

  TEST_CASE("values: JSON of another kind is refused in the words of the type") {
    CHECK(reread<std::chrono::year_month_day>("[]") == body_error("date_type", "Input should be a valid date", "[]"));
    CHECK(reread<HttpUrl>("null") == body_error("url_type", "URL input should be a string or URL", "null"));
    CHECK(reread<Decimal>("true") ==
          body_error("decimal_type", "Decimal input should be an integer, float, string or Decimal object", "true"));
  }

  TEST_CASE("decimals: bounds hold below, at and above them, exactly") {
    CHECK(reparse<Decimal, ge(1)>("1.00") == R"("1.00")");
    CHECK(reparse<Decimal, ge(1)>("0.999999999999999999999") ==
          query_error("greater_than_equal", "Input should be greater than or equal to 1", "0.999999999999999999999",
                      R"(,"ctx":{"ge":1})"));
    CHECK(reparse<Decimal, gt(1)>("1") ==
          query_error("greater_than", "Input should be greater than 1", "1", R"(,"ctx":{"gt":1})"));
    CHECK(reparse<Decimal, gt(1)>("1.000000000000000000001") == R"("1.000000000000000000001")");
    CHECK(reparse<Decimal, le(2.5)>("2.5") == R"("2.5")");
    CHECK(reparse<Decimal, le(2.5)>("2.51") ==
          query_error("less_than_equal", "Input should be less than or equal to 2.5", "2.51", R"(,"ctx":{"le":2.5})"));
    CHECK(reparse<Decimal, lt(2)>("1.99") == R"("1.99")");
    CHECK(reread<Decimal, lt(2)>("2") ==
          body_error("less_than", "Input should be less than 2", "2", R"(,"ctx":{"lt":2})"));
    CHECK(reparse<Decimal, multiple_of(0.05)>("1.15") == R"("1.15")");
    CHECK(reparse<Decimal, multiple_of(0.05)>("1.16").starts_with(R"({"type":"multiple_of")"));
  }

  TEST_CASE("decimals: digits are counted in total, after and before the point") {
    CHECK(reparse<Decimal, max_digits(3)>("123") == R"("123")");
    CHECK(reparse<Decimal, max_digits(3)>("1234") ==
          query_error("decimal_max_digits", "Decimal input should have no more than 3 digits in total", "1234",
                      R"(,"ctx":{"max_digits":3})"));
    CHECK(reparse<Decimal, max_digits(1)>("12") ==
          query_error("decimal_max_digits", "Decimal input should have no more than 1 digit in total", "12",
                      R"(,"ctx":{"max_digits":1})"));
    CHECK(reparse<Decimal, decimal_places(2)>("1.25") == R"("1.25")");
    CHECK(reparse<Decimal, decimal_places(2)>("1.125") ==
          query_error("decimal_max_places", "Decimal input should have no more than 2 decimal places", "1.125",
                      R"(,"ctx":{"decimal_places":2})"));
    CHECK(reparse<Decimal, decimal_places(1)>("1.25") ==
          query_error("decimal_max_places", "Decimal input should have no more than 1 decimal place", "1.25",
                      R"(,"ctx":{"decimal_places":1})"));
    CHECK(reparse<Decimal, max_digits(4), decimal_places(2)>("12.34") == R"("12.34")");
    CHECK(reparse<Decimal, max_digits(4), decimal_places(2)>("123") ==
          query_error("decimal_whole_digits",
                      "Decimal input should have no more than 2 digits before the decimal point", "123",
                      R"(,"ctx":{"whole_digits":2})"));
  }

  TEST_CASE("secrets: their length is checked, they are never written") {
    CHECK(reread<SecretStr>(R"("geheim")") == R"("**********")");
    CHECK(reparse<SecretStr, min_length(8)>("geheim") == query_error("string_too_short",
                                                                     "String should have at least 8 characters",
                                                                     "geheim", R"(,"ctx":{"min_length":8})"));
    CHECK(reparse<SecretStr, min_length(6), max_length(6)>("geheim") == R"("**********")");
  }
}
