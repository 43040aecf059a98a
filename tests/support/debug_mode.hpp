// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Debug mode in a test, and its warnings as values.
#include <mutex>
#include <string>
#include <vector>

#include "coroute/asyncio/debug.hpp"

namespace coroute::testing {

/// Debug mode while it lives, with a limit that no step reaches; collects what would go to stderr.
class DebugMode {
 public:
  DebugMode() {
    set_warning_handler([this](const std::string& warning) {
      const std::lock_guard lock(mutex_);
      warnings_.push_back(warning);
    });
    set_slow_step_limit(std::chrono::hours(1));
    set_debug(true);
  }
  ~DebugMode() {
    set_debug(false);
    set_slow_step_limit(std::chrono::milliseconds(100));
    set_warning_handler({});
  }
  DebugMode(const DebugMode&) = delete;
  DebugMode& operator=(const DebugMode&) = delete;

  std::vector<std::string> warnings() const {
    const std::lock_guard lock(mutex_);
    return warnings_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> warnings_;
};

}  // namespace coroute::testing
