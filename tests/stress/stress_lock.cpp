// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/lock.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "stress/stress.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using namespace coroute::stress;

TEST_SUITE_BEGIN("stress");

TEST_CASE("stress: a plain counter under a Lock is exact") {
  on_loops([](Loops& loops, Random& random, std::size_t operations) {
    Lock lock;
    std::size_t counter = 0;
    auto count = [&](bool gives_way) -> Async<void> {
      const LockGuard guard = co_await lock.acquire();
      const std::size_t before = counter;
      std::exception_ptr cancelled;
      try {
        if (gives_way) co_await sleep(0s);
      } catch (const Cancelled&) {
        cancelled = std::current_exception();
      }
      counter = before + 1;  // counts even when it was cancelled: it had the lock
    };
    std::atomic<std::size_t> counted_at_once{0};
    auto body = [&](std::size_t, Random own, std::size_t share) -> Async<void> {
      while (share > 0) {
        const std::size_t kind = below(own, 8);
        if (kind == 0) {
          const LockGuard guard = lock.try_acquire();
          if (guard) {
            ++counter;
            --share;
            ++counted_at_once;
          } else {
            co_await survives(sleep(0s));
          }
          continue;
        }
        const bool done = co_await survives(count(kind == 1));
        if (done) --share;
      }
    };
    run_crew(loops, random, 3 * loops.size(), operations, body);
    CHECK(counter == operations);
    CHECK_FALSE(lock.locked());
    CHECK(lock.waiting() == 0);
  });
}

TEST_SUITE_END();
