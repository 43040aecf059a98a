// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/lock.hpp"

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "support/async_test.hpp"
#include "support/loop_thread.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::LoopThread;
using coroute::testing::outcome_of;
using coroute::testing::wait_until_done;

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

ASYNC_TEST_CASE("lock: held by a guard until the end of its scope (test_lock, test_context_manager)") {
  Lock lock;
  CHECK_FALSE(lock.locked());
  {
    const LockGuard guard = co_await lock.acquire();
    CHECK(static_cast<bool>(guard));
    CHECK(guard.held() == &lock);
    CHECK(lock.locked());
  }
  CHECK_FALSE(lock.locked());
}

ASYNC_TEST_CASE("lock: a release without waiters unlocks it (test_release_no_waiters)") {
  Lock lock;
  LockGuard guard = co_await lock.acquire();
  guard.detach();
  CHECK(lock.locked());
  lock.release();
  CHECK_FALSE(lock.locked());
}

TEST_CASE("lock: releasing one that is not acquired is an error (test_release_not_acquired)") {
  Lock lock;
  CHECK_THROWS_WITH_AS(lock.release(), "the lock is not acquired", RuntimeError);
  CHECK_FALSE(lock.locked());
  LockGuard guard = lock.try_acquire();
  guard.detach();
  lock.release();
  CHECK_THROWS_AS(lock.release(), RuntimeError);
  CHECK(static_cast<bool>(lock.try_acquire()));
}

ASYNC_TEST_CASE("lock: awaiting a free one does not suspend") {
  Lock lock;
  std::string log;
  auto body = [&]() -> Async<void> {
    for (int i = 0; i < 100; ++i) {
      const LockGuard guard = co_await lock.acquire();
      log += 'l';
    }
  };
  Task<void> task = create_task(body());
  co_await sleep(0s);
  CHECK(task.done());
  CHECK(log.size() == 100);
}

ASYNC_TEST_CASE("lock: goes to one waiter for each release, in the order of arrival (test_acquire)") {
  Lock lock;
  std::string log;
  LockGuard guard = co_await lock.acquire();
  guard.detach();
  Task<void> a = create_task(take(lock, 'a', log));
  Task<void> b = create_task(take(lock, 'b', log));
  co_await sleep(0s);
  CHECK(log.empty());
  CHECK(lock.waiting() == 2);
  lock.release();
  co_await sleep(0s);
  CHECK(log == "a");
  co_await sleep(0s);
  CHECK(log == "a");
  Task<void> c = create_task(take(lock, 'c', log));
  lock.release();
  co_await sleep(0s);
  CHECK(log == "ab");
  lock.release();
  co_await sleep(0s);
  CHECK(log == "abc");
  CHECK((a.done() && b.done() && c.done()));
  CHECK(lock.locked());
  CHECK(lock.waiting() == 0);
  lock.release();
  CHECK_FALSE(lock.locked());
}

ASYNC_TEST_CASE("lock: nobody is inside together with another, also when the body awaits") {
  Lock lock;
  int inside = 0;
  int most = 0;
  std::vector<int> order;
  auto body = [&](int number) -> Async<void> {
    const LockGuard guard = co_await lock.acquire();
    most = std::max(most, ++inside);
    co_await sleep(1s);
    order.push_back(number);
    --inside;
  };
  std::vector<Task<void>> tasks;
  const auto began = EventLoop::current().time();
  for (int i = 0; i < 5; ++i)
    tasks.push_back(create_task(body(i)));
  for (const Task<void>& task : tasks)
    co_await task;
  CHECK(most == 1);
  CHECK(order == std::vector<int>{0, 1, 2, 3, 4});
  CHECK(EventLoop::current().time() - began == 5s);
}

ASYNC_TEST_CASE("lock: release and acquire in one step queue behind those who wait") {
  Lock lock;
  std::string log;
  auto greedy = [&]() -> Async<void> {
    for (int i = 0; i < 2; ++i) {
      const LockGuard guard = co_await lock.acquire();
      log += 'g';
      co_await sleep(0s);
    }
  };
  Task<void> first = create_task(greedy());
  Task<void> second = create_task(hold(lock, 0s, 'a', log));
  co_await first;
  CHECK(second.done());
  CHECK(log == "gag");
}

ASYNC_TEST_CASE("lock: handed to a waiter it is locked at once, before that one has run") {
  Lock lock;
  std::string log;
  LockGuard guard = co_await lock.acquire();
  Task<void> waiter = create_task(hold(lock, 0s, 'a', log));
  co_await sleep(0s);
  guard.release();
  CHECK(lock.locked());
  CHECK(lock.waiting() == 0);
  CHECK_FALSE(static_cast<bool>(lock.try_acquire()));
  co_await waiter;
  CHECK(static_cast<bool>(lock.try_acquire()));
}

