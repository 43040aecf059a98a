// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/cpu_count.hpp"

#include <doctest/doctest.h>
#include <sched.h>

#include <limits>
#include <thread>

using namespace coroute;

TEST_SUITE_BEGIN("asyncio");

TEST_CASE("cpu_count: a quota is rounded up to whole processors") {
  CHECK(detail::cpus_of_quota(100'000, 100'000) == 1);
  CHECK(detail::cpus_of_quota(50'000, 100'000) == 1);
  CHECK(detail::cpus_of_quota(1, 100'000) == 1);
  CHECK(detail::cpus_of_quota(100'001, 100'000) == 2);
  CHECK(detail::cpus_of_quota(150'000, 100'000) == 2);
  CHECK(detail::cpus_of_quota(199'999, 100'000) == 2);
  CHECK(detail::cpus_of_quota(200'000, 100'000) == 2);
  CHECK(detail::cpus_of_quota(400'000, 50'000) == 8);
}

TEST_CASE("cpu_count: no quota and nonsense mean no limit") {
  CHECK(detail::cpus_of_quota(-1, 100'000) == 0);  // cgroup v1 without a limit
  CHECK(detail::cpus_of_quota(0, 100'000) == 0);
  CHECK(detail::cpus_of_quota(100'000, 0) == 0);
  CHECK(detail::cpus_of_quota(100'000, -5) == 0);
  constexpr long long largest = std::numeric_limits<long long>::max();
  CHECK(detail::cpus_of_quota(largest, 1) == static_cast<std::size_t>(largest));
  CHECK(detail::cpus_of_quota(largest, largest) == 1);
}

TEST_CASE("cpu_count: at least one, and no more than the affinity allows") {
  const std::size_t all = available_cpus();
  CHECK(all >= 1);
  cpu_set_t before;
  REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
  CHECK(all <= static_cast<std::size_t>(CPU_COUNT(&before)));

  std::size_t pinned = 0;
  std::thread([&] {  // the affinity belongs to the thread
    int first = 0;
    while (!CPU_ISSET(first, &before))
      ++first;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    if (sched_setaffinity(0, sizeof one, &one) == 0) pinned = available_cpus();
  })
      .join();
  CHECK(pinned == 1);
}

TEST_SUITE_END();
