// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The stack of another thread of this process, taken by a signal to it.
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "coroute/asyncio/detail/task_state.hpp"

namespace coroute::detail {

struct ThreadStack {
  static constexpr std::size_t max_frames = 64;
  static constexpr std::size_t max_entries = 32;
  static constexpr std::size_t max_name = 128;

  std::array<void*, max_frames> frames{};  ///< Return addresses, innermost first.
  std::size_t frame_count = 0;
  std::array<StackEntry, max_entries> entries{};  ///< Of the task that runs there.
  std::size_t entry_count = 0;
  std::array<char, max_name> task{};  ///< Its name.
};

/// Installs the handler while it lives. One at a time.
class StackSampler {
 public:
  StackSampler();
  ~StackSampler();
  StackSampler(const StackSampler&) = delete;
  StackSampler& operator=(const StackSampler&) = delete;

  /// Nothing when the thread doesn't answer in time, has ended, or the signal is used by the program.
  std::optional<ThreadStack> sample(int thread, std::chrono::milliseconds patience);

 private:
  bool installed_ = false;
};

/// "function at file:line" of each address, inlined functions included; what is not known is left out.
std::vector<std::string> symbolize(const ThreadStack& stack);

}  // namespace coroute::detail
