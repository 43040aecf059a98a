// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/semaphore.hpp"

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "support/async_test.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::outcome_of;

namespace {

/// A semaphore whose permits stay taken until the end of the test.
struct Gate {
  explicit Gate(std::size_t permits) : semaphore(permits) {}
  Semaphore semaphore;
  std::string log;
  std::vector<Permit> kept;
};

Async<void> take(Gate& gate, char name) {
  Permit permit = co_await gate.semaphore.acquire();
  gate.log += name;
  gate.kept.push_back(std::move(permit));
}

Async<void> hold(Semaphore& semaphore, Clock::duration time, std::string name, std::string& log) {
  const Permit permit = co_await semaphore.acquire();
  log += name;
  co_await sleep(time);
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

TEST_CASE("semaphore: counts its permits, locked when none is free (test_semaphore_value, test_initial_value_zero)") {
  Semaphore none(0);
  CHECK(none.locked());
  CHECK(none.available() == 0);
  CHECK_FALSE(static_cast<bool>(none.try_acquire()));
  Semaphore semaphore(2);
  CHECK(semaphore.available() == 2);
  CHECK_FALSE(semaphore.locked());
  Permit first = semaphore.try_acquire();
  CHECK(static_cast<bool>(first));
  CHECK_FALSE(semaphore.locked());
  Permit second = semaphore.try_acquire();
  CHECK(semaphore.locked());
  CHECK_FALSE(static_cast<bool>(semaphore.try_acquire()));
  first.release();
  CHECK(semaphore.available() == 1);
  CHECK_FALSE(semaphore.locked());
}

TEST_CASE("semaphore: a permit is given back exactly once") {
  Semaphore semaphore(2);
  {
    Permit permit = semaphore.try_acquire();
    permit.release();
    CHECK_FALSE(static_cast<bool>(permit));
    CHECK(semaphore.available() == 2);
    permit.release();
    CHECK(semaphore.available() == 2);
    permit = semaphore.try_acquire();
    CHECK(semaphore.available() == 1);
    Permit moved = std::move(permit);
    CHECK_FALSE(static_cast<bool>(permit));
    CHECK(semaphore.available() == 1);
  }
  CHECK(semaphore.available() == 2);
  Permit().release();
}

TEST_CASE("semaphore: assigning to a permit gives the old one back with the other") {
  Semaphore semaphore(2);
  {
    Permit a = semaphore.try_acquire();
    {
      Permit b = semaphore.try_acquire();
      a = std::move(b);
    }
    CHECK(semaphore.available() == 1);
  }
  CHECK(semaphore.available() == 2);
}

TEST_CASE("semaphore: a release without an acquire adds a permit (test_release_no_waiters)") {
  Semaphore semaphore(1);
  semaphore.release();
  CHECK(semaphore.available() == 2);
}

ASYNC_TEST_CASE("semaphore: at most as many as it has permits are inside, the others wait (test_acquire)") {
  Semaphore semaphore(3);
  int inside = 0;
  int most = 0;
  auto work = [&]() -> Async<void> {
    const Permit permit = co_await semaphore.acquire();
    most = std::max(most, ++inside);
    co_await sleep(1s);
    --inside;
  };
  std::vector<Task<void>> tasks;
  for (int i = 0; i < 10; ++i)
    tasks.push_back(create_task(work()));
  const auto began = EventLoop::current().time();
  co_await sleep(0s);
  CHECK(semaphore.waiting() == 7);
  CHECK(semaphore.locked());
  for (const Task<void>& task : tasks)
    co_await task;
  CHECK(most == 3);
  CHECK(EventLoop::current().time() - began == 4s);
  CHECK(semaphore.available() == 3);
  CHECK(semaphore.waiting() == 0);
}

ASYNC_TEST_CASE("semaphore: each release wakes exactly one, in the order of arrival (test_acquire_fifo_order)") {
  Gate gate(0);
  Semaphore& semaphore = gate.semaphore;
  std::vector<Task<void>> tasks;
  for (const char name : std::string("abcd"))
    tasks.push_back(create_task(take(gate, name)));
  co_await sleep(0s);
  CHECK(gate.log.empty());
  semaphore.release();
  co_await sleep(0s);
  co_await sleep(0s);
  CHECK(gate.log == "a");
  semaphore.release();
  co_await sleep(0s);
  CHECK(gate.log == "ab");
  semaphore.release();
  semaphore.release();
  co_await sleep(0s);
  CHECK(gate.log == "abcd");
  CHECK(semaphore.available() == 0);
}

ASYNC_TEST_CASE(
    "semaphore: release then acquire in one step queues behind those who wait "
    "(test_acquire_fifo_order_2)") {
  Semaphore semaphore(1);
  std::string log;
  auto greedy = [&]() -> Async<void> {
    for (int i = 0; i < 2; ++i) {
      const Permit permit = co_await semaphore.acquire();
      log += "g";
      co_await sleep(0s);
    }
  };
  Task<void> first = create_task(greedy());
  Task<void> second = create_task(hold(semaphore, 0s, "a", log));
  Task<void> third = create_task(hold(semaphore, 0s, "b", log));
  co_await first;
  co_await second;
  co_await third;
  CHECK(log == "gabg");
}

ASYNC_TEST_CASE("semaphore: several releases wake several, in order, before a newcomer (test_acquire_fifo_order_4)") {
  Gate gate(0);
  Semaphore& semaphore = gate.semaphore;
  Task<void> a = create_task(take(gate, 'a'));
  Task<void> b = create_task(take(gate, 'b'));
  co_await sleep(0s);
  semaphore.release();
  CHECK(semaphore.locked());  // granted already, though nobody has run
  CHECK_FALSE(static_cast<bool>(semaphore.try_acquire()));
  semaphore.release();
  Task<void> newcomer = create_task(take(gate, 'n'));
  semaphore.release();
  co_await a;
  co_await b;
  co_await newcomer;
  CHECK(gate.log == "abn");
}

ASYNC_TEST_CASE("semaphore: a cancelled waiter leaves the queue and costs nothing (test_acquire_cancel)") {
  Semaphore semaphore(1);
  Permit held = co_await semaphore.acquire();
  Task<std::string> waiter = create_task(outcome_of(semaphore.acquire()));
  co_await sleep(1s);
  CHECK(semaphore.waiting() == 1);
  waiter.cancel();
  CHECK(semaphore.waiting() == 0);
  const std::string outcome = co_await waiter;
  CHECK(outcome == "Cancelled(user)");
  held.release();
  CHECK(semaphore.available() == 1);
}

ASYNC_TEST_CASE(
    "semaphore: cancelled waiters are passed over (test_acquire_cancel_before_awoken, "
    "test_acquire_fifo_order_3)") {
  Gate gate(0);
  Semaphore& semaphore = gate.semaphore;
  std::vector<Task<void>> tasks;
  for (const char name : std::string("abcd"))
    tasks.push_back(create_task(take(gate, name)));
  co_await sleep(0s);
  tasks[0].cancel();
  tasks[1].cancel();
  semaphore.release();
  co_await sleep(0s);
  co_await sleep(0s);
  CHECK(gate.log == "c");
  CHECK(tasks[0].cancelled());
  CHECK(tasks[1].cancelled());
  CHECK_FALSE(tasks[3].done());
  tasks[3].cancel();
  co_await outcome_of(tasks[3]);
  CHECK(semaphore.available() == 0);
  CHECK(semaphore.waiting() == 0);
}

ASYNC_TEST_CASE("semaphore: cancel and release in one step hang nobody (test_acquire_hang)") {
  Gate gate(0);
  Semaphore& semaphore = gate.semaphore;
  Task<void> a = create_task(take(gate, 'a'));
  Task<void> b = create_task(take(gate, 'b'));
  co_await sleep(0s);
  a.cancel();
  semaphore.release();
  co_await sleep(0s);
  co_await sleep(0s);
  CHECK(b.done());
  CHECK(gate.log == "b");
  CHECK(semaphore.locked());
}

ASYNC_TEST_CASE("semaphore: a permit granted to a cancelled waiter is not lost (test_acquire_no_hang)") {
  Semaphore semaphore(1);
  std::optional<Task<std::string>> second;
  auto first = [&]() -> Async<void> {
    {
      const Permit permit = co_await semaphore.acquire();
      co_await sleep(0s);
    }
    second->cancel();  // it has the permit already: its acquire completes
  };
  auto wait = [&]() -> Async<std::string> {
    Permit permit = co_await semaphore.acquire();
    std::string outcome = co_await outcome_of(sleep(1s));
    co_return outcome;
  };
  Task<void> one = create_task(first());
  second = create_task(wait());
  co_await one;
  const std::string outcome = co_await *second;
  CHECK(outcome == "Cancelled(user)");
  const Permit again = co_await timeout(1s, semaphore.acquire());
  CHECK(static_cast<bool>(again));
}

ASYNC_TEST_CASE(
    "semaphore: a permit granted to a cancelled waiter goes to the next (test_acquire_cancel_before_awoken)") {
  Semaphore semaphore(0);
  std::string log;
  auto wait = [&](std::string name) -> Async<void> {
    const Permit permit = co_await semaphore.acquire();
    co_await sleep(0s);  // the cancellation that came after the grant is thrown here
    log += name;
  };
  Task<void> a = create_task(wait("a"));
  Task<void> b = create_task(wait("b"));
  co_await sleep(0s);
  semaphore.release();
  a.cancel();
  co_await b;
  CHECK(a.cancelled());
  CHECK(log == "b");
  CHECK(semaphore.available() == 1);
}

ASYNC_TEST_CASE(
    "semaphore: a cancellation that is pending is thrown by an acquire that has to wait, not by a free one") {
  Semaphore semaphore(1);
  std::vector<std::string> log;
  auto body = [&]() -> Async<void> {
    current_task()->cancel();
    const Permit free = co_await semaphore.acquire();
    log.push_back("acquired");
    log.push_back(co_await outcome_of(semaphore.acquire()));
  };
  Task<void> task = create_task(body());
  co_await task;
  CHECK(log == std::vector<std::string>{"acquired", "Cancelled(user)"});
  CHECK(semaphore.available() == 1);
  CHECK(semaphore.waiting() == 0);
}

ASYNC_TEST_CASE("semaphore: a task cancelled while it only gives way keeps its permit (fairness)") {
  Semaphore semaphore(1);
  int acquired = 0;
  auto body = [&]() -> Async<void> {
    while (true) {
      const Permit permit = co_await semaphore.acquire();
      ++acquired;
    }
  };
  Task<void> task = create_task(body());
  co_await sleep(0s);
  const int before = acquired;
  CHECK(semaphore.available() == 0);  // taken, and queued for its next turn
  task.cancel();
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(user)");
  CHECK(acquired > before);
  CHECK(semaphore.available() == 1);
}

ASYNC_TEST_CASE("semaphore: an acquire under a timeout leaves the queue when it expires") {
  Semaphore semaphore(0);
  const std::string outcome = co_await outcome_of(timeout(1s, semaphore.acquire()));
  CHECK(outcome == "TimeoutError");
  CHECK(semaphore.waiting() == 0);
  semaphore.release();
  CHECK(semaphore.available() == 1);
}

ASYNC_TEST_CASE("semaphore: a result that nobody takes is given back") {
  Semaphore semaphore(1);
  co_await outcome_of(semaphore.acquire());
  CHECK(semaphore.available() == 1);
  {
    Task<Permit> task = create_task(detail::as_async(semaphore.acquire()));
    co_await sleep(1s);
    CHECK(task.done());
    CHECK(semaphore.available() == 0);
  }
  CHECK(semaphore.available() == 1);
}

ASYNC_TEST_CASE("semaphore: 1,000 waiters, every other one cancelled, in order") {
  Semaphore semaphore(0);
  std::vector<int> log;
  auto wait = [&](int number) -> Async<void> {
    const Permit permit = co_await semaphore.acquire();
    log.push_back(number);
  };
  std::vector<Task<void>> tasks;
  for (int i = 0; i < 1'000; ++i)
    tasks.push_back(create_task(wait(i)));
  co_await sleep(0s);
  for (std::size_t i = 0; i < tasks.size(); i += 2)
    tasks[i].cancel();
  CHECK(semaphore.waiting() == 500);
  semaphore.release();
  for (std::size_t i = 1; i < tasks.size(); i += 2)
    co_await tasks[i];
  std::vector<int> odd;
  for (int i = 1; i < 1'000; i += 2)
    odd.push_back(i);
  CHECK(log == odd);
  CHECK(semaphore.available() == 1);
}

TEST_CASE("semaphore: one with as many permits as can be counted neither overflows nor locks") {
  for (std::size_t less = 0; less < 3; ++less) {
    const std::size_t permits = std::numeric_limits<std::size_t>::max() - less;
    Semaphore semaphore(permits);
    CHECK_FALSE(semaphore.locked());
    const Permit permit = semaphore.try_acquire();
    CHECK(static_cast<bool>(permit));
    CHECK(semaphore.waiting() == 0);
  }
}

ASYNC_TEST_CASE("semaphore: gone to the last waiter, a permit given back is free again") {
  Gate gate(0);
  Task<void> only = create_task(take(gate, 'a'));
  co_await sleep(0s);
  gate.semaphore.release();
  CHECK(gate.semaphore.locked());
  gate.semaphore.release();
  CHECK(gate.semaphore.available() == 1);
  co_await only;
  gate.kept.clear();
  CHECK(gate.semaphore.available() == 2);
}

TEST_SUITE_END();
