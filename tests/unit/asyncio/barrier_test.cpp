// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/barrier.hpp"

#include <algorithm>
#include <atomic>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "support/async_test.hpp"
#include "support/loop_thread.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::LoopThread;
using coroute::testing::outcome_of;
using coroute::testing::wait_until_done;

namespace {

static_assert(!std::is_move_constructible_v<Barrier>);
static_assert(std::is_base_of_v<RuntimeError, BrokenBarrierError>);

constexpr std::size_t parties = 5;

/// False: the barrier was broken.
Async<bool> passes(Barrier& barrier) {
  try {
    co_await barrier.wait();
  } catch (const BrokenBarrierError&) {
    co_return false;
  }
  co_return true;
}

/// `body` must outlive the tasks.
template <class Body>
std::vector<Task<void>> make_tasks(std::size_t n, const Body& body) {
  std::vector<Task<void>> tasks;
  for (std::size_t i = 0; i < n; ++i)
    tasks.push_back(create_task(body()));
  return tasks;
}

Async<void> join(std::vector<Task<void>> tasks) {
  for (const Task<void>& task : tasks)
    co_await task;
}

template <class Body>
Async<void> run_all(std::size_t n, const Body& body) {
  return join(make_tasks(n, body));
}

std::vector<std::size_t> sorted(std::vector<std::size_t> values) {
  std::sort(values.begin(), values.end());
  return values;
}

const std::vector<std::size_t> zero_to_four{0, 1, 2, 3, 4};

}  // namespace

TEST_SUITE_BEGIN("asyncio");

TEST_CASE("barrier: needs at least one party (test_barrier_parties)") {
  CHECK_THROWS_WITH_AS(Barrier(0), "a barrier needs at least 1 party", std::invalid_argument);
  CHECK_THROWS_AS(Barrier(-4), std::invalid_argument);
  CHECK_THROWS_AS(Barrier(std::size_t{0}), std::invalid_argument);
  CHECK(Barrier(1).parties() == 1);
  CHECK(Barrier(std::size_t{5}).parties() == 5);
}

TEST_CASE("barrier: begins empty and filling (test_barrier)") {
  const Barrier barrier(parties);
  CHECK(barrier.state() == BarrierState::Filling);
  CHECK(barrier.n_waiting() == 0);
  CHECK_FALSE(barrier.broken());
}

ASYNC_TEST_CASE("barrier: tells its state by name (test_repr)") {
  Barrier barrier(parties);
  std::vector<Task<bool>> tasks;
  auto add = [&](std::size_t n) {
    for (std::size_t i = 0; i < n; ++i)
      tasks.push_back(create_task(passes(barrier)));
  };
  add(2);
  co_await sleep(0s);
  CHECK(barrier.n_waiting() == 2);
  CHECK(std::string(to_string(barrier.state())) == "filling");
  add(barrier.parties() - barrier.n_waiting());
  co_await sleep(0s);
  CHECK(std::string(to_string(barrier.state())) == "draining");
  CHECK(barrier.n_waiting() == 0);
  barrier.reset();
  CHECK(std::string(to_string(barrier.state())) == "resetting");
  add(2);
  barrier.abort();
  CHECK(std::string(to_string(barrier.state())) == "broken");
  CHECK(barrier.broken());
  for (const Task<bool>& task : tasks)
    co_await task;
  CHECK(tasks[4].result());  // the one that had left when it was reset
  CHECK(std::none_of(tasks.begin(), tasks.begin() + 4, [](const Task<bool>& task) { return task.result(); }));
  CHECK_FALSE(tasks[5].result());
  CHECK(barrier.broken());
}

ASYNC_TEST_CASE("barrier: each task gets a number of its own (test_context_manager)") {
  Barrier barrier(3);
  std::vector<std::size_t> results;
  const auto body = [&]() -> Async<void> {
    const std::size_t index = co_await barrier.wait();
    results.push_back(index);
  };
  co_await run_all(3, body);
  CHECK(sorted(results) == std::vector<std::size_t>{0, 1, 2});
  CHECK(barrier.n_waiting() == 0);
  CHECK_FALSE(barrier.broken());
}

ASYNC_TEST_CASE("barrier: with one party, nobody waits or suspends (test_filling_one_task)") {
  Barrier barrier(1);
  bool passed = false;
  auto body = [&]() -> Async<void> {
    const std::size_t index = co_await barrier.wait();
    passed = index == 0;
  };
  Task<void> task = create_task(body());
  bool other_ran = false;
  EventLoop::current().call_soon([&] { other_ran = passed; });
  co_await task;
  co_await sleep(0s);
  CHECK(other_ran);
  CHECK(barrier.n_waiting() == 0);
  CHECK(barrier.state() == BarrierState::Filling);
}

