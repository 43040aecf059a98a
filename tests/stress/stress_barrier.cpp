// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/barrier.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "stress/stress.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using namespace coroute::stress;

TEST_SUITE_BEGIN("stress");

TEST_CASE("stress: nobody passes a Barrier before all have come, and each round has all numbers") {
  on_loops([](Loops& loops, Random& random, std::size_t operations) {
    const std::size_t crew = 2 * loops.size() - 1;
    const std::size_t rounds = operations / crew;
    Barrier barrier(crew);
    std::vector<std::atomic<std::size_t>> at_round(crew);
    std::atomic<std::size_t> sum{0};
    std::atomic<bool> early{false};
    auto pass = [&]() -> Async<void> { sum += co_await barrier.wait(); };
    auto body = [&](std::size_t number, Random own, std::size_t) -> Async<void> {
      for (std::size_t round = 1; round <= rounds; ++round) {
        at_round[number] = round;
        bool passed = false;
        while (!passed)
          passed = co_await survives(pass());
        for (const std::atomic<std::size_t>& other : at_round)
          if (other < round) early = true;
        if (below(own, 16) == 0) co_await survives(sleep(0s));
      }
    };
    run_crew(loops, random, crew, operations, body);
    CHECK_FALSE(early);
    CHECK(sum == rounds * (crew * (crew - 1) / 2));
    CHECK(barrier.state() == BarrierState::Filling);
    CHECK(barrier.n_waiting() == 0);
  });
}

TEST_CASE("stress: a Barrier that is reset and aborted at random holds nobody for ever") {
  on_loops([](Loops& loops, Random& random, std::size_t operations) {
    const std::size_t crew = 2 * loops.size();
    Barrier barrier(loops.size());
    std::atomic<std::size_t> attempts{0};
    std::atomic<std::size_t> passed{0};
    std::atomic<std::size_t> broken{0};
    auto try_to_pass = [&]() -> Async<void> {
      bool failed = false;
      try {
        co_await barrier.wait();
      } catch (const BrokenBarrierError&) {
        failed = true;
      }
      ++(failed ? broken : passed);
    };
    auto body = [&](std::size_t, Random own, std::size_t) -> Async<void> {
      while (attempts < operations) {
        const std::size_t kind = below(own, 100);
        if (kind == 0) barrier.abort();
        if (kind <= 2) barrier.reset();
        ++attempts;
        co_await survives(try_to_pass());
        if (barrier.broken() && below(own, 4) == 0) barrier.reset();
      }
      barrier.abort();  // releases those that wait for us
    };
    run_crew(loops, random, crew, operations, body);
    CHECK(passed > 0);
    CHECK(broken > 0);
    CHECK(passed + broken <= attempts);
    CHECK(barrier.n_waiting() == 0);
    barrier.reset();
    CHECK(barrier.state() == BarrierState::Filling);
  });
}

TEST_SUITE_END();
