// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "coroute/asyncio/event_loop.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

/// A timer that writes down when it fired.
struct LoggedTimer : detail::Timer {
  LoggedTimer(EventLoop& loop, int number, std::vector<int>& log)
      : Timer(&on_fire), loop(&loop), number(number), log(&log) {}
  static void on_fire(Timer& timer) noexcept {
    auto& self = static_cast<LoggedTimer&>(timer);
    self.fired_at = self.loop->time();
    self.log->push_back(self.number);
  }
  EventLoop* loop;
  int number;
  std::vector<int>* log;
  Clock::time_point fired_at{};
};

struct TimerSet {
  explicit TimerSet(int count) {
    for (int i = 0; i < count; ++i)
      timers.push_back(std::make_unique<LoggedTimer>(loop, i, log));
  }
  LoggedTimer& operator[](std::size_t i) { return *timers[i]; }
  void add(std::size_t i, Clock::duration when) {
    timers[i]->when = Clock::time_point{when};
    loop.add_timer(*timers[i]);
  }
  void run() {
    loop.call_later(24h, [this] { loop.stop(); });
    loop.run();
  }

  EventLoop loop{{.virtual_time = true}};
  std::vector<int> log;
  std::vector<std::unique_ptr<LoggedTimer>> timers;
};

}  // namespace

TEST_SUITE_BEGIN("asyncio");

TEST_CASE("timers: fire once, at their time, and are not queued afterwards") {
  TimerSet set(2);
  set.add(0, 2ms);
  set.add(1, 1ms);
  CHECK(set[0].queued());
  set.run();
  CHECK(set.log == std::vector<int>{1, 0});
  CHECK(set[0].fired_at == Clock::time_point{2ms});
  CHECK(set[1].fired_at == Clock::time_point{1ms});
  CHECK_FALSE(set[0].queued());
}

TEST_CASE("timers: removing one that is not queued does nothing") {
  TimerSet set(2);
  set.loop.remove_timer(set[0]);
  set.add(1, 1ms);
  set.loop.remove_timer(set[1]);
  set.loop.remove_timer(set[1]);
  set.run();
  CHECK(set.log.empty());
}

TEST_CASE("timers: a fired one may be added again") {
  TimerSet set(1);
  set.add(0, 1ms);
  set.run();
  set.add(0, 25h);
  set.loop.call_later(48h, [&] { set.loop.stop(); });
  set.loop.run();
  CHECK(set.log == std::vector<int>{0, 0});
}

TEST_CASE("timers: every position of a small heap can be removed, the order of the rest stays") {
  constexpr std::size_t count = 12;
  for (std::size_t removed = 0; removed < count; ++removed) {
    TimerSet set(count);
    for (std::size_t i = 0; i < count; ++i)
      set.add(i, std::chrono::milliseconds((i * 7) % count));
    set.loop.remove_timer(set[removed]);
    set.run();
    std::vector<int> expected;
    for (std::size_t ms = 0; ms < count; ++ms) {
      for (std::size_t i = 0; i < count; ++i) {
        if ((i * 7) % count == ms && i != removed) expected.push_back(static_cast<int>(i));
      }
    }
    CAPTURE(removed);
    CHECK(set.log == expected);
  }
}

TEST_CASE("timers: 10,000 random ones, a third removed and some moved, fire in the order of deadline and arrival") {
  constexpr unsigned seed = 20'240'229;
  constexpr int count = 10'000;
  CAPTURE(seed);
  std::mt19937 random(seed);
  TimerSet set(count);
  std::vector<std::pair<std::size_t, std::size_t>> due(count);  // deadline, arrival
  std::size_t arrival = 0;
  const auto add = [&](std::size_t i) {
    const std::size_t ms = random() % 3'000;  // several share a deadline
    set.add(i, std::chrono::milliseconds(ms));
    due[i] = {ms, arrival++};
  };
  for (std::size_t i = 0; i < count; ++i) {
    add(i);
    const std::size_t other = random() % (i + 1);
    if (random() % 3 == 0) set.loop.remove_timer(set[other]);
    if (random() % 5 == 0 && !set[other].queued()) add(other);
  }
  std::vector<int> expected;
  for (int i = 0; i < count; ++i) {
    if (set[static_cast<std::size_t>(i)].queued()) expected.push_back(i);
  }
  std::sort(expected.begin(), expected.end(),
            [&](int a, int b) { return due[static_cast<std::size_t>(a)] < due[static_cast<std::size_t>(b)]; });
  CHECK(expected.size() > 5'000);
  CHECK(expected.size() < 9'000);
  set.run();
  CHECK((set.log == expected));  // in brackets: 10,000 numbers are no message
  const bool in_time = std::all_of(expected.begin(), expected.end(), [&](int i) {
    const auto index = static_cast<std::size_t>(i);
    return set[index].fired_at == Clock::time_point{std::chrono::milliseconds(due[index].first)};
  });
  CHECK(in_time);
}

TEST_CASE("timers: one that fires may remove another that is due") {
  TimerSet set(1);
  bool removed = false;
  struct Remover : detail::Timer {
    Remover(EventLoop& loop, Timer& victim, bool& removed)
        : Timer(&on_fire), loop(&loop), victim(&victim), removed(&removed) {}
    static void on_fire(Timer& timer) noexcept {
      auto& self = static_cast<Remover&>(timer);
      self.loop->remove_timer(*self.victim);
      *self.removed = true;
    }
    EventLoop* loop;
    Timer* victim;
    bool* removed;
  } remover(set.loop, set[0], removed);
  remover.when = Clock::time_point{1ms};
  set.loop.add_timer(remover);
  set.add(0, 1ms);
  set.run();
  CHECK(removed);
  CHECK(set.log.empty());
}

TEST_CASE("timers: callbacks that wait for their time are counted, and nothing else") {
  EventLoop loop({.virtual_time = true});
  std::vector<int> log;
  LoggedTimer timer(loop, 0, log);
  timer.when = Clock::time_point(3s);
  loop.add_timer(timer);
  CHECK(loop.timed_callback_count() == 0);
  loop.call_soon([] {});
  loop.call_later(1s, [] {});
  loop.call_later(2s, [&] { loop.stop(); });
  CHECK(loop.timed_callback_count() == 2);
  loop.run();
  CHECK(loop.timed_callback_count() == 0);
  loop.remove_timer(timer);
}

TEST_SUITE_END();