TEST_CASE("lock: a guard can be moved, and gives the lock back exactly once") {
  Lock lock;
  {
    LockGuard guard = lock.try_acquire();
    LockGuard moved = std::move(guard);
    CHECK_FALSE(static_cast<bool>(guard));
    CHECK(guard.held() == nullptr);
    guard.release();
    CHECK(lock.locked());
    moved.release();
    CHECK_FALSE(lock.locked());
    const LockGuard other = lock.try_acquire();
    moved.release();
    CHECK(lock.locked());
  }
  CHECK_FALSE(lock.locked());
  LockGuard().release();
  CHECK(LockGuard().detach() == nullptr);
}

TEST_CASE("lock: assigning to a guard gives the old lock back with the other guard") {
  Lock a;
  Lock b;
  LockGuard guard = a.try_acquire();
  {
    LockGuard other = b.try_acquire();
    guard = std::move(other);
  }
  CHECK_FALSE(a.locked());
  CHECK(b.locked());
}

TEST_CASE("lock: detach leaves it acquired, a new guard takes it over") {
  Lock lock;
  {
    LockGuard guard = lock.try_acquire();
    CHECK(guard.detach() == &lock);
    CHECK_FALSE(static_cast<bool>(guard));
  }
  CHECK(lock.locked());
  {
    const LockGuard adopted(lock);
  }
  CHECK_FALSE(lock.locked());
}

ASYNC_TEST_CASE("lock: a result that nobody takes is given back") {
  Lock lock;
  co_await outcome_of(lock.acquire());
  CHECK_FALSE(lock.locked());
  {
    Task<LockGuard> task = create_task(detail::as_async(lock.acquire()));
    co_await sleep(1s);
    CHECK(task.done());
    CHECK(lock.locked());
  }
  CHECK_FALSE(lock.locked());
}

ASYNC_TEST_CASE("lock: a loop that always finds it free lets others run (fairness)") {
  Lock lock;
  int turns = 0;
  bool stop = false;
  auto body = [&]() -> Async<void> {
    while (!stop) {
      const LockGuard guard = co_await lock.acquire();
      ++turns;
    }
  };
  Task<void> task = create_task(body());
  co_await sleep(0s);
  CHECK(turns > 1);
  CHECK(lock.locked());  // it gives way while it holds the lock
  stop = true;
  co_await task;
  CHECK_FALSE(lock.locked());
}

TEST_CASE("lock: released on any thread it wakes a waiter on its own loop, in order of arrival") {
  LoopThread first;
  LoopThread second;
  Lock lock;
  std::string log;
  auto wait = [&](char name, EventLoop& mine) -> Async<bool> {
    const LockGuard guard = co_await lock.acquire();
    log += name;  // protected by the lock
    co_return &EventLoop::current() == &mine;
  };
  LockGuard held = lock.try_acquire();
  std::vector<Task<bool>> tasks;
  for (std::size_t i = 0; i < 10; ++i) {
    EventLoop& loop = (i % 2 == 0 ? first : second).loop();
    tasks.push_back(create_task_on(loop, wait(static_cast<char>('a' + i), loop)));
    while (lock.waiting() <= i)
      std::this_thread::yield();
  }
  held.release();
  bool all_at_home = true;
  for (const Task<bool>& task : tasks) {
    wait_until_done(task);
    all_at_home = all_at_home && task.result();
  }
  CHECK(all_at_home);
  CHECK(log == "abcdefghij");
}

TEST_CASE("lock: may be destroyed by the last who had it") {
  for (int round = 0; round < 100; ++round) {
    LoopThread first;
    LoopThread second;
    auto lock = std::make_unique<Lock>();
    auto body = [&lock](bool last) -> Async<void> {
      LockGuard guard = co_await lock->acquire();
      co_await sleep(0s);
      if (!last) co_return;
      guard.release();
      lock.reset();
    };
    LockGuard held = lock->try_acquire();
    Task<void> a = create_task_on(first.loop(), body(false));
    while (lock->waiting() < 1)
      std::this_thread::yield();
    Task<void> b = create_task_on(second.loop(), body(true));
    while (lock->waiting() < 2)
      std::this_thread::yield();
    held.release();
    wait_until_done(a);
    wait_until_done(b);
    CHECK(lock == nullptr);
  }
}

TEST_SUITE_END();
