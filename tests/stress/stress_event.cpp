// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/event.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "stress/stress.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using namespace coroute::stress;

TEST_SUITE_BEGIN("stress");

TEST_CASE("stress: an Event that is set and cleared at once leaves none of its waiters behind") {
  on_loops([](Loops& loops, Random& random, std::size_t operations) {
    Event event;
    std::atomic<std::size_t> woken{0};
    std::atomic<bool> over{false};
    auto body = [&](std::size_t, Random, std::size_t share) -> Async<void> {
      while (share > 0) {
        const bool went_on = co_await survives(event.wait());
        if (!went_on) continue;
        --share;
        ++woken;
      }
    };
    std::thread pulses([&] {
      while (!over) {
        if (event.waiting() == 0) {
          std::this_thread::yield();
          continue;
        }
        event.set();
        event.clear();
      }
    });
    run_crew(loops, random, 2 * loops.size(), operations, body);
    over = true;
    pulses.join();
    CHECK(woken == operations);
    CHECK(event.waiting() == 0);
    CHECK_FALSE(event.is_set());
  });
}

TEST_CASE("stress: rounds opened by one Event and closed by another show what was written before") {
  on_loops([](Loops& loops, Random& random, std::size_t operations) {
    const std::size_t crew = 2 * loops.size() + 1;  // and one of them leads
    const std::size_t rounds = operations / crew;
    Event begin[2];
    Event end[2];
    std::size_t written = 0;  // by the leader, before it opens the round
    std::vector<std::size_t> seen(crew, 0);
    std::atomic<std::size_t> present{0};
    std::atomic<bool> wrong{false};
    auto wait_in_spite_of_cancels = [](Event& event) -> Async<void> {
      bool over = false;
      while (!over)
        over = co_await survives(event.wait());
    };
    auto lead = [&]() -> Async<void> {
      for (std::size_t round = 1; round <= rounds; ++round) {
        end[(round + 1) % 2].clear();
        begin[(round + 1) % 2].clear();
        present = crew - 1;
        written = round;
        begin[round % 2].set();
        co_await wait_in_spite_of_cancels(end[round % 2]);
        for (std::size_t i = 1; i < crew; ++i)
          if (seen[i] != round) wrong = true;
      }
    };
    auto follow = [&](std::size_t number) -> Async<void> {
      for (std::size_t round = 1; round <= rounds; ++round) {
        co_await wait_in_spite_of_cancels(begin[round % 2]);
        if (written != round) wrong = true;
        seen[number] = round;
        if (--present == 0) end[round % 2].set();
      }
    };
    auto body = [&](std::size_t number, Random, std::size_t) -> Async<void> {
      if (number == 0) {
        co_await lead();
      } else {
        co_await follow(number);
      }
    };
    run_crew(loops, random, crew, operations, body);
    CHECK_FALSE(wrong);
    for (std::size_t i = 1; i < crew; ++i)
      CHECK(seen[i] == rounds);
  });
}

TEST_CASE("stress: an Event ends when it has been set, or before, while its waiters are cancelled") {
  on_loops([](Loops& loops, Random& random, std::size_t operations) {
    std::size_t woken = 0;
    for (std::size_t round = 0; round < operations / 8; ++round) {
      auto event = std::make_unique<Event>();
      std::vector<Task<bool>> tasks;
      for (std::size_t i = 0; i < loops.size(); ++i)
        tasks.push_back(create_task_on(loops[i], survives(event->wait())));
      while (event->waiting() < loops.size())
        std::this_thread::yield();
      for (const Task<bool>& task : tasks)
        if (below(random, 2) == 0) task.cancel();
      const bool sets = below(random, 4) != 0;
      if (sets) event->set();
      event.reset();
      for (const Task<bool>& task : tasks) {
        if (!sets) task.cancel();
        testing::wait_until_done(task);
        if (task.result()) ++woken;
      }
    }
    CHECK((operations < 1000 || woken > 0));
  });
}

TEST_SUITE_END();
