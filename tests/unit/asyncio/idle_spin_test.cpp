// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/detail/idle_spin.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <utility>

#include "coroute/asyncio/cpu_count.hpp"
#include "coroute/asyncio/run.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/asyncio/thread_pool.hpp"
#include "support/loop_thread.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::detail::IdleSpin;

namespace {

void note_soon(IdleSpin& spin, unsigned times) {
  for (unsigned i = 0; i < times; ++i)
    spin.note(true, IdleSpin::soon);
}

Async<int> twice(int number) {
  co_return 2 * number;
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

TEST_CASE("idle_spin: is worth it after several waits in a row that another thread ended soon") {
  IdleSpin spin;
  note_soon(spin, IdleSpin::enough - 1);
  CHECK(!spin.is_worth_it());
  note_soon(spin, 1);
  CHECK(spin.is_worth_it());
}

TEST_CASE("idle_spin: a longer wait, or one that no thread ended, makes it begin to count anew") {
  IdleSpin spin;
  note_soon(spin, IdleSpin::enough);
  spin.note(true, IdleSpin::soon + 1ns);
  CHECK(!spin.is_worth_it());
  note_soon(spin, IdleSpin::enough);
  spin.note(false, 0ns);
  CHECK(!spin.is_worth_it());
  note_soon(spin, IdleSpin::enough - 1);
  CHECK(!spin.is_worth_it());
}

TEST_CASE("idle_spin: looks until it finds something") {
  if (!IdleSpin::is_possible()) return;  // on one core nobody could bring it
  int looks = 0;
  CHECK(IdleSpin::look([&] { return ++looks == 3; }, [] {}));
  CHECK(looks == 3);
}

TEST_CASE("idle_spin: gives up in the end, and has polled meanwhile") {
  if (!IdleSpin::is_possible()) return;
  int polls = 0;
  const auto began = Clock::now();
  CHECK(!IdleSpin::look([] { return false; }, [&] { ++polls; }));
  CHECK(Clock::now() - began >= IdleSpin::limit);
  CHECK(polls > 0);
}

TEST_CASE("idle_spin: no more threads look at once than there are cores") {
  // Whoever finds no place asks once and doesn't poll: so many polls are those of the ones that had one.
  std::size_t polling = 0;
  const auto nested = [&](auto& self, std::size_t depth) -> void {
    bool polled = false;
    bool entered = false;
    IdleSpin::look(
        [&] {
          if (!std::exchange(entered, true) && depth < 2 * available_cpus()) self(self, depth + 1);
          return false;
        },
        [&] { polled = true; });
    if (polled) ++polling;
  };
  nested(nested, 1);
  CHECK(polling == (IdleSpin::is_possible() ? available_cpus() : 0));
}

TEST_CASE("idle_spin: a loop that is called from another again and again answers each call") {
  testing::LoopThread other;
  const auto main = [&]() -> Async<int> {
    int sum = 0;
    for (int i = 0; i < 2000; ++i)
      sum += co_await create_task_on(other.loop(), twice(1));
    co_return sum;
  };
  CHECK(run(main()) == 4000);
}

TEST_CASE("idle_spin: a pool of one thread that gets a job after the other runs each once") {
  ThreadPoolOptions options;
  options.threads = 1;
  ThreadPool pool(options);
  const auto main = [&]() -> Async<int> {
    int sum = 0;
    for (int i = 0; i < 2000; ++i)
      sum += co_await to_thread(pool, [] { return 1; });
    co_return sum;
  };
  CHECK(run(main()) == 2000);
}

TEST_SUITE_END();
