// SPDX-License-Identifier: BSL-1.0
#include "client/adaptive_limit.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace coroute;
using namespace std::chrono_literals;
using coroute::detail::AdaptiveLimit;

namespace {

/// A backend that does `capacity` things at once, each in `work`; what is beyond that waits. Always as busy as the
/// limit allows, for so many requests.
void keep_busy(AdaptiveLimit& limit, std::size_t capacity, Clock::duration work, int requests) {
  for (int i = 0; i < requests; ++i) {
    const std::size_t in_progress = limit.limit();
    const auto turns = static_cast<double>(std::max(in_progress, capacity)) / static_cast<double>(capacity);
    limit.answered(std::chrono::duration_cast<Clock::duration>(work * turns), in_progress);
  }
}

}  // namespace

TEST_SUITE("client") {
  TEST_CASE("adaptive limit: finds what a backend can do and stays near it") {
    for (const std::size_t first : {5U, 20U, 40U}) {
      AdaptiveLimit limit(first, 1, 1000);
      keep_busy(limit, 40, 10ms, 10'000);
      CHECK(limit.limit() >= 40);
      CHECK(limit.limit() <= 120);
    }
  }

  TEST_CASE("adaptive limit: shrinks when the backend becomes slower") {
    AdaptiveLimit limit(20, 1, 1000);
    keep_busy(limit, 40, 10ms, 5'000);
    const std::size_t before = limit.limit();
    keep_busy(limit, 4, 10ms, 1'000);
    CHECK(limit.limit() < before / 2);
  }

  TEST_CASE("adaptive limit: grows again for a backend that takes longer for everything, without a queue") {
    AdaptiveLimit limit(20, 1, 1000);
    keep_busy(limit, 40, 10ms, 5'000);
    const std::size_t before = limit.limit();
    keep_busy(limit, 40, 30ms, 20'000);
    CHECK(limit.limit() > before * 2 / 3);
    CHECK(limit.limit() < before * 3);
  }

  TEST_CASE("adaptive limit: doesn't grow while it isn't used up") {
    AdaptiveLimit limit(20, 1, 1000);
    for (int i = 0; i < 1000; ++i)
      limit.answered(10ms, 5);
    CHECK(limit.limit() == 20);
  }

  TEST_CASE("adaptive limit: overload shrinks it once a round, however many say so") {
    AdaptiveLimit limit(100, 10, 1000);
    for (int i = 0; i < 50; ++i)
      limit.overloaded(100);
    CHECK(limit.limit() == 90);
    for (int i = 0; i < 10'000; ++i)
      limit.overloaded(100);
    CHECK(limit.limit() == 10);
  }

  TEST_CASE("adaptive limit: stays within its bounds, also at first") {
    CHECK(AdaptiveLimit(1, 5, 10).limit() == 5);
    AdaptiveLimit limit(100, 5, 10);
    CHECK(limit.limit() == 10);
    keep_busy(limit, 1000, 10ms, 10'000);
    CHECK(limit.limit() == 10);
  }
}
