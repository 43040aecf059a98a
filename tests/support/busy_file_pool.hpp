// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Keeps every thread for files from other work, until it is told to end.
#include <cstddef>
#include <latch>
#include <vector>

#include "coroute/asyncio/task.hpp"
#include "coroute/asyncio/thread_pool.hpp"
#include "http/open_file.hpp"

namespace coroute::test {

class BusyFilePool {
 public:
  BusyFilePool() {
    for (std::size_t i = 0; i < detail::file_pool().max_threads(); ++i)
      tasks_.push_back(create_task(to_thread(detail::file_pool(), [this] { gate_.wait(); })));
  }
  BusyFilePool(const BusyFilePool&) = delete;
  BusyFilePool& operator=(const BusyFilePool&) = delete;

  Async<void> end() {
    gate_.count_down();
    for (Task<void>& task : tasks_)
      co_await task;
  }

 private:
  std::latch gate_{1};
  std::vector<Task<void>> tasks_;
};

}  // namespace coroute::test
