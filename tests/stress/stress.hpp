// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What the stress scenarios share: their size and seed, loops, and a crew of tasks that are cancelled at random.
///
/// COROUTE_STRESS_SEED repeats the random decisions of a run (not the timing of its threads); the seed in use is
/// printed first of all. COROUTE_STRESS_OPERATIONS is the number of operations of each scenario.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "coroute/asyncio/task.hpp"
#include "support/loop_thread.hpp"

namespace coroute::stress {

using Random = std::mt19937;

inline std::size_t below(Random& random, std::size_t limit) {
  return random() % limit;
}

inline unsigned long number_from_environment(const char* name, unsigned long otherwise) {
  const char* const text = std::getenv(name);
  return text ? std::stoul(text) : otherwise;
}

struct Settings {
  unsigned seed;
  std::size_t operations;
};

inline const Settings& settings() {
  static const Settings all = [] {
    const Settings read{static_cast<unsigned>(number_from_environment("COROUTE_STRESS_SEED", std::random_device{}())),
                        number_from_environment("COROUTE_STRESS_OPERATIONS", 20'000)};
    std::printf("COROUTE_STRESS_SEED=%u COROUTE_STRESS_OPERATIONS=%zu\n", read.seed, read.operations);
    std::fflush(stdout);
    return read;
  }();
  return all;
}

/// Loops on threads of their own.
class Loops {
 public:
  explicit Loops(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      threads_.push_back(std::make_unique<testing::LoopThread>());
  }
  std::size_t size() const noexcept { return threads_.size(); }
  EventLoop& operator[](std::size_t i) noexcept { return threads_[i]->loop(); }
  EventLoop& any(Random& random) noexcept { return (*this)[below(random, size())]; }

 private:
  std::vector<std::unique_ptr<testing::LoopThread>> threads_;
};

/// Calls `scenario(Loops&, Random&, operations)` on 2, 4 and 8 loops, which share the operations.
template <class Scenario>
void on_loops(Scenario scenario) {
  for (const std::size_t count : {std::size_t{2}, std::size_t{4}, std::size_t{8}}) {
    INFO("COROUTE_STRESS_SEED=", settings().seed, ", loops: ", count);
    Random random(settings().seed + static_cast<unsigned>(count));
    Loops loops(count);
    scenario(loops, random, settings().operations / 3);
  }
}

/// Awaits `operation`; false when it was cancelled.
template <Awaitable A>
Async<bool> survives(A operation) {
  try {
    co_await std::move(operation);
  } catch (const Cancelled&) {
    co_return false;
  }
  co_return true;
}

/// Runs `body(number, random, share)` in `size` tasks all over the loops, and cancels now this, now that one until all
/// have ended. The body goes on after a cancellation, so that its work is done whatever happens.
template <class Body>
void run_crew(Loops& loops, Random& random, std::size_t size, std::size_t operations, Body body) {
  std::atomic<std::size_t> started{0};
  std::atomic<std::size_t> ended{0};
  auto member = [&](std::size_t number, Random own, std::size_t share) -> Async<void> {
    ++started;  // from here on nothing keeps the body from being entered
    std::exception_ptr error;
    try {
      co_await body(number, own, share);
    } catch (...) {
      error = std::current_exception();
    }
    ++ended;
    if (error) std::rethrow_exception(error);
  };
  std::vector<Task<void>> tasks;
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t share = operations / size + (i < operations % size ? 1 : 0);
    tasks.push_back(create_task_on(loops[i % loops.size()], member(i, Random(random()), share), "crew"));
  }
  while (started < size)
    std::this_thread::yield();
  while (ended < size) {
    tasks[below(random, size)].cancel();
    if (below(random, 8) == 0) {
      std::this_thread::sleep_for(std::chrono::microseconds(below(random, 100)));
    } else {
      std::this_thread::yield();
    }
  }
  for (const Task<void>& task : tasks) {
    testing::wait_until_done(task);
    CHECK_FALSE(task.cancelled());
    if (!task.cancelled()) CHECK(describe_exception(task.exception()) == "no error");
  }
}

}  // namespace coroute::stress
