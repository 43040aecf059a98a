// SPDX-License-Identifier: BSL-1.0
#pragma once
/// How much memory this process has had at most.
#include <cstddef>
#include <fstream>
#include <string>

namespace coroute::test {

/// Resident, of all threads; it never falls.
inline std::size_t peak_memory_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::size_t value = 0;
    if (word == "VmHWM:" && status >> value) return value;
  }
  return 0;
}

}  // namespace coroute::test
