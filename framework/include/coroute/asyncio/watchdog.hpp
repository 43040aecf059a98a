// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Reports an event loop that is blocked while it still is, with the stack of the thread that blocks it.
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "coroute/asyncio/clock.hpp"
#include "coroute/asyncio/detail/task_state.hpp"
#include "coroute/asyncio/function.hpp"

namespace coroute {

/// One line of a thread's stack; file and line only where the program has debug information.
struct ThreadStackEntry {
  std::string function;
  std::string file{};
  unsigned line = 0;
};

/// "function (file:line)" or "function".
std::string to_string(const ThreadStackEntry& entry);

/// A loop that has not come round for too long: some step of a task or a callback doesn't return.
struct BlockedLoop {
  std::uint64_t loop = 0;                        ///< 1 for the first of the process.
  int thread = 0;                                ///< The kernel's id of its thread.
  Clock::duration blocked{};                     ///< For how long so far, to the accuracy of half the limit.
  std::string task{};                            ///< Name of the task that runs; empty: a callback, or not known.
  std::vector<StackEntry> async_stack{};         ///< Its coroutines, innermost first.
  std::vector<ThreadStackEntry> thread_stack{};  ///< Functions of the thread, innermost first; empty: not known.
};

/// Several lines for people.
std::string to_string(const BlockedLoop& blocked);

/// Watches all loops of the process from a thread of its own, until it is destroyed. A loop that runs one iteration for
/// `limit` is reported once, and again each time the time has doubled. The stack is taken by a signal (SIGURG) to the
/// thread: a system call that doesn't restart, such as nanosleep, ends early with EINTR by it. When the program handles
/// SIGURG itself, the report has no stacks.
class Watchdog {
 public:
  using Report = Function<void(const BlockedLoop&)>;

  /// `report` is called on the watchdog's thread; empty: lines for the warning handler. std::invalid_argument for a
  /// limit that is not above 0.
  explicit Watchdog(Clock::duration limit = std::chrono::milliseconds(100), Report report = {});
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace coroute
