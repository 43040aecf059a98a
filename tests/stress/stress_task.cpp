// SPDX-License-Identifier: BSL-1.0
#include <stdexcept>

#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "stress/stress.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using namespace coroute::stress;

namespace {

struct Tally {
  std::atomic<std::size_t> entered{0};
  std::atomic<std::size_t> left{0};
  std::atomic<std::size_t> wrong{0};
};

struct Stay {
  explicit Stay(Tally& tally) noexcept : tally(tally) { ++tally.entered; }
  ~Stay() { ++tally.left; }
  Stay(const Stay&) = delete;
  Stay& operator=(const Stay&) = delete;
  Tally& tally;
};

enum class Ending : unsigned char { Value, Error, Never };

Async<std::size_t> child(Tally& tally, std::size_t turns, Ending ending, std::size_t value) {
  const Stay stay(tally);
  for (; turns > 0; --turns)
    co_await sleep(0s);
  if (ending == Ending::Never) co_await sleep(24h);
  if (ending == Ending::Error) throw std::runtime_error("failed as it should");
  co_return value;
}

/// What a task of another loop that is joined, and perhaps cancelled, may end with.
Async<void> join_child(Tally& tally, Task<std::size_t> task, Ending ending, bool cancelled, std::size_t value) {
  std::size_t got = value;
  bool failed = false;
  try {
    got = co_await task;
  } catch (const std::runtime_error&) {
    failed = true;
  } catch (const Cancelled&) {
    if (!task.done()) ++tally.wrong;
    throw;
  }
  if (got != value || failed != (ending == Ending::Error) || (ending == Ending::Never && !cancelled)) ++tally.wrong;
}

}  // namespace

TEST_SUITE_BEGIN("stress");

TEST_CASE("stress: tasks of all loops that are joined and cancelled each end once, as they should") {
  on_loops([](Loops& loops, Random& random, std::size_t operations) {
    Tally tally;
    std::atomic<std::size_t> joined{0};
    auto body = [&](std::size_t number, Random own, std::size_t share) -> Async<void> {
      for (; share > 0; --share) {
        const bool cancelled = below(own, 3) == 0;
        Ending ending = Ending::Value;
        if (below(own, 8) == 0) ending = Ending::Error;
        if (cancelled && below(own, 2) == 0) ending = Ending::Never;
        const std::size_t value = number + share;
        Task<std::size_t> task = create_task_on(loops.any(own), child(tally, below(own, 4), ending, value));
        if (below(own, 8) == 0) co_await survives(sleep(0s));
        if (cancelled) task.cancel();
        co_await survives(join_child(tally, task, ending, cancelled, value));
        if (!task.done()) ++tally.wrong;
        if (task.done() && !task.cancelled() && task.exception() && ending != Ending::Error) ++tally.wrong;
        ++joined;
      }
    };
    run_crew(loops, random, 2 * loops.size(), operations, body);
    CHECK(joined == operations);
    CHECK(tally.wrong == 0);
    CHECK(tally.entered == tally.left);
    CHECK(tally.entered > 0);
    CHECK(tally.entered <= operations);
  });
}

TEST_CASE("stress: a task is cancelled by several threads while others wait for it") {
  on_loops([](Loops& loops, Random& random, std::size_t operations) {
    Tally tally;
    std::atomic<std::size_t> cancelled{0};
    auto body = [&](std::size_t, Random own, std::size_t share) -> Async<void> {
      for (; share > 0; --share) {
        Task<std::size_t> task = create_task_on(loops.any(own), child(tally, below(own, 3), Ending::Never, 0));
        for (int i = 0; i < 2; ++i)
          loops.any(own).call_soon_threadsafe([task] { task.cancel(); });
        bool over = false;
        while (!over) {
          co_await survives(join_child(tally, task, Ending::Never, true, 0));
          over = task.done();
        }
        if (task.cancelled()) ++cancelled;
      }
    };
    run_crew(loops, random, 2 * loops.size(), operations, body);
    CHECK(cancelled == operations);
    CHECK(tally.wrong == 0);
    CHECK(tally.entered == tally.left);
  });
}

TEST_SUITE_END();
