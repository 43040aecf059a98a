// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The stack of another thread of this process, taken by a signal to it.
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "coroute/asyncio/detail/task_state.hpp"
#include "coroute/asyncio/watchdog.hpp"

namespace coroute::detail {

struct ThreadStack {
  static constexpr std::size_t max_frames = 64;
  static constexpr std::size_t max_entries = 32;
  static constexpr std::size_t max_name = 128;

  std::array<void*, max_frames> frames{};  ///< Where the thread stands, then return addresses, innermost first.
  std::size_t frame_count = 0;
  std::array<StackEntry, max_entries> entries{};  ///< Of the task that runs there.
  std::size_t entry_count = 0;
  std::array<char, max_name> task{};  ///< Its name; empty: none runs.
};

/// Does what a first sample would have to do: loads the unwinder, installs the signal handler for good, and reads this
/// program's debug information, which can take a second.
void prepare_samples();

/// The kernel's id of the thread says which. Nothing when it doesn't answer within `patience`, has ended, or the
/// program handles the signal itself. Any thread; one at a time, others wait.
std::optional<ThreadStack> sample_stack(int thread, std::chrono::milliseconds patience);

/// The functions of the frames, inlined ones included; what has no name is left out.
std::vector<ThreadStackEntry> symbolize(const ThreadStack& stack);

}  // namespace coroute::detail
