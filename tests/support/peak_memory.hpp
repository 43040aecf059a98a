// SPDX-License-Identifier: BSL-1.0
#pragma once
/// How much memory this process takes while something goes on.
#include <malloc.h>

#include <cstddef>
#include <fstream>
#include <stdexcept>
#include <string>

namespace coroute::test {

/// From when it is made; resident, of all threads. Neither what earlier tests have taken at most nor what the allocator
/// kept of it hides anything.
class PeakMemory {
 public:
  PeakMemory() {
    malloc_trim(0);
    std::ofstream("/proc/self/clear_refs") << "5";  // proc(5): the peak begins anew
    before_ = peak_kib();
  }

  std::size_t growth_kib() const { return peak_kib() - before_; }

 private:
  static std::size_t peak_kib() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
      std::size_t value = 0;
      if (word == "VmHWM:" && status >> value) return value;
    }
    throw std::runtime_error("no VmHWM in /proc/self/status");
  }

  std::size_t before_ = 0;
};

}  // namespace coroute::test
