// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/condition.hpp"

#include <optional>
#include <string>
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

Async<void> wait_once(Condition& condition, char name, std::string& log) {
  LockGuard guard = co_await condition.acquire();
  co_await condition.wait(guard);
  log += name;
}

/// Keeps the outcome of its wait, and whether it then held the lock.
Async<std::string> outcome_of_wait(Condition& condition) {
  LockGuard guard = co_await condition.acquire();
  const std::string outcome = co_await outcome_of(condition.wait(guard));
  co_return outcome + (guard.held() == &condition.lock() && condition.locked() ? ", locked" : ", not locked");
}

/// CPython's consumer of test_cancelled_wakeup: takes one for each notification, ends when there are less than none.
Async<void> consume(Condition& condition, int& items) {
  LockGuard guard = co_await condition.acquire();
  while (true) {
    co_await condition.wait_for(guard, [&items] { return items != 0; });
    if (items < 0) co_return;
    --items;
  }
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE("condition: a cancelled wait takes the lock again, then throws (test_wait_cancel)") {
  Condition condition;
  Task<std::string> waiter = create_task(outcome_of_wait(condition));
  co_await sleep(0s);
  CHECK_FALSE(condition.locked());
  EventLoop::current().call_soon([&waiter] { waiter.cancel(); });
  const std::string outcome = co_await waiter;
  CHECK(outcome == "Cancelled(user), locked");
  CHECK(condition.waiting() == 0);
  CHECK_FALSE(condition.locked());
}

ASYNC_TEST_CASE("condition: cancelled while the lock is contested it waits for the lock (test_wait_cancel_contested)") {
  Condition condition;
  Task<std::string> waiter = create_task(outcome_of_wait(condition));
  co_await sleep(0s);
  LockGuard guard = co_await condition.acquire();
  CHECK(condition.locked());
  condition.notify();
  EventLoop::current().call_soon([&waiter] { waiter.cancel(); });
  EventLoop::current().call_soon([&guard] { guard.release(); });
  const std::string outcome = co_await waiter;
  CHECK(outcome == "Cancelled(user), locked");
}

ASYNC_TEST_CASE(
    "condition: notified, then cancelled before it has the lock, it throws (test_wait_cancel_after_notify)") {
  Condition condition;
  bool waited = false;
  auto body = [&]() -> Async<void> {
    LockGuard guard = co_await condition.acquire();
    waited = true;
    co_await condition.wait(guard);
  };
  Task<void> waiter = create_task(body());
  co_await sleep(0s);
  LockGuard guard = co_await condition.acquire();
  condition.notify();
  co_await sleep(0s);
  waiter.cancel();
  co_await sleep(0s);
  CHECK_FALSE(waiter.done());  // not before it has the lock
  guard.release();
  co_await sleep(0s);
  CHECK(waiter.cancelled());
  CHECK(waited);
  CHECK_FALSE(condition.locked());
}

ASYNC_TEST_CASE("condition: a wait under a timeout has the lock again when that is reported (test_timeout_in_block)") {
  Condition condition;
  LockGuard guard = co_await condition.acquire();
  const std::string outcome = co_await outcome_of(timeout(500ms, condition.wait(guard)));
  CHECK(outcome == "TimeoutError");
  CHECK(guard.held() == &condition.lock());
  CHECK(condition.locked());
  CHECK(condition.waiting() == 0);
}

ASYNC_TEST_CASE("condition: a cancelled wait keeps the reason (test_cancelled_error_wakeup)") {
  Condition condition;
  auto body = [&]() -> Async<void> {
    LockGuard guard = co_await condition.acquire();
    co_await condition.wait_for(guard, [] { return false; });
  };
  Task<void> task = create_task(body());
  co_await sleep(0s);
  task.cancel(CancelReason::Overload);
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(overload)");
}

ASYNC_TEST_CASE(
    "condition: one cancelled while it waits for the lock keeps the reason (test_cancelled_error_re_aquire)") {
  Condition condition;
  bool wake = false;
  auto body = [&]() -> Async<void> {
    LockGuard guard = co_await condition.acquire();
    co_await condition.wait_for(guard, [&wake] { return wake; });
  };
  Task<void> task = create_task(body());
  co_await sleep(0s);
  LockGuard guard = co_await condition.acquire();
  wake = true;
  condition.notify();
  co_await sleep(0s);
  task.cancel(CancelReason::Disconnect);
  guard.release();
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(disconnect)");
}

ASYNC_TEST_CASE(
    "condition: notified and cancelled in one step, the next gets the notification (test_cancelled_wakeup)") {
  Condition condition;
  int items = 0;
  Task<void> first = create_task(consume(condition, items));
  Task<void> second = create_task(consume(condition, items));
  co_await sleep(0s);
  LockGuard guard = co_await condition.acquire();
  ++items;
  condition.notify(1);
  first.cancel();
  const std::string outcome =
      co_await outcome_of(timeout(10ms, condition.wait_for(guard, [&items] { return items == 0; })));
  CHECK(outcome == "TimeoutError");  // the consumer doesn't notify us
  CHECK(items == 0);
  items = -1;
  condition.notify_all();
  guard.release();
  co_await second;
  CHECK(first.cancelled());
}

ASYNC_TEST_CASE("condition: cancelled while it waits for the lock, it passes on (test_cancelled_wakeup_relock)") {
  Condition condition;
  int items = 0;
  Task<void> first = create_task(consume(condition, items));
  Task<void> second = create_task(consume(condition, items));
  co_await sleep(0s);
  LockGuard guard = co_await condition.acquire();
  ++items;
  condition.notify(1);
  co_await sleep(0s);
  first.cancel();
  const std::string outcome =
      co_await outcome_of(timeout(10ms, condition.wait_for(guard, [&items] { return items == 0; })));
  CHECK(outcome == "TimeoutError");
  CHECK(items == 0);
  items = -1;
  condition.notify_all();
  guard.release();
  co_await second;
  CHECK(first.cancelled());
}

ASYNC_TEST_CASE("condition: a notification is passed on once, however often its first owner is cancelled") {
  Condition condition;
  std::string log;
  Task<void> a = create_task(wait_once(condition, 'a', log));
  Task<void> b = create_task(wait_once(condition, 'b', log));
  Task<void> c = create_task(wait_once(condition, 'c', log));
  co_await sleep(0s);
  LockGuard guard = co_await condition.acquire();
  condition.notify(1);
  a.cancel();
  a.cancel();
  co_await sleep(0s);
  a.cancel();
  guard.release();
  co_await b;
  co_await sleep(1s);
  CHECK(a.cancelled());
  CHECK(log == "b");
  CHECK(condition.waiting() == 1);
  c.cancel();
  co_await outcome_of(c);
}

ASYNC_TEST_CASE("condition: a cancelled waiter that was not notified takes no notification from others") {
  Condition condition;
  std::string log;
  Task<void> a = create_task(wait_once(condition, 'a', log));
  Task<void> b = create_task(wait_once(condition, 'b', log));
  Task<void> c = create_task(wait_once(condition, 'c', log));
  co_await sleep(0s);
  LockGuard guard = co_await condition.acquire();
  a.cancel();
  condition.notify(1);
  guard.release();
  co_await b;
  co_await sleep(1s);
  CHECK(a.cancelled());
  CHECK(log == "b");
  CHECK(condition.waiting() == 1);  // c: cancelling a was no notification
  c.cancel();
  co_await outcome_of(c);
}

ASYNC_TEST_CASE(
    "condition: cancelled again while it waits for the lock, it takes the lock all the same, and throws once") {
  Condition condition;
  std::vector<std::string> log;
  auto body = [&]() -> Async<void> {
    LockGuard guard = co_await condition.acquire();
    log.push_back(co_await outcome_of(condition.wait(guard)));
    log.push_back(guard ? "locked" : "not locked");
    log.push_back(co_await outcome_of(sleep(1s)));
  };
  Task<void> waiter = create_task(body());
  co_await sleep(0s);
  LockGuard guard = co_await condition.acquire();
  waiter.cancel();
  co_await sleep(1s);
  CHECK(log.empty());
  waiter.cancel(CancelReason::Shutdown);
  co_await sleep(1s);
  CHECK(log.empty());
  guard.release();
  co_await waiter;
  CHECK(log == std::vector<std::string>{"Cancelled(shutdown)", "locked", "returned"});
}

ASYNC_TEST_CASE("condition: cancelled when it has the lock already, the wait completes; thrown at the next await") {
  Condition condition;
  std::vector<std::string> log;
  auto body = [&]() -> Async<void> {
    LockGuard guard = co_await condition.acquire();
    log.push_back(co_await outcome_of(condition.wait(guard)));
    log.push_back(co_await outcome_of(sleep(1s)));
  };
  Task<void> waiter = create_task(body());
  co_await sleep(0s);
  LockGuard guard = co_await condition.acquire();
  condition.notify();
  guard.release();  // straight to the waiter
  waiter.cancel();
  co_await waiter;
  CHECK(log == std::vector<std::string>{"returned", "Cancelled(user)"});
}

ASYNC_TEST_CASE("condition: a cancellation taken back while it waits for the lock ends the wait without an error") {
  Condition condition;
  std::string log;
  Task<void> waiter = create_task(wait_once(condition, 'a', log));
  co_await sleep(0s);
  LockGuard guard = co_await condition.acquire();
  waiter.cancel();
  waiter.uncancel();
  guard.release();
  co_await waiter;
  CHECK(log == "a");
}

ASYNC_TEST_CASE("condition: a pending cancellation is thrown by wait, which keeps the lock") {
  Condition condition;
  std::string log;
  auto body = [&]() -> Async<void> {
    LockGuard guard = co_await condition.acquire();
    current_task()->cancel();
    log = co_await outcome_of(condition.wait(guard));
    log += guard && condition.locked() ? ", locked" : ", not locked";
  };
  co_await create_task(body());
  CHECK(log == "Cancelled(user), locked");
  CHECK(condition.waiting() == 0);
}

TEST_CASE("condition: a loop that ends takes its waiters out, once the lock is free") {
  Condition condition;
  std::string log;
  std::optional<Task<void>> task;
  {
    LoopThread other;
    task = create_task_on(other.loop(), wait_once(condition, 'a', log));
    while (condition.waiting() == 0)
      std::this_thread::yield();
  }
  CHECK(task->cancelled());
  CHECK(condition.waiting() == 0);
  CHECK_FALSE(condition.locked());
}

TEST_SUITE_END();