ASYNC_TEST_CASE("barrier: with one party, passed twice (test_filling_one_task_twice)") {
  Barrier barrier(1);
  Task<std::size_t> first = create_task(barrier.wait());
  co_await sleep(0s);
  CHECK(barrier.n_waiting() == 0);
  Task<std::size_t> second = create_task(barrier.wait());
  co_await sleep(0s);
  CHECK((first.done() && second.done()));
  CHECK(first.result() == second.result());
  CHECK(barrier.n_waiting() == 0);
}

ASYNC_TEST_CASE("barrier: tasks come one by one (test_filling_task_by_task)") {
  Barrier barrier(3);
  Task<std::size_t> first = create_task(barrier.wait());
  co_await sleep(0s);
  CHECK(barrier.n_waiting() == 1);
  CHECK(barrier.state() == BarrierState::Filling);
  Task<std::size_t> second = create_task(barrier.wait());
  co_await sleep(0s);
  CHECK(barrier.n_waiting() == 2);
  CHECK(barrier.state() == BarrierState::Filling);
  CHECK_FALSE(first.done());
  const std::size_t last = co_await barrier.wait();
  CHECK(last == 2);  // and goes on at once
  CHECK_FALSE(first.done());
  const std::size_t a = co_await first;
  const std::size_t b = co_await second;
  CHECK(a == 0);
  CHECK(b == 1);
  CHECK(barrier.n_waiting() == 0);
  CHECK_FALSE(barrier.broken());
}

ASYNC_TEST_CASE("barrier: can be used again (test_filling_tasks_wait_twice)") {
  Barrier barrier(parties);
  std::string log;
  const auto body = [&]() -> Async<void> {
    co_await barrier.wait();
    log += '1';
    co_await barrier.wait();
    log += '2';
  };
  co_await run_all(parties, body);
  CHECK(log == "1111122222");
  CHECK(barrier.n_waiting() == 0);
  CHECK_FALSE(barrier.broken());
}

ASYNC_TEST_CASE("barrier: the numbers of the second round are complete too (test_filling_tasks_check_return_value)") {
  Barrier barrier(parties);
  std::vector<std::size_t> first;
  std::vector<std::size_t> second;
  const auto body = [&]() -> Async<void> {
    first.push_back(co_await barrier.wait());
    second.push_back(co_await barrier.wait());
  };
  co_await run_all(parties, body);
  CHECK(sorted(first) == zero_to_four);
  CHECK(sorted(second) == zero_to_four);
  CHECK(barrier.n_waiting() == 0);
}

ASYNC_TEST_CASE("barrier: drains until the last has left (test_draining_state)") {
  Barrier barrier(parties);
  std::vector<bool> draining;
  const auto body = [&]() -> Async<void> {
    co_await barrier.wait();
    draining.push_back(barrier.state() == BarrierState::Draining);
  };
  co_await run_all(parties, body);
  CHECK(draining == std::vector<bool>{true, true, true, true, false});
  CHECK(barrier.n_waiting() == 0);
}

ASYNC_TEST_CASE("barrier: who comes while it drains waits for the next round (test_blocking_tasks_while_draining)") {
  const std::size_t rewait = 2;
  Barrier barrier(parties);
  Barrier others(parties - rewait);
  std::size_t left = rewait;
  std::size_t through_others = 0;
  const auto body = [&]() -> Async<void> {
    co_await barrier.wait();
    if (left > 0) {
      --left;
      co_await barrier.wait();
    } else {
      co_await others.wait();
      ++through_others;
      co_await barrier.wait();
    }
  };
  co_await run_all(parties, body);
  CHECK(through_others == parties - rewait);
  CHECK(barrier.n_waiting() == 0);
}

ASYNC_TEST_CASE("barrier: a cancelled task counts no more (test_filling_tasks_cancel_one)") {
  Barrier barrier(3);
  std::vector<std::size_t> results;
  auto body = [&]() -> Async<void> {
    const std::size_t index = co_await barrier.wait();
    results.push_back(index);
  };
  Task<void> first = create_task(body());
  co_await sleep(0s);
  CHECK(barrier.n_waiting() == 1);
  Task<void> second = create_task(body());
  co_await sleep(0s);
  CHECK(barrier.n_waiting() == 2);
  first.cancel();
  co_await sleep(0s);
  CHECK(barrier.n_waiting() == 1);
  const std::string outcome = co_await outcome_of(first);
  CHECK(outcome == "Cancelled(user)");
  Task<void> third = create_task(body());
  co_await sleep(0s);
  CHECK(barrier.n_waiting() == 2);
  Task<void> fourth = create_task(body());
  co_await second;
  co_await third;
  co_await fourth;
  CHECK(sorted(results) == std::vector<std::size_t>{0, 1, 2});  // without gaps, unlike CPython's
  CHECK(barrier.n_waiting() == 0);
  CHECK_FALSE(barrier.broken());
}

