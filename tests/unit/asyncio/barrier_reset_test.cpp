// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/barrier.hpp"

#include <stdexcept>
#include <string>
#include <vector>

#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "support/async_test.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::outcome_of;

namespace {

constexpr std::size_t parties = 5;
constexpr const char* broken = "RuntimeError: the barrier was reset or aborted";

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

}  // namespace

TEST_SUITE_BEGIN("asyncio");

TEST_CASE("barrier: resetting an empty one changes nothing (test_reset_barrier)") {
  Barrier barrier(1);
  barrier.reset();
  CHECK(barrier.n_waiting() == 0);
  CHECK(barrier.state() == BarrierState::Filling);
}

ASYNC_TEST_CASE("barrier: reset ends the wait of all with an error (test_reset_barrier_while_tasks_waiting)") {
  Barrier barrier(parties);
  std::size_t errors = 0;
  const auto body = [&]() -> Async<void> {
    const bool passed = co_await passes(barrier);
    errors += passed ? 0 : 1;
  };
  std::vector<Task<void>> tasks = make_tasks(parties - 1, body);
  co_await sleep(0s);
  barrier.reset();
  CHECK(barrier.state() == BarrierState::Resetting);
  co_await join(std::move(tasks));
  CHECK(errors == parties - 1);
  CHECK(barrier.n_waiting() == 0);
  CHECK(barrier.state() == BarrierState::Filling);
}

ASYNC_TEST_CASE(
    "barrier: reset while it drains is an error for those still inside "
    "(test_reset_barrier_when_tasks_half_draining)") {
  Barrier barrier(parties);
  std::size_t passed_count = 0;
  std::size_t errors = 0;
  const auto body = [&]() -> Async<void> {
    const bool passed = co_await passes(barrier);
    if (!passed) {
      ++errors;
    } else if (++passed_count == parties - parties / 2) {
      barrier.reset();
    }
  };
  co_await run_all(parties, body);
  CHECK(errors == parties / 2);
  CHECK(barrier.n_waiting() == 0);
  CHECK(barrier.state() == BarrierState::Filling);
}

ASYNC_TEST_CASE(
    "barrier: reset while it drains leaves those alone who wait outside "
    "(test_reset_barrier_when_tasks_half_draining_half_blocking)") {
  Barrier barrier(parties);
  const std::size_t blocking = parties / 2;
  std::size_t inside_errors = 0;
  std::size_t outside_errors = 0;
  std::size_t count = 0;
  const auto body = [&]() -> Async<void> {
    const bool passed = co_await passes(barrier);
    if (!passed) {
      ++inside_errors;
      co_await barrier.wait();
    } else if (++count > blocking) {
      barrier.reset();
      co_await barrier.wait();
    } else {
      const bool again = co_await passes(barrier);
      outside_errors += again ? 0 : 1;
    }
  };
  co_await run_all(parties, body);
  CHECK(inside_errors == blocking);
  CHECK(outside_errors == 0);
  CHECK(barrier.n_waiting() == 0);
  CHECK(barrier.state() == BarrierState::Filling);
}

ASYNC_TEST_CASE(
    "barrier: after a reset the same tasks can wait again "
    "(test_reset_barrier_while_tasks_waiting_and_waiting_again)") {
  Barrier barrier(parties);
  std::size_t errors = 0;
  std::size_t through = 0;
  const auto body = [&]() -> Async<void> {
    const bool passed = co_await passes(barrier);
    errors += passed ? 0 : 1;
    co_await barrier.wait();
    ++through;
  };
  std::vector<Task<void>> tasks = make_tasks(parties - 1, body);
  EventLoop::current().call_soon([&barrier] { barrier.reset(); });
  co_await sleep(0s);
  co_await barrier.wait();
  ++through;
  co_await join(std::move(tasks));
  CHECK_FALSE(barrier.broken());
  CHECK(errors == parties - 1);
  CHECK(through == parties);
  CHECK(barrier.n_waiting() == 0);
}

ASYNC_TEST_CASE(
    "barrier: reset by the last to leave touches nobody who waits outside (test_reset_barrier_while_tasks_draining)") {
  Barrier barrier(parties);
  std::size_t count = 0;
  std::size_t second = 0;
  std::size_t errors = 0;
  std::size_t third = 0;
  const auto body = [&]() -> Async<void> {
    co_await barrier.wait();
    if (++count == parties) {
      barrier.reset();
      co_await barrier.wait();
    } else {
      const bool passed = co_await passes(barrier);
      ++(passed ? second : errors);
    }
    co_await barrier.wait();
    ++third;
  };
  co_await run_all(parties, body);
  CHECK_FALSE(barrier.broken());
  CHECK(second == parties - 1);
  CHECK(errors == 0);
  CHECK(third == parties);
  CHECK(barrier.n_waiting() == 0);
}

