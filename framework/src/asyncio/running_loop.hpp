// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Which loop runs on this thread.
#include <utility>

#include "coroute/asyncio/event_loop.hpp"

namespace coroute::detail {

extern constinit thread_local EventLoop* running_loop;

/// Marks the loop as the one that runs on this thread.
class RunningLoop {
 public:
  explicit RunningLoop(EventLoop* loop) noexcept : previous_(std::exchange(running_loop, loop)) {}
  ~RunningLoop() { running_loop = previous_; }
  RunningLoop(const RunningLoop&) = delete;
  RunningLoop& operator=(const RunningLoop&) = delete;

 private:
  EventLoop* previous_;
};

}  // namespace coroute::detail
