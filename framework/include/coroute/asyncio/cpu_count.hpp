// SPDX-License-Identifier: BSL-1.0
#pragma once
/// How many processors this process may really use.
#include <cstddef>

namespace coroute {

/// The lower of the CPU affinity and the cgroup quota (v1 or v2, rounded up), at least 1: in a container limited to
/// half a core of a large machine, 1.
std::size_t available_cpus();

namespace detail {
/// "max 100000" or "50000 100000" (cgroup v2 cpu.max) as processors, rounded up; 0: no limit or not readable.
std::size_t cpus_of_quota(long long quota_us, long long period_us) noexcept;
}  // namespace detail

}  // namespace coroute
