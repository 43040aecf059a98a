// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/condition.hpp"

#include <deque>
#include <optional>
#include <string>
#include <type_traits>
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

static_assert(!std::is_move_constructible_v<Condition>);

template <class Guard>
concept CanWaitWith = requires(Condition& condition, Guard&& guard) { condition.wait(std::forward<Guard>(guard)); };
static_assert(CanWaitWith<LockGuard&>);
static_assert(!CanWaitWith<LockGuard>, "a guard that nobody keeps");
static_assert(!CanWaitWith<const LockGuard&>);

/// Waits for a notification and leaves the lock acquired.
Async<void> wait_and_keep(Condition& condition, char name, std::string& log) {
  LockGuard guard = co_await condition.acquire();
  co_await condition.wait(guard);
  log += name;
  guard.detach();
}

Async<void> wait_once(Condition& condition, char name, std::string& log) {
  LockGuard guard = co_await condition.acquire();
  co_await condition.wait(guard);
  log += name;
}

Async<void> notify(Condition& condition, std::size_t n) {
  const LockGuard guard = co_await condition.acquire();
  condition.notify(n);
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE("condition: notified waiters go on in order, each when the lock is released (test_wait)") {
  Condition condition;
  std::string log;
  std::vector<Task<void>> tasks;
  for (const char name : std::string("abc"))
    tasks.push_back(create_task(wait_and_keep(condition, name, log)));
  co_await sleep(0s);
  CHECK(log.empty());
  CHECK_FALSE(condition.locked());
  CHECK(condition.waiting() == 3);
  LockGuard guard = co_await condition.acquire();
  condition.notify();
  co_await sleep(0s);
  CHECK(log.empty());
  CHECK(condition.locked());
  guard.release();
  co_await sleep(0s);
  CHECK(log == "a");
  CHECK(condition.locked());
  condition.notify(2);
  co_await sleep(0s);
  CHECK(log == "a");
  CHECK(condition.locked());
  condition.lock().release();
  co_await sleep(0s);
  CHECK(log == "ab");
  CHECK(condition.locked());
  condition.lock().release();
  co_await sleep(0s);
  CHECK(log == "abc");
  CHECK(condition.locked());
  for (const Task<void>& task : tasks)
    CHECK(task.done());
}

ASYNC_TEST_CASE(
    "condition: waiting with a guard that holds nothing, or another lock, is an error (test_wait_unacquired)") {
  Condition condition;
  LockGuard empty;
  std::string outcome = co_await outcome_of(condition.wait(empty));
  CHECK(outcome == "RuntimeError: cannot wait: the guard does not hold the lock of the condition");
  Lock other;
  LockGuard wrong = co_await other.acquire();
  const LockGuard right = co_await condition.acquire();
  outcome = co_await outcome_of(condition.wait(wrong));
  CHECK(outcome == "RuntimeError: cannot wait: the guard does not hold the lock of the condition");
  CHECK(wrong.held() == &other);
  CHECK(other.locked());
  CHECK(condition.waiting() == 0);
}

ASYNC_TEST_CASE("condition: wait_for goes on when the predicate has become true (test_wait_for)") {
  Condition condition;
  bool ready = false;
  std::string log;
  auto body = [&]() -> Async<bool> {
    LockGuard guard = co_await condition.acquire();
    const bool result = co_await condition.wait_for(guard, [&ready] { return ready; });
    log += 'a';
    co_return result&& condition.locked();
  };
  Task<bool> task = create_task(body());
  co_await sleep(0s);
  CHECK(log.empty());
  co_await notify(condition, 1);
  co_await sleep(0s);
  CHECK(log.empty());
  CHECK(condition.waiting() == 1);
  ready = true;
  co_await notify(condition, 1);
  co_await sleep(0s);
  CHECK(log == "a");
  CHECK(task.result());
}

ASYNC_TEST_CASE(
    "condition: wait_for gives what the predicate gave, unlocked only if that is true (test_wait_for_unacquired)") {
  Condition condition;
  LockGuard empty;
  const std::optional<int> result = co_await condition.wait_for(empty, [] { return std::optional<int>(123); });
  CHECK(result == 123);
  const std::string outcome = co_await outcome_of(condition.wait_for(empty, [] { return false; }));
  CHECK(outcome == "RuntimeError: cannot wait: the guard does not hold the lock of the condition");
}

ASYNC_TEST_CASE("condition: an error of the predicate leaves wait_for with the lock held") {
  Condition condition;
  std::string log;
  auto body = [&]() -> Async<void> {
    LockGuard guard = co_await condition.acquire();
    int calls = 0;
    auto predicate = [&calls]() -> bool {
      if (++calls == 2) throw std::runtime_error("cannot tell");
      return false;
    };
    log = co_await outcome_of(condition.wait_for(guard, predicate));
    log += guard && condition.locked() ? ", locked" : ", not locked";
  };
  Task<void> task = create_task(body());
  co_await sleep(0s);
  co_await notify(condition, 1);
  co_await task;
  CHECK(log == "error: cannot tell, locked");
  CHECK_FALSE(condition.locked());
}

ASYNC_TEST_CASE("condition: notify wakes as many as it is told, at most all (test_notify)") {
  Condition condition;
  std::string log;
  std::vector<Task<void>> tasks;
  for (const char name : std::string("abc"))
    tasks.push_back(create_task(wait_once(condition, name, log)));
  co_await sleep(0s);
  CHECK(log.empty());
  co_await notify(condition, 0);
  co_await sleep(1s);
  CHECK(log.empty());
  co_await notify(condition, 1);
  co_await sleep(1s);
  CHECK(log == "a");
  LockGuard guard = co_await condition.acquire();
  condition.notify(1);
  condition.notify(2048);
  guard.release();
  co_await sleep(1s);
  CHECK(log == "abc");
  for (const Task<void>& task : tasks)
    CHECK(task.done());
  CHECK_FALSE(condition.locked());
}

ASYNC_TEST_CASE("condition: notify_all wakes everybody (test_notify_all)") {
  Condition condition;
  std::string log;
  Task<void> a = create_task(wait_once(condition, 'a', log));
  Task<void> b = create_task(wait_once(condition, 'b', log));
  co_await sleep(0s);
  CHECK(log.empty());
  LockGuard guard = co_await condition.acquire();
  condition.notify_all();
  CHECK(condition.waiting() == 0);
  guard.release();
  co_await a;
  co_await b;
  CHECK(log == "ab");
}

TEST_CASE("condition: notifying without the lock is an error (test_notify_unacquired, test_notify_all_unacquired)") {
  Condition condition;
  const char* const message = "cannot notify: the lock of the condition is not acquired";
  CHECK_THROWS_WITH_AS(condition.notify(), message, RuntimeError);
  CHECK_THROWS_WITH_AS(condition.notify_all(), message, RuntimeError);
}

ASYNC_TEST_CASE("condition: a notification that nobody waits for is forgotten") {
  Condition condition;
  std::string log;
  co_await notify(condition, 5);
  Task<void> task = create_task(wait_once(condition, 'a', log));
  co_await sleep(1s);
  CHECK(log.empty());
  co_await notify(condition, 1);
  co_await task;
  CHECK(log == "a");
}

ASYNC_TEST_CASE("condition: is locked while a guard holds it (test_context_manager)") {
  Condition condition;
  CHECK_FALSE(condition.locked());
  {
    const LockGuard guard = co_await condition.acquire();
    CHECK(condition.locked());
  }
  CHECK_FALSE(condition.locked());
}

ASYNC_TEST_CASE("condition: shares a lock it was given (test_explicit_lock)") {
  Lock lock;
  Condition condition(lock);
  CHECK(&condition.lock() == &lock);
  CHECK_FALSE(condition.locked());
  {
    const LockGuard guard = co_await condition.acquire();
    CHECK(lock.locked());
  }
  CHECK_FALSE(lock.locked());
  {
    const LockGuard guard = co_await lock.acquire();
    CHECK(condition.locked());
  }
  CHECK_FALSE(condition.locked());
}

ASYNC_TEST_CASE("condition: two on one lock are notified separately") {
  Lock lock;
  Condition full(lock);
  Condition empty(lock);
  std::string log;
  Task<void> a = create_task(wait_once(full, 'f', log));
  Task<void> b = create_task(wait_once(empty, 'e', log));
  co_await sleep(0s);
  co_await notify(empty, 9);
  co_await b;
  CHECK(log == "e");
  CHECK(full.waiting() == 1);
  co_await notify(full, 9);
  co_await a;
  CHECK(log == "ef");
}

ASYNC_TEST_CASE("condition: the guard is empty during the wait, and what is done to it meanwhile does no harm") {
  Condition condition;
  LockGuard guard;
  std::string log;
  auto body = [&]() -> Async<void> {
    guard = co_await condition.acquire();
    co_await condition.wait(guard);
    log += guard.held() == &condition.lock() ? 'y' : 'n';
    guard.release();
  };
  Task<void> waiter = create_task(body());
  co_await sleep(0s);
  CHECK_FALSE(static_cast<bool>(guard));
  const LockGuard mine = co_await condition.acquire();
  guard.release();
  CHECK(condition.locked());
  Lock other;
  guard = other.try_acquire();
  condition.notify();
  condition.lock().release();
  co_await waiter;
  CHECK(log == "y");
  CHECK_FALSE(other.locked());  // replaced, so released
}

ASYNC_TEST_CASE("condition: a notified waiter gets the lock before those who ask for it later") {
  Condition condition;
  std::string log;
  auto newcomer = [&]() -> Async<void> {
    const LockGuard guard = co_await condition.acquire();
    log += 'n';
  };
  Task<void> waiter = create_task(wait_once(condition, 'w', log));
  co_await sleep(0s);
  LockGuard guard = co_await condition.acquire();
  condition.notify();
  Task<void> other = create_task(newcomer());
  co_await sleep(0s);
  guard.release();
  co_await waiter;
  co_await other;
  CHECK(log == "wn");
}

ASYNC_TEST_CASE("condition: releasing the lock in wait lets the first in its queue go on") {
  Condition condition;
  std::string log;
  auto next = [&]() -> Async<void> {
    const LockGuard guard = co_await condition.acquire();
    log += 'n';
    condition.notify();
  };
  LockGuard guard = co_await condition.acquire();
  Task<void> task = create_task(next());
  co_await sleep(0s);
  co_await condition.wait(guard);
  log += 'w';
  CHECK(log == "nw");
  CHECK(condition.locked());
}

TEST_CASE("condition: waits and notifications cross loops") {
  LoopThread first;
  LoopThread second;
  Condition condition;
  std::deque<int> items;
  auto consume_some = [&](EventLoop& mine) -> Async<int> {
    int sum = 0;
    LockGuard guard = co_await condition.acquire();
    for (int i = 0; i < 100; ++i) {
      co_await condition.wait_for(guard, [&items] { return !items.empty(); });
      sum += items.front();
      items.pop_front();
    }
    co_return &EventLoop::current() == &mine ? sum : -1'000'000;
  };
  auto produce = [&]() -> Async<void> {
    for (int i = 1; i <= 100; ++i) {
      const LockGuard guard = co_await condition.acquire();
      items.push_back(i);
      condition.notify();
    }
  };
  Task<int> a = create_task_on(first.loop(), consume_some(first.loop()));
  Task<int> b = create_task_on(second.loop(), consume_some(second.loop()));
  Task<void> c = create_task_on(first.loop(), produce());
  Task<void> d = create_task_on(second.loop(), produce());
  wait_until_done(a);
  wait_until_done(b);
  wait_until_done(c);
  wait_until_done(d);
  CHECK(a.result() + b.result() == 2 * 5050);
  CHECK(items.empty());
  CHECK_FALSE(condition.locked());
}

TEST_SUITE_END();
