// SPDX-License-Identifier: BSL-1.0
#include "http/byte_ranges.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

using coroute::detail::ByteRange;
using coroute::detail::parse_ranges;

namespace {

using Ranges = std::vector<ByteRange>;

/// "5-9,20-20" of a file of 100 bytes; "none": nothing of it is there; "all": it doesn't count.
std::string asked(std::string_view field, std::uint64_t size = 100, std::size_t max_ranges = 32) {
  const auto ranges = parse_ranges(field, size, max_ranges);
  if (!ranges) return "all";
  if (ranges->empty()) return "none";
  std::string text;
  for (const ByteRange& range : *ranges)
    text += (text.empty() ? "" : ",") + std::to_string(range.first) + "-" + std::to_string(range.last);
  return text;
}

}  // namespace

TEST_SUITE_BEGIN("http");

TEST_CASE("byte ranges: from a place to another, to the end, and the last ones") {
  CHECK(asked("bytes=5-9") == "5-9");
  CHECK(asked("bytes=0-0") == "0-0");
  CHECK(asked("bytes=99-99") == "99-99");
  CHECK(asked("bytes=90-") == "90-99");
  CHECK(asked("bytes=-7") == "93-99");
  CHECK(asked("BYTES=0-1") == "0-1");
}

TEST_CASE("byte ranges: what goes beyond the end is cut there") {
  CHECK(asked("bytes=90-1000") == "90-99");
  CHECK(asked("bytes=-1000") == "0-99");
  CHECK(asked("bytes=0-99999999999999999999999999") == "0-99");
  CHECK(asked("bytes=-99999999999999999999999999") == "0-99");
}

TEST_CASE("byte ranges: what begins beyond the end is not there") {
  CHECK(asked("bytes=100-") == "none");
  CHECK(asked("bytes=100-200") == "none");
  CHECK(asked("bytes=99999999999999999999-") == "none");
  CHECK(asked("bytes=-0") == "none");
  CHECK(asked("bytes=0-", 0) == "none");
  CHECK(asked("bytes=-5", 0) == "none");
  CHECK(asked("bytes=100-,5-6") == "5-6");
}

TEST_CASE("byte ranges: several are sorted, and those that overlap or touch made one") {
  CHECK(asked("bytes=20-29, 0-4") == "0-4,20-29");
  CHECK(asked("bytes=0-9,5-14") == "0-14");
  CHECK(asked("bytes=0-9,10-14") == "0-14");
  CHECK(asked("bytes=0-9,11-14") == "0-9,11-14");
  CHECK(asked("bytes=0-50,10-20,-60") == "0-99");
  CHECK(asked("bytes=,0-1 ,\t, 3-4,") == "0-1,3-4");
}

TEST_CASE("byte ranges: a field that is broken, or of another unit, doesn't count") {
  for (const std::string_view field :
       {"", "bytes", "bytes=", "bytes=,", "bytes=-", "bytes=a-b", "bytes=1", "bytes=9-5", "bytes=1-2-3", "bytes=+1-2",
        "bytes=1 -2", "bytes= ", "items=0-1", "bytes:0-1", "bytes=0-1,x", "bytes=--1"}) {
    CAPTURE(field);
    CHECK(asked(field) == "all");
  }
}

TEST_CASE("byte ranges: more than the limit don't count") {
  CHECK(asked("bytes=0-0", 100, 2) == "0-0");
  CHECK(asked("bytes=0-0,2-2", 100, 2) == "0-0,2-2");
  CHECK(asked("bytes=0-0,2-2,4-4", 100, 2) == "all");
  CHECK(asked("bytes=200-,300-,400-", 100, 2) == "all");
}

TEST_SUITE_END();
