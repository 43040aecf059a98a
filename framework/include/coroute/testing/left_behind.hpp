// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a TestClient finds still running when it is closed.
#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

#include "coroute/asyncio/call_graph.hpp"

namespace coroute {

/// A task that outlived the test.
struct LeftTask {
  TaskSnapshot task;
  std::string started_in;  ///< The request whose handler started it, directly or not: "POST /items"; empty: none.
};

/// Tasks are still running or callbacks still waiting for their time, and now cancelled: those of `App::spawn`, for
/// instance, that the test didn't wait for. The text names each with its stack.
class LeftBehind : public std::logic_error {
 public:
  LeftBehind(std::vector<LeftTask> tasks, std::size_t callbacks);

  const std::vector<LeftTask>& tasks() const noexcept { return tasks_; }
  /// Callbacks of `call_later` and `call_at`.
  std::size_t callbacks() const noexcept { return callbacks_; }

 private:
  std::vector<LeftTask> tasks_;
  std::size_t callbacks_;
};

}  // namespace coroute
