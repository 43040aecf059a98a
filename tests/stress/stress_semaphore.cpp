// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/semaphore.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "stress/stress.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using namespace coroute::stress;

namespace {

/// Tasks inside, and the most there were at once.
class Occupancy {
 public:
  void enter() noexcept {
    const std::size_t now = ++inside_;
    std::size_t most = most_;
    while (now > most && !most_.compare_exchange_weak(most, now)) {
    }
  }
  void leave() noexcept { --inside_; }
  std::size_t inside() const noexcept { return inside_; }
  std::size_t most() const noexcept { return most_; }

 private:
  std::atomic<std::size_t> inside_{0};
  std::atomic<std::size_t> most_{0};
};

struct Visit {
  explicit Visit(Occupancy& occupancy) noexcept : occupancy(occupancy) { occupancy.enter(); }
  ~Visit() { occupancy.leave(); }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;
  Occupancy& occupancy;
};

}  // namespace

TEST_SUITE_BEGIN("stress");

TEST_CASE("stress: a Semaphore keeps its permits and its limit") {
  on_loops([](Loops& loops, Random& random, std::size_t operations) {
    const std::size_t permits = 1 + below(random, 2 * loops.size());
    INFO("permits: ", permits);
    Semaphore semaphore(permits);
    Occupancy occupancy;
    auto visit = [&](std::size_t turns) -> Async<void> {
      const Permit permit = co_await semaphore.acquire();
      const Visit inside(occupancy);
      for (; turns > 0; --turns)
        co_await sleep(0s);
    };
    auto body = [&](std::size_t, Random own, std::size_t share) -> Async<void> {
      for (; share > 0; --share) {
        if (below(own, 8) == 0) {
          const Permit permit = semaphore.try_acquire();
          if (permit) const Visit inside(occupancy);
        } else {
          co_await survives(visit(below(own, 8) / 6));
        }
      }
    };
    run_crew(loops, random, 4 * loops.size(), operations, body);
    CHECK(semaphore.available() == permits);
    CHECK(semaphore.waiting() == 0);
    CHECK(occupancy.inside() == 0);
    CHECK(occupancy.most() >= 1);
    CHECK(occupancy.most() <= permits);
  });
}

TEST_CASE("stress: permits added by a thread without a loop go round among waiters, and stay") {
  on_loops([](Loops& loops, Random& random, std::size_t operations) {
    Semaphore semaphore(0);
    std::atomic<std::size_t> taken{0};
    auto take = [&]() -> Async<void> {
      Permit permit = co_await semaphore.acquire();
      ++taken;
      co_await sleep(0s);
    };
    auto body = [&](std::size_t, Random own, std::size_t share) -> Async<void> {
      for (; share > 0; --share) {
        co_await survives(take());
        if (below(own, 4) == 0) co_await survives(sleep(0s));
      }
    };
    std::thread releaser([&semaphore] {
      for (int i = 0; i < 3; ++i) {
        semaphore.release();
        std::this_thread::sleep_for(1ms);
      }
    });
    run_crew(loops, random, 2 * loops.size(), operations, body);
    releaser.join();
    CHECK(semaphore.available() == 3);
    CHECK(semaphore.waiting() == 0);
    CHECK(taken > 0);
  });
}

TEST_SUITE_END();
