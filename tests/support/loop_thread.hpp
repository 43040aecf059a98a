// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A loop on a thread of its own, for tests of what several loops do to one another.
#include <thread>

#include "coroute/asyncio/event_loop.hpp"
#include "coroute/asyncio/task.hpp"

namespace coroute::testing {

/// Runs until it is destroyed; its tasks are cancelled then.
class LoopThread {
 public:
  LoopThread() : thread_([this] { run(); }) {}
  ~LoopThread() {
    loop_.stop();
    thread_.join();
  }
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  EventLoop& loop() noexcept { return loop_; }

 private:
  void run() {
    loop_.run();
    loop_.cancel_all_tasks();
  }

  EventLoop loop_;
  std::thread thread_;
};

inline void wait_until_done(const AnyTask& task) {
  while (!task.done())
    std::this_thread::yield();
}

}  // namespace coroute::testing
