// SPDX-License-Identifier: BSL-1.0
#include <deque>

#include "coroute/asyncio/condition.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "stress/stress.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using namespace coroute::stress;

namespace {

/// A bounded buffer as in a textbook: each change notifies exactly one, so a notification that is lost hangs it.
class Buffer {
 public:
  Async<void> put(std::size_t item) {
    LockGuard guard = co_await lock_.acquire();
    co_await not_full_.wait_for(guard, [this] { return items_.size() < capacity; });
    items_.push_back(item);
    not_empty_.notify();
  }
  Async<void> take(std::size_t& item) {
    LockGuard guard = co_await lock_.acquire();
    co_await not_empty_.wait_for(guard, [this] { return !items_.empty(); });
    item = items_.front();
    items_.pop_front();
    not_full_.notify();
  }
  bool idle() const noexcept {
    return items_.empty() && !lock_.locked() && lock_.waiting() == 0 && not_full_.waiting() == 0 &&
           not_empty_.waiting() == 0;
  }

 private:
  static constexpr std::size_t capacity = 3;
  Lock lock_;
  Condition not_full_{lock_};
  Condition not_empty_{lock_};
  std::deque<std::size_t> items_;
};

}  // namespace

TEST_SUITE_BEGIN("stress");

TEST_CASE("stress: producers and consumers on two Conditions lose no item and no notification") {
  on_loops([](Loops& loops, Random& random, std::size_t operations) {
    Buffer buffer;
    std::atomic<std::size_t> put_sum{0};
    std::atomic<std::size_t> taken_sum{0};
    const std::size_t crew = 4 * loops.size();  // half of them produce
    const std::size_t each = operations / crew;
    auto body = [&](std::size_t number, Random own, std::size_t) -> Async<void> {
      const bool produces = number / loops.size() % 2 == 0;
      for (std::size_t left = each; left > 0;) {
        std::size_t item = own();
        bool done = false;
        if (produces) {
          done = co_await survives(buffer.put(item));
        } else {
          done = co_await survives(buffer.take(item));
        }
        if (!done) continue;
        (produces ? put_sum : taken_sum) += item;
        --left;
        if (below(own, 16) == 0) co_await survives(sleep(0s));
      }
    };
    run_crew(loops, random, crew, operations, body);
    CHECK(put_sum > 0);
    CHECK(put_sum == taken_sum);
    CHECK(buffer.idle());
  });
}

TEST_CASE("stress: notify_all leaves nobody behind") {
  on_loops([](Loops& loops, Random& random, std::size_t operations) {
    Condition condition;
    const std::size_t crew = 2 * loops.size();
    const std::size_t rounds = operations / crew;
    std::size_t round = 0;  // all under the lock of the condition
    std::size_t arrived = 0;
    auto meet = [&](std::size_t number, bool& counted) -> Async<void> {
      LockGuard guard = co_await condition.acquire();
      if (!std::exchange(counted, true) && ++arrived == crew) {
        arrived = 0;
        ++round;
        condition.notify_all();
      }
      co_await condition.wait_for(guard, [&] { return round > number; });
    };
    auto body = [&](std::size_t, Random, std::size_t) -> Async<void> {
      for (std::size_t number = 0; number < rounds; ++number) {
        bool counted = false;
        bool done = false;
        while (!done)
          done = co_await survives(meet(number, counted));
      }
    };
    run_crew(loops, random, crew, operations, body);
    CHECK(round == rounds);
    CHECK(arrived == 0);
    CHECK(condition.waiting() == 0);
    CHECK_FALSE(condition.locked());
  });
}

TEST_SUITE_END();
