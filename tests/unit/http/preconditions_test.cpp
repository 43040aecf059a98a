// SPDX-License-Identifier: BSL-1.0
#include "http/preconditions.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <vector>

using namespace coroute;
using namespace coroute::detail;
using namespace std::chrono_literals;

namespace {

using Fields = std::vector<HeaderField>;

constexpr auto modified = std::chrono::sys_days(2024y / 1 / 2) + 3h + 4min + 5s;
constexpr std::string_view same_time = "Tue, 02 Jan 2024 03:04:05 GMT";
constexpr std::string_view before = "Tue, 02 Jan 2024 03:04:04 GMT";
constexpr std::string_view after = "Tue, 02 Jan 2024 03:04:06 GMT";
constexpr Precondition holds = Precondition::Holds;
constexpr Precondition fails = Precondition::Failed;
constexpr Precondition is_fresh = Precondition::NotModified;

/// Of a file with the tag "a" that was changed in the middle of that second.
Precondition check(const Fields& fields, std::string_view etag = "\"a\"") {
  return check_preconditions(HeadersView(fields), {etag, modified + 500ms});
}

bool if_range(std::string_view value, std::chrono::system_clock::time_point now = modified + 1h) {
  const Fields fields{{"If-Range", value}};
  return if_range_holds(HeadersView(fields), {"\"a\"", modified + 500ms}, now);
}

}  // namespace

TEST_SUITE_BEGIN("http");

TEST_CASE("preconditions: without conditions all is sent") {
  CHECK(check({}) == holds);
}

TEST_CASE("preconditions: If-None-Match compares weakly, in lists and several fields") {
  CHECK(check({{"if-none-match", "\"a\""}}) == is_fresh);
  CHECK(check({{"if-none-match", "W/\"a\""}}) == is_fresh);
  CHECK(check({{"if-none-match", "\"a\""}}, "W/\"a\"") == is_fresh);
  CHECK(check({{"if-none-match", "\"x\", W/\"y,\" ,\"a\""}}) == is_fresh);
  CHECK(check({{"if-none-match", "\"x\""}, {"If-None-Match", "\"a\""}}) == is_fresh);
  CHECK(check({{"if-none-match", "*"}}) == is_fresh);
  CHECK(check({{"if-none-match", "\"b\""}}) == holds);
  CHECK(check({{"if-none-match", "a"}}) == holds);
  CHECK(check({{"if-none-match", "\"a"}}) == holds);
  CHECK(check({{"if-none-match", ""}}) == holds);
}

TEST_CASE("preconditions: If-Match compares strongly") {
  CHECK(check({{"if-match", "\"x\", \"a\""}}) == holds);
  CHECK(check({{"if-match", "*"}}) == holds);
  CHECK(check({{"if-match", "\"b\""}}) == fails);
  CHECK(check({{"if-match", "W/\"a\""}}) == fails);
  CHECK(check({{"if-match", "W/\"a\""}}, "W/\"a\"") == fails);
}

TEST_CASE("preconditions: dates compare by the second") {
  CHECK(check({{"if-modified-since", same_time}}) == is_fresh);
  CHECK(check({{"if-modified-since", after}}) == is_fresh);
  CHECK(check({{"if-modified-since", before}}) == holds);
  CHECK(check({{"if-unmodified-since", same_time}}) == holds);
  CHECK(check({{"if-unmodified-since", before}}) == fails);
}

TEST_CASE("preconditions: a date that can't be read doesn't count") {
  CHECK(check({{"if-modified-since", "yesterday"}}) == holds);
  CHECK(check({{"if-unmodified-since", "0"}}) == holds);
}

TEST_CASE("preconditions: tags count before dates, and what must match before what must not") {
  CHECK(check({{"if-none-match", "\"b\""}, {"if-modified-since", after}}) == holds);
  CHECK(check({{"if-match", "\"a\""}, {"if-unmodified-since", before}}) == holds);
  CHECK(check({{"if-match", "\"b\""}, {"if-none-match", "\"a\""}}) == fails);
  CHECK(check({{"if-match", "\"a\""}, {"if-none-match", "\"a\""}}) == is_fresh);
}

TEST_CASE("preconditions: If-Range takes the same tag, if it is strong, or the very date") {
  CHECK(if_range_holds(HeadersView(), {"\"a\"", modified}));
  CHECK(if_range("\"a\""));
  CHECK_FALSE(if_range("W/\"a\""));
  CHECK_FALSE(if_range("\"b\""));
  CHECK(if_range(same_time));
  CHECK_FALSE(if_range(before));
  CHECK_FALSE(if_range(after));
  CHECK_FALSE(if_range("tomorrow"));
}

TEST_CASE("preconditions: a date of this very second is no strong validator") {
  CHECK_FALSE(if_range(same_time, modified + 900ms));
  CHECK(if_range(same_time, modified + 1s));
}

TEST_CASE("preconditions: what isn't known of the content meets no condition but a star") {
  const auto unknown = [](const Fields& fields) { return check_preconditions(HeadersView(fields), {}); };
  CHECK(unknown({{"if-match", "*"}}) == holds);
  CHECK(unknown({{"if-match", "\"a\""}}) == fails);
  CHECK(unknown({{"if-none-match", "*"}}) == is_fresh);
  CHECK(unknown({{"if-none-match", "\"\""}}) == holds);
  CHECK(unknown({{"if-modified-since", after}}) == holds);
  CHECK(unknown({{"if-unmodified-since", before}}) == holds);
  const Fields dated{{"if-range", same_time}};
  CHECK_FALSE(if_range_holds(HeadersView(dated), {}, modified + 1h));
}

TEST_SUITE_END();
