// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/cpu_count.hpp"

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace coroute {
namespace {

std::size_t affinity_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 0;
  return static_cast<std::size_t>(CPU_COUNT(&set));
}

std::size_t cgroup_v2_cpus() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  std::string quota;
  long long period = 0;
  if (!(file >> quota >> period) || quota == "max") return 0;
  return detail::cpus_of_quota(std::atoll(quota.c_str()), period);
}

std::size_t cgroup_v1_cpus() {
  std::ifstream quota_file("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
  std::ifstream period_file("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  long long quota = 0;
  long long period = 0;
  if (!(quota_file >> quota) || !(period_file >> period)) return 0;
  return detail::cpus_of_quota(quota, period);
}

}  // namespace

namespace detail {

std::size_t cpus_of_quota(long long quota_us, long long period_us) noexcept {
  if (quota_us <= 0 || period_us <= 0) return 0;
  return static_cast<std::size_t>(1 + (quota_us - 1) / period_us);
}

}  // namespace detail

std::size_t available_cpus() {
  std::size_t cpus = affinity_cpus();
  for (const std::size_t limit : {cgroup_v2_cpus(), cgroup_v1_cpus()}) {
    if (limit != 0) cpus = cpus == 0 ? limit : std::min(cpus, limit);
  }
  return std::max<std::size_t>(cpus, 1);
}

}  // namespace coroute
