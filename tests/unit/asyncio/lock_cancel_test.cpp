// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/lock.hpp"

#include <optional>
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

namespace {

static_assert(std::is_nothrow_move_constructible_v<LockGuard> && !std::is_copy_constructible_v<LockGuard>);
static_assert(!std::is_move_constructible_v<Lock>);

Async<void> hold(Lock& lock, Clock::duration time, char name, std::string& log) {
  const LockGuard guard = co_await lock.acquire();
  log += name;
  co_await sleep(time);
}

/// Takes the lock and leaves it acquired.
Async<void> take(Lock& lock, char name, std::string& log) {
  LockGuard guard = co_await lock.acquire();
  guard.detach();
  log += name;
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE("lock: a cancelled waiter leaves the queue (test_acquire_cancel)") {
  Lock lock;
  LockGuard held = co_await lock.acquire();
  Task<std::string> waiter = create_task(outcome_of(lock.acquire()));
  co_await sleep(1s);
  CHECK(lock.waiting() == 1);
  EventLoop::current().call_soon([&waiter] { waiter.cancel(); });
  const std::string outcome = co_await waiter;
  CHECK(outcome == "Cancelled(user)");
  CHECK(lock.waiting() == 0);
  CHECK(lock.locked());
  held.release();
  CHECK_FALSE(lock.locked());
}

ASYNC_TEST_CASE("lock: a waiter is cancelled while the holder releases: the next gets it (test_cancel_race)") {
  Lock lock;
  std::string log;
  Task<void> a = create_task(hold(lock, 1s, 'a', log));
  co_await sleep(0s);
  CHECK(lock.locked());
  Task<void> b = create_task(hold(lock, 0s, 'b', log));
  co_await sleep(0s);
  CHECK(lock.waiting() == 1);
  Task<void> c = create_task(hold(lock, 0s, 'c', log));
  co_await sleep(0s);
  CHECK(lock.waiting() == 2);
  co_await sleep(1s);  // a releases in this very step
  b.cancel();
  co_await c;
  CHECK(a.done());
  CHECK(b.cancelled());
  CHECK(log.back() == 'c');
  CHECK_FALSE(lock.locked());
}

ASYNC_TEST_CASE("lock: cancel and release in one step take it exactly once (test_cancel_release_race)") {
  Lock lock;
  int acquired = 0;
  LockGuard guard = co_await lock.acquire();
  guard.detach();
  auto acquire = [&]() -> Async<void> {
    LockGuard mine = co_await lock.acquire();
    mine.detach();
    ++acquired;
  };
  Task<void> waiter = create_task(acquire());
  Task<void> next = create_task(acquire());
  co_await sleep(0s);
  waiter.cancel();
  lock.release();
  co_await next;
  CHECK(waiter.cancelled());
  CHECK(acquired == 1);
  CHECK(lock.locked());
  lock.release();
  CHECK_FALSE(lock.locked());
}

ASYNC_TEST_CASE("lock: granted first and cancelled then, a waiter completes and the lock goes on") {
  Lock lock;
  std::string log;
  LockGuard guard = co_await lock.acquire();
  auto body = [&]() -> Async<void> {
    const LockGuard mine = co_await lock.acquire();
    log += 'a';
    co_await sleep(1s);  // the cancellation arrives here
    log += '!';
  };
  Task<void> first = create_task(body());
  Task<void> second = create_task(hold(lock, 0s, 'b', log));
  co_await sleep(0s);
  guard.release();
  first.cancel();
  const std::string outcome = co_await outcome_of(first);
  CHECK(outcome == "Cancelled(user)");
  co_await second;
  CHECK(log == "ab");
  CHECK_FALSE(lock.locked());
}

ASYNC_TEST_CASE("lock: a newcomer gets what a cancelled waiter would have got (test_finished_waiter_cancelled)") {
  Lock lock;
  std::string log;
  LockGuard held = co_await lock.acquire();
  Task<void> b = create_task(take(lock, 'b', log));
  co_await sleep(0s);
  CHECK(lock.waiting() == 1);
  Task<void> c = create_task(take(lock, 'c', log));
  b.cancel();
  held.release();
  co_await sleep(0s);
  CHECK(lock.locked());
  CHECK(b.cancelled());
  co_await c;
  CHECK(log == "c");
}

ASYNC_TEST_CASE("lock: a waiter that was granted it and is cancelled then has it, and loses nothing") {
  Lock lock;
  std::string log;
  LockGuard held = co_await lock.acquire();
  Task<void> b = create_task(take(lock, 'b', log));
  co_await sleep(0s);
  held.release();
  b.cancel();
  Task<void> c = create_task(take(lock, 'c', log));
  co_await sleep(0s);
  CHECK(log == "b");
  CHECK(b.done());
  CHECK_FALSE(b.cancelled());  // completion wins
  lock.release();
  co_await c;
  CHECK(log == "bc");
  CHECK(lock.locked());
}

ASYNC_TEST_CASE("lock: acquire under a timeout leaves the queue when it expires") {
  Lock lock;
  LockGuard held = co_await lock.acquire();
  const std::string outcome = co_await outcome_of(timeout(1s, lock.acquire()));
  CHECK(outcome == "TimeoutError");
  CHECK(lock.waiting() == 0);
  held.release();
  const LockGuard again = co_await timeout(1s, lock.acquire());
  CHECK(static_cast<bool>(again));
}

ASYNC_TEST_CASE("lock: is not reentrant, and a deadlock with itself can be cancelled") {
  Lock lock;
  const LockGuard outer = co_await lock.acquire();
  const std::string outcome = co_await outcome_of(timeout(1s, lock.acquire()));
  CHECK(outcome == "TimeoutError");
}

ASYNC_TEST_CASE("lock: cancelled while it only gives way, a task takes the lock and gives it back") {
  Lock lock;
  auto body = [&]() -> Async<void> {
    while (true) {
      const LockGuard guard = co_await lock.acquire();
    }
  };
  Task<void> task = create_task(body());
  co_await sleep(0s);
  CHECK(lock.locked());
  task.cancel();
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(user)");
  CHECK_FALSE(lock.locked());
}

ASYNC_TEST_CASE("lock: a pending cancellation is thrown by an acquire that has to wait, not by a free one") {
  Lock lock;
  std::vector<std::string> log;
  auto body = [&]() -> Async<void> {
    current_task()->cancel();
    const LockGuard free = co_await lock.acquire();
    log.push_back("acquired");
    log.push_back(co_await outcome_of(lock.acquire()));
  };
  co_await create_task(body());
  CHECK(log == std::vector<std::string>{"acquired", "Cancelled(user)"});
  CHECK_FALSE(lock.locked());
  CHECK(lock.waiting() == 0);
}

TEST_CASE("lock: a loop that ends takes its waiters out of the queue, and what was granted goes on") {
  Lock lock;
  std::optional<Task<void>> waiting;
  std::string log;
  LockGuard held = lock.try_acquire();
  {
    LoopThread other;
    waiting = create_task_on(other.loop(), hold(lock, 1h, 'a', log));
    while (lock.waiting() == 0)
      std::this_thread::yield();
  }
  CHECK(waiting->cancelled());
  CHECK(log.empty());
  CHECK(lock.waiting() == 0);
  {
    LoopThread other;
    waiting = create_task_on(other.loop(), hold(lock, 1h, 'b', log));
    while (lock.waiting() == 0)
      std::this_thread::yield();
    held.release();
  }
  CHECK(waiting->cancelled());
  CHECK_FALSE(lock.locked());
}

TEST_SUITE_END();
