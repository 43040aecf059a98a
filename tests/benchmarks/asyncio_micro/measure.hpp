// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What both sides of a comparison are made of.
#include <time.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace micro {

struct Sample {
  std::chrono::nanoseconds elapsed{};  ///< Of the operations alone: loops and threads are up before and down after.
  std::uint64_t done = 0;              ///< Operations whose result arrived.
};

/// Times `operations` operations on loops of its own.
using Measure = Sample (*)(std::uint64_t operations);

/// One way to write a case.
struct Variant {
  const char* spelling;
  Measure measure;
};

/// Reads one of the kernel's clocks.
template <clockid_t clock>
class BasicStopwatch {
 public:
  Sample stop(std::uint64_t done) const { return {now() - start_, done}; }

 private:
  static std::chrono::nanoseconds now() {
    timespec time{};
    clock_gettime(clock, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  }

  std::chrono::nanoseconds start_ = now();
};

/// For what stays on one thread: its CPU time, into which nobody else on the machine comes.
using Stopwatch = BasicStopwatch<CLOCK_THREAD_CPUTIME_ID>;
/// For what goes to another thread and back.
using WallStopwatch = BasicStopwatch<CLOCK_MONOTONIC>;

// What the cases have in common, so that both sides do the same.
inline constexpr std::size_t gathered = 10;
inline constexpr std::size_t contended_permits = 4;
inline constexpr std::size_t contending_tasks = 32;
inline constexpr std::size_t queue_capacity = 16;
inline constexpr std::chrono::seconds time_limit{60};
/// Is up all the while, so that no timer of a case is the earliest: Asio makes a system call for each that is.
inline constexpr std::chrono::seconds standing_limit{50};

}  // namespace micro
