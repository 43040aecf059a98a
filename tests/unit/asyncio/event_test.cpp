// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/event.hpp"

#include <algorithm>
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
using coroute::testing::wait_until_done;

namespace {

static_assert(!std::is_move_constructible_v<Event>);

Async<void> wait(Event& event, char name, std::string& log) {
  co_await event.wait();
  log += name;
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE("event: set lets all go on who wait, in order, after who comes then (test_wait)") {
  Event event;
  CHECK_FALSE(event.is_set());
  std::string log;
  Task<void> a = create_task(wait(event, 'a', log));
  Task<void> b = create_task(wait(event, 'b', log));
  co_await sleep(0s);
  CHECK(log.empty());
  CHECK(event.waiting() == 2);
  Task<void> c = create_task(wait(event, 'c', log));
  event.set();
  CHECK(event.is_set());
  CHECK(event.waiting() == 0);
  co_await sleep(0s);
  CHECK(log == "cab");
  CHECK((a.done() && b.done() && c.done()));
}

ASYNC_TEST_CASE("event: waiting for one that is set does not suspend (test_wait_on_set)") {
  Event event;
  event.set();
  std::string log;
  auto body = [&]() -> Async<void> {
    co_await event.wait();
    log += 'w';
    co_await event.wait();
    log += 'w';
  };
  Task<void> task = create_task(body());
  EventLoop::current().call_soon([&log] { log += '|'; });
  co_await sleep(0s);
  CHECK(log == "ww|");
  CHECK(task.done());
}

ASYNC_TEST_CASE("event: a cancelled waiter leaves the queue (test_wait_cancel)") {
  Event event;
  Task<std::string> waiter = create_task(outcome_of(event.wait()));
  EventLoop::current().call_soon([&waiter] { waiter.cancel(); });
  const std::string outcome = co_await waiter;
  CHECK(outcome == "Cancelled(user)");
  CHECK(event.waiting() == 0);
  event.set();
  CHECK(event.is_set());
}

TEST_CASE("event: can be set and cleared, more than once each (test_clear)") {
  Event event;
  CHECK_FALSE(event.is_set());
  event.clear();
  CHECK_FALSE(event.is_set());
  event.set();
  CHECK(event.is_set());
  event.set();
  CHECK(event.is_set());
  event.clear();
  CHECK_FALSE(event.is_set());
  event.set();
  CHECK(event.is_set());
}

ASYNC_TEST_CASE("event: cleared at once, it still lets those go on who waited (test_clear_with_waiters)") {
  Event event;
  std::string log;
  Task<void> a = create_task(wait(event, 'a', log));
  co_await sleep(0s);
  CHECK(log.empty());
  event.set();
  event.clear();
  CHECK_FALSE(event.is_set());
  event.set();
  event.set();
  co_await sleep(0s);
  CHECK(log == "a");
  CHECK(event.waiting() == 0);
  CHECK(a.done());
}

ASYNC_TEST_CASE("event: who comes after set and clear waits for the next set") {
  Event event;
  std::string log;
  Task<void> a = create_task(wait(event, 'a', log));
  co_await sleep(0s);
  event.set();
  event.clear();
  Task<void> b = create_task(wait(event, 'b', log));
  co_await sleep(0s);
  co_await sleep(0s);
  CHECK(log == "a");
  CHECK(event.waiting() == 1);
  event.set();
  co_await b;
  CHECK(log == "ab");
}

ASYNC_TEST_CASE("event: clear leaves those alone who wait") {
  Event event;
  std::string log;
  Task<void> a = create_task(wait(event, 'a', log));
  co_await sleep(0s);
  event.clear();
  CHECK(event.waiting() == 1);
  event.set();
  co_await a;
  CHECK(log == "a");
}

ASYNC_TEST_CASE("event: cancelled waiters are passed over, whichever they are") {
  for (int cancelled = 0; cancelled < 3; ++cancelled) {
    Event event;
    std::string log;
    std::vector<Task<void>> tasks;
    for (const char name : std::string("abc"))
      tasks.push_back(create_task(wait(event, name, log)));
    co_await sleep(0s);
    tasks[static_cast<std::size_t>(cancelled)].cancel();
    CHECK(event.waiting() == 2);
    event.set();
    for (const Task<void>& task : tasks)
      co_await outcome_of(task);
    std::string expected = "abc";
    expected.erase(static_cast<std::size_t>(cancelled), 1);
    CHECK(log == expected);
  }
}

ASYNC_TEST_CASE("event: a wait that set has ended completes, and a cancellation arrives at the next await") {
  Event event;
  std::vector<std::string> log;
  auto body = [&]() -> Async<void> {
    co_await event.wait();
    log.push_back("went on");
    log.push_back(co_await outcome_of(sleep(1s)));
  };
  Task<void> task = create_task(body());
  co_await sleep(0s);
  event.set();
  task.cancel();
  co_await task;
  CHECK(log == std::vector<std::string>{"went on", "Cancelled(user)"});
}

ASYNC_TEST_CASE("event: a pending cancellation is thrown by a wait that has to wait, not by one that is set") {
  Event event;
  std::vector<std::string> log;
  auto body = [&]() -> Async<void> {
    current_task()->cancel();
    event.set();
    co_await event.wait();
    log.push_back("went on");
    event.clear();
    log.push_back(co_await outcome_of(event.wait()));
  };
  co_await create_task(body());
  CHECK(log == std::vector<std::string>{"went on", "Cancelled(user)"});
  CHECK(event.waiting() == 0);
}

ASYNC_TEST_CASE("event: a wait under a timeout leaves the queue when it expires") {
  Event event;
  const std::string outcome = co_await outcome_of(timeout(1s, event.wait()));
  CHECK(outcome == "TimeoutError");
  CHECK(event.waiting() == 0);
}

ASYNC_TEST_CASE("event: a loop that always finds it set lets others run, and can be cancelled (fairness)") {
  Event event;
  event.set();
  int turns = 0;
  auto body = [&]() -> Async<void> {
    while (true) {
      co_await event.wait();
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
}

ASYNC_TEST_CASE("event: 1,000 waiters, every other one cancelled, in order") {
  Event event;
  std::vector<int> log;
  auto body = [&](int number) -> Async<void> {
    co_await event.wait();
    log.push_back(number);
  };
  std::vector<Task<void>> tasks;
  for (int i = 0; i < 1'000; ++i)
    tasks.push_back(create_task(body(i)));
  co_await sleep(0s);
  for (std::size_t i = 0; i < tasks.size(); i += 2)
    tasks[i].cancel();
  CHECK(event.waiting() == 500);
  event.set();
  for (const Task<void>& task : tasks)
    co_await outcome_of(task);
  CHECK(log.size() == 500);
  CHECK(std::is_sorted(log.begin(), log.end()));
  CHECK(std::all_of(log.begin(), log.end(), [](int number) { return number % 2 == 1; }));
}

TEST_CASE("event: set on any thread wakes waiters on their own loops, with what was written before") {
  LoopThread first;
  LoopThread second;
  Event event;
  int written = 0;
  auto body = [&](EventLoop& mine) -> Async<int> {
    co_await event.wait();
    co_return &EventLoop::current() == &mine ? written : -1;
  };
  std::vector<Task<int>> tasks;
  for (std::size_t i = 0; i < 10; ++i) {
    EventLoop& loop = (i % 2 == 0 ? first : second).loop();
    tasks.push_back(create_task_on(loop, body(loop)));
  }
  while (event.waiting() < 10)
    std::this_thread::yield();
  written = 42;
  event.set();
  tasks.push_back(create_task_on(first.loop(), body(first.loop())));
  for (const Task<int>& task : tasks) {
    wait_until_done(task);
    CHECK(task.result() == 42);
  }
}

TEST_CASE("event: may be destroyed by its only waiter as soon as that goes on") {
  LoopThread other;
  for (int round = 0; round < 200; ++round) {
    std::atomic<Event*> shared{nullptr};
    auto body = [&shared]() -> Async<int> {
      Event event;
      shared = &event;
      co_await event.wait();
      co_return 1;
    };
    Task<int> task = create_task_on(other.loop(), body());
    while (!shared)
      std::this_thread::yield();
    if (round % 2 == 0) {
      while (shared.load()->waiting() == 0)
        std::this_thread::yield();
    }
    shared.load()->set();
    wait_until_done(task);
    CHECK(task.result() == 1);
  }
}

ASYNC_TEST_CASE("event: who was woken is cancelled without the event, which is gone") {
  std::string ended;
  std::optional<Event> event(std::in_place);
  Task<std::string> woken = create_task(outcome_of(event->wait()));
  co_await sleep(0s);
  event->set();
  event.reset();
  woken.cancel();
  ended = co_await woken;
  CHECK(ended == "returned");
}

TEST_CASE("event: a task that still waits when the event dies can be cancelled") {
  std::string outcome;
  run([&outcome]() -> Async<void> {
    Event event;
    auto body = [](Event& awaited, std::string& result) -> Async<void> {
      result = co_await outcome_of(awaited.wait());
    };
    create_task(body(event, outcome));  // cancelled by `run`, when this coroutine has ended
    co_await sleep(0s);
    CHECK(event.waiting() == 1);
  }());
  CHECK(outcome == "Cancelled(shutdown)");
}

TEST_CASE("event: a loop that ends takes its waiters out of the queue") {
  Event event;
  std::string log;
  std::optional<Task<void>> task;
  {
    LoopThread other;
    task = create_task_on(other.loop(), wait(event, 'a', log));
    while (event.waiting() == 0)
      std::this_thread::yield();
  }
  CHECK(task->cancelled());
  CHECK(event.waiting() == 0);
  event.set();
  CHECK(event.is_set());
}

TEST_SUITE_END();