ASYNC_TEST_CASE("barrier: cancelled after all have come, a task goes on, and is cancelled at its next await") {
  Barrier barrier(2);
  std::vector<std::string> log;
  auto body = [&]() -> Async<void> {
    log.push_back(co_await outcome_of(barrier.wait()));
    log.push_back(co_await outcome_of(sleep(1s)));
  };
  Task<void> task = create_task(body());
  co_await sleep(0s);
  co_await barrier.wait();
  task.cancel();
  co_await task;
  CHECK(log == std::vector<std::string>{"returned", "Cancelled(user)"});
  CHECK(barrier.state() == BarrierState::Filling);
}

ASYNC_TEST_CASE("barrier: cancelled outside, while it drains, a task leaves no trace") {
  Barrier barrier(2);
  std::string outcome;
  auto body = [&]() -> Async<void> {
    co_await barrier.wait();
    outcome = co_await outcome_of(barrier.wait());
  };
  Task<bool> inside = create_task(passes(barrier));
  co_await sleep(0s);
  Task<void> outside = create_task(body());
  BarrierState state = BarrierState::Broken;
  EventLoop::current().call_soon([&] {  // runs when `outside` has opened the barrier, before `inside` leaves it
    state = barrier.state();
    outside.cancel();
  });
  co_await outside;
  CHECK(state == BarrierState::Draining);
  CHECK(outcome == "Cancelled(user)");
  const bool passed = co_await inside;
  CHECK(passed);
  CHECK(barrier.state() == BarrierState::Filling);
  CHECK(barrier.n_waiting() == 0);
}

ASYNC_TEST_CASE("barrier: a wait under a timeout counts no more when it expires") {
  Barrier barrier(2);
  const std::string outcome = co_await outcome_of(timeout(1s, barrier.wait()));
  CHECK(outcome == "TimeoutError");
  CHECK(barrier.n_waiting() == 0);
}

ASYNC_TEST_CASE("barrier: a pending cancellation is thrown to who has to wait, not to the last") {
  Barrier barrier(2);
  std::vector<std::string> log;
  auto body = [&]() -> Async<void> {
    current_task()->cancel();
    log.push_back(co_await outcome_of(barrier.wait()));
  };
  co_await create_task(body());
  CHECK(barrier.n_waiting() == 0);
  Task<std::size_t> waiter = create_task(barrier.wait());
  co_await sleep(0s);
  co_await create_task(body());
  const std::size_t index = co_await waiter;
  CHECK(index == 0);
  CHECK(log == std::vector<std::string>{"Cancelled(user)", "returned"});
}

ASYNC_TEST_CASE("barrier: a loop around one that is always open lets others run (fairness)") {
  Barrier barrier(1);
  int turns = 0;
  auto body = [&]() -> Async<void> {
    while (true) {
      co_await barrier.wait();
      ++turns;
    }
  };
  Task<void> task = create_task(body());
  co_await sleep(0s);
  const int before = turns;
  CHECK(before > 1);
  co_await sleep(0s);
  CHECK(turns > before);
  task.cancel();
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(user)");
  CHECK(barrier.state() == BarrierState::Filling);
}

TEST_CASE("barrier: tasks of several loops meet, round after round") {
  LoopThread loops[3];
  Barrier barrier(9);
  std::atomic<int> arrived{0};
  std::atomic<bool> early{false};
  auto body = [&]() -> Async<std::size_t> {
    std::size_t sum = 0;
    for (int round = 1; round <= 50; ++round) {
      ++arrived;
      sum += co_await barrier.wait();
      if (arrived < 9 * round) early = true;
    }
    co_return sum;
  };
  std::vector<Task<std::size_t>> tasks;
  for (std::size_t i = 0; i < 9; ++i)
    tasks.push_back(create_task_on(loops[i % 3].loop(), body()));
  std::size_t sum = 0;
  for (const Task<std::size_t>& task : tasks) {
    wait_until_done(task);
    sum += task.result();
  }
  CHECK(sum == 50 * 36);
  CHECK_FALSE(early);
  CHECK(barrier.state() == BarrierState::Filling);
}

TEST_CASE("barrier: a loop that ends takes its tasks out") {
  Barrier barrier(2);
  std::optional<Task<std::size_t>> task;
  {
    LoopThread other;
    task = create_task_on(other.loop(), barrier.wait());
    while (barrier.n_waiting() == 0)
      std::this_thread::yield();
  }
  CHECK(task->cancelled());
  CHECK(barrier.n_waiting() == 0);
}

TEST_SUITE_END();
