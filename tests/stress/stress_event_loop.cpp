// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/event_loop.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>

#include "stress/stress.hpp"
#include "support/loop_thread.hpp"

using namespace coroute;
using namespace coroute::stress;

namespace {

/// What one thread posted to one loop.
struct Line {
  std::size_t posted = 0;  // by the thread alone
  std::size_t ran = 0;     // by the loop alone
  bool wrong = false;
};

}  // namespace

TEST_SUITE_BEGIN("stress");

TEST_CASE("stress: callbacks from other threads run once each, on their loop, in the order of each thread") {
  on_loops([](Loops& loops, Random& random, std::size_t operations) {
    const std::size_t thread_count = 3;
    std::vector<std::vector<Line>> lines(thread_count, std::vector<Line>(loops.size()));
    std::atomic<std::size_t> ran{0};
    auto post = [&](std::size_t number, Random own) {
      for (std::size_t i = 0; i < operations / thread_count; ++i) {
        const std::size_t target = below(own, loops.size());
        Line& line = lines[number][target];
        EventLoop& loop = loops[target];
        loop.call_soon_threadsafe([&line, &loop, &ran, mine = line.posted++] {
          if (mine != line.ran++ || EventLoop::current_or_null() != &loop) line.wrong = true;
          ++ran;
        });
      }
    };
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < thread_count; ++i)
      threads.emplace_back(post, i, Random(random()));
    for (std::thread& thread : threads)
      thread.join();
    const std::size_t all = operations / thread_count * thread_count;
    while (ran < all)
      std::this_thread::yield();
    for (const std::vector<Line>& of_thread : lines) {
      for (const Line& line : of_thread) {
        CHECK_FALSE(line.wrong);
        CHECK(line.ran == line.posted);
      }
    }
  });
}

TEST_CASE("stress: callbacks that post one another from loop to loop never get lost in a loop that goes to sleep") {
  on_loops([](Loops& loops, Random& random, std::size_t operations) {
    struct Ball {
      Random random;
      std::size_t left;
    };
    std::atomic<std::size_t> landed{0};
    std::vector<Ball> balls;
    for (std::size_t i = 0; i < 3; ++i)
      balls.push_back({Random(random()), operations / 3});
    std::function<void(Ball&)> throw_on = [&](Ball& ball) {
      if (ball.left-- == 0) {
        ++landed;
      } else {
        loops.any(ball.random).call_soon_threadsafe([&throw_on, &ball] { throw_on(ball); });
      }
    };
    for (Ball& ball : balls)
      throw_on(ball);
    while (landed < balls.size())
      std::this_thread::yield();
  });
}

TEST_CASE("stress: what is posted in the very moment in which a loop stops looking for work and goes to sleep is run") {
  using std::chrono::microseconds;
  constexpr int longest_pause_us = 40;  // twice as long as a loop looks
  testing::LoopThread thread;
  Random random(settings().seed);
  INFO("COROUTE_STRESS_SEED=", settings().seed);
  std::atomic<std::size_t> ran{0};
  std::size_t posted = 0;
  const std::size_t rounds = std::max<std::size_t>(settings().operations / 10, 1);
  while (posted < rounds && ran == posted) {
    thread.loop().call_soon_threadsafe([&ran] { ++ran; });
    ++posted;
    const auto given_up = Clock::now() + std::chrono::seconds(30);
    while (ran < posted && Clock::now() < given_up) {
    }
    const auto next = Clock::now() + microseconds(below(random, longest_pause_us));
    while (Clock::now() < next) {
    }
  }
  CHECK(ran == rounds);
}

TEST_SUITE_END();
