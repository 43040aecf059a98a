// SPDX-License-Identifier: BSL-1.0
#include "asyncio/loop_watch.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace coroute;
using namespace std::chrono_literals;
using detail::LoopProgress;
using detail::LoopWatch;

namespace {

LoopProgress at(std::uint64_t number, std::uint64_t turns, bool waiting = false, int thread = 1) {
  LoopProgress progress;
  progress.number = number;
  progress.turns = turns;
  progress.thread = thread;
  progress.waiting = waiting;
  return progress;
}

/// Looks at loops at chosen times; gives "number:milliseconds" of each that is reported.
class Looks {
 public:
  std::string at_time(Clock::duration time, const std::vector<LoopProgress>& loops) {
    std::string text;
    for (const LoopWatch::Blocked& blocked : watch_.look(loops, Clock::time_point(time))) {
      text.append(text.empty() ? "" : " ").append(std::to_string(blocked.loop.number)).append(":");
      text += std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(blocked.time).count());
    }
    return text;
  }

 private:
  LoopWatch watch_{100ms};
};

}  // namespace

TEST_SUITE_BEGIN("asyncio");

TEST_CASE("watchdog: a loop that stands is reported at the limit, and when the time has doubled") {
  Looks looks;
  CHECK(looks.at_time(0ms, {at(1, 7)}).empty());
  CHECK(looks.at_time(99ms, {at(1, 7)}).empty());
  CHECK(looks.at_time(100ms, {at(1, 7)}) == "1:100");
  CHECK(looks.at_time(101ms, {at(1, 7)}).empty());
  CHECK(looks.at_time(199ms, {at(1, 7)}).empty());
  CHECK(looks.at_time(210ms, {at(1, 7)}) == "1:210");
  CHECK(looks.at_time(419ms, {at(1, 7)}).empty());
  CHECK(looks.at_time(420ms, {at(1, 7)}) == "1:420");
}

TEST_CASE("watchdog: after it has gone on, a loop is reported anew") {
  Looks looks;
  CHECK(looks.at_time(0ms, {at(1, 7)}).empty());
  CHECK(looks.at_time(100ms, {at(1, 7)}) == "1:100");
  CHECK(looks.at_time(200ms, {at(1, 8)}).empty());
  CHECK(looks.at_time(299ms, {at(1, 8)}).empty());
  CHECK(looks.at_time(300ms, {at(1, 8)}) == "1:100");
}

TEST_CASE("watchdog: a loop that is idle for long is not reported, nor the time before it was blocked") {
  Looks looks;
  for (const auto time : {0ms, 100ms, 1'000ms, 10'000ms})
    CHECK(looks.at_time(time, {at(1, 7, true)}).empty());
  CHECK(looks.at_time(10'050ms, {at(1, 7)}).empty());
  CHECK(looks.at_time(10'149ms, {at(1, 7)}).empty());
  CHECK(looks.at_time(10'150ms, {at(1, 7)}) == "1:100");
}

TEST_CASE("watchdog: a loop that works in many short steps is not reported") {
  Looks looks;
  for (unsigned i = 0; i < 100; ++i)
    CHECK(looks.at_time(i * 99ms, {at(1, i)}).empty());
}

TEST_CASE("watchdog: loops come, go and are told apart by their numbers") {
  Looks looks;
  CHECK(looks.at_time(0ms, {at(1, 7), at(2, 7)}).empty());
  CHECK(looks.at_time(50ms, {at(1, 7), at(2, 7), at(3, 7)}).empty());
  CHECK(looks.at_time(100ms, {at(1, 7), at(3, 7)}) == "1:100");
  CHECK(looks.at_time(150ms, {at(2, 7), at(3, 7)}) == "3:100");
  CHECK(looks.at_time(250ms, {at(1, 7), at(2, 7)}) == "2:100");
  CHECK(looks.at_time(350ms, {}).empty());
}

TEST_CASE("watchdog: a loop that nobody runs is not reported") {
  Looks looks;
  CHECK(looks.at_time(0ms, {at(1, 7, false, 0)}).empty());
  CHECK(looks.at_time(500ms, {at(1, 7, false, 0)}).empty());
  CHECK(looks.at_time(501ms, {at(1, 7)}).empty());
}

TEST_SUITE_END();
