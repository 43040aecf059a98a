// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What files this process has open.
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

namespace coroute::test {

/// Those whose path begins so, also of files that have no name any more.
inline std::size_t open_descriptors(std::string_view path = {}) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    count += std::filesystem::read_symlink(entry, gone).string().starts_with(path);
  }
  return count;
}

/// Waits until other threads have closed them; false when they haven't within 10 seconds.
inline bool all_closed(std::string_view path) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (open_descriptors(path) > 0) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace coroute::test