ASYNC_TEST_CASE("barrier: abort breaks it until a reset (test_abort_barrier)") {
  Barrier barrier(1);
  barrier.abort();
  CHECK(barrier.n_waiting() == 0);
  CHECK(barrier.broken());
  std::string outcome = co_await outcome_of(barrier.wait());
  CHECK(outcome == broken);
  barrier.abort();
  CHECK(barrier.broken());
  barrier.reset();
  CHECK_FALSE(barrier.broken());
  outcome = co_await outcome_of(barrier.wait());
  CHECK(outcome == "returned");
}

ASYNC_TEST_CASE(
    "barrier: abort while it drains is an error for those inside and outside "
    "(test_abort_barrier_when_tasks_half_draining_half_blocking)") {
  Barrier barrier(parties);
  const std::size_t blocking = parties / 2;
  std::size_t inside_errors = 0;
  std::size_t outside_errors = 0;
  std::size_t count = 0;
  const auto body = [&]() -> Async<void> {
    const bool passed = co_await passes(barrier);
    if (!passed) {
      ++inside_errors;
    } else if (++count > blocking) {
      barrier.abort();
    } else {
      const bool again = co_await passes(barrier);
      outside_errors += again ? 0 : 1;
    }
  };
  co_await run_all(parties, body);
  CHECK(barrier.broken());
  CHECK(inside_errors == blocking);
  CHECK(outside_errors == parties - blocking - 1);
  CHECK(barrier.n_waiting() == 0);
  CHECK(barrier.state() == BarrierState::Broken);
}

ASYNC_TEST_CASE("barrier: a task that failed aborts it for the others (test_abort_barrier_when_exception)") {
  Barrier barrier(parties);
  std::size_t through = 0;
  std::size_t errors = 0;
  const auto body = [&]() -> Async<void> {
    try {
      const std::size_t index = co_await barrier.wait();
      if (index == parties / 2) throw std::runtime_error("failed");
      co_await barrier.wait();
      ++through;
    } catch (const BrokenBarrierError&) {
      ++errors;
    } catch (const std::runtime_error&) {
      barrier.abort();  // possible here, since it needs no await
    }
  };
  co_await run_all(parties, body);
  CHECK(barrier.broken());
  CHECK(through == 0);
  CHECK(errors == parties - 1);
  CHECK(barrier.n_waiting() == 0);
}

ASYNC_TEST_CASE("barrier: aborted, reset, used again (test_abort_barrier_when_exception_then_resetting)") {
  Barrier first(parties);
  Barrier second(parties);
  std::size_t through = 0;
  std::size_t errors = 0;
  std::size_t ended = 0;
  const auto body = [&]() -> Async<void> {
    try {
      const std::size_t index = co_await first.wait();
      if (index == parties / 2) throw std::runtime_error("failed");
      co_await first.wait();
      ++through;
    } catch (const BrokenBarrierError&) {
      ++errors;
    } catch (const std::runtime_error&) {
      first.abort();
    }
    // Everybody has left the first before it is reset, and nobody enters it before that.
    const std::size_t index = co_await second.wait();
    if (index == parties / 2) first.reset();
    co_await second.wait();
    co_await first.wait();
    ++ended;
  };
  co_await run_all(parties, body);
  CHECK_FALSE(first.broken());
  CHECK(through == 0);
  CHECK(errors == parties - 1);
  CHECK(ended == parties);
  CHECK(first.n_waiting() == 0);
}

ASYNC_TEST_CASE("barrier: aborted while tasks wait, it can be reset before they have left") {
  Barrier barrier(3);
  Task<bool> first = create_task(passes(barrier));
  Task<bool> second = create_task(passes(barrier));
  co_await sleep(0s);
  barrier.abort();
  barrier.reset();
  CHECK(barrier.state() == BarrierState::Resetting);
  Task<bool> third = create_task(passes(barrier));  // waits outside
  bool passed = co_await first;
  CHECK_FALSE(passed);
  passed = co_await second;
  CHECK_FALSE(passed);
  co_await sleep(0s);
  CHECK(barrier.n_waiting() == 1);
  barrier.reset();
  passed = co_await third;
  CHECK_FALSE(passed);
  CHECK(barrier.state() == BarrierState::Filling);
}

ASYNC_TEST_CASE("barrier: aborted and reset at once, it lets those outside into the next round") {
  Barrier barrier(2);
  std::string log;
  auto body = [&]() -> Async<void> {
    co_await barrier.wait();
    const bool passed = co_await passes(barrier);
    log += passed ? 'p' : 'b';
  };
  Task<bool> inside = create_task(passes(barrier));
  co_await sleep(0s);
  Task<void> outside = create_task(body());
  EventLoop::current().call_soon([&barrier] {
    barrier.abort();
    barrier.reset();
  });
  const bool passed = co_await inside;
  CHECK_FALSE(passed);
  co_await barrier.wait();
  co_await outside;
  CHECK(log == "p");
}

TEST_SUITE_END();
