// SPDX-License-Identifier: BSL-1.0
#include <stdexcept>
#include <string>
#include <vector>

#include "coroute/asyncio/queue.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "support/async_test.hpp"
#include "support/outcome.hpp"
#include "support/queue_kinds.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::get_in_task;
using coroute::testing::in_virtual_time;
using coroute::testing::outcome_of;

namespace {

template <class Q>
Task<void> join_in_task(Q& queue) {
  return create_task(detail::as_async(queue.join()));
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

TEST_CASE_TEMPLATE("queue: task_done without an unfinished item is refused (test_task_done_underflow)", Q,
                   COROUTE_QUEUE_KINDS) {
  Q queue;
  CHECK_THROWS_AS(queue.task_done(), std::invalid_argument);
  queue.put_nowait(1);
  queue.put_nowait(2);
  CHECK(queue.unfinished() == 2);
  queue.task_done();
  queue.task_done();
  CHECK_THROWS_WITH_AS(queue.task_done(), "task_done() called more often than items were put into the queue",
                       std::invalid_argument);
  CHECK(queue.unfinished() == 0);
}

TEST_CASE_TEMPLATE("queue: join waits until two workers have done all items (test_task_done)", Q, COROUTE_QUEUE_KINDS) {
  in_virtual_time([]() -> Async<void> {
    Q queue;
    for (int i = 0; i < 100; ++i)
      queue.put_nowait(i);
    int sum = 0;
    bool running = true;
    auto work = [&]() -> Async<void> {
      while (running) {
        const int item = co_await queue.get();
        co_await sleep(1ms);
        sum += item;
        queue.task_done();
      }
    };
    Task<void> first = create_task(work());
    Task<void> second = create_task(work());
    co_await queue.join();
    CHECK(sum == 99 * 100 / 2);
    CHECK(queue.unfinished() == 0);
    running = false;
    queue.put_nowait(0);
    queue.put_nowait(0);
    co_await first;
    co_await second;
  });
}

TEST_CASE_TEMPLATE("queue: join of a queue without items returns at once (test_join_empty_queue)", Q,
                   COROUTE_QUEUE_KINDS) {
  in_virtual_time([]() -> Async<void> {
    Q queue;
    bool others_ran = false;
    EventLoop::current().call_soon([&] { others_ran = true; });
    co_await queue.join();
    co_await queue.join();
    CHECK_FALSE(others_ran);
    co_await sleep(0s);
  });
}

TEST_CASE_TEMPLATE("queue: join waits for items that were got, not only for those inside (test_format)", Q,
                   COROUTE_QUEUE_KINDS) {
  in_virtual_time([]() -> Async<void> {
    Q queue;
    queue.put_nowait(1);
    queue.put_nowait(2);
    CHECK(queue.describe() == "maxsize=0 items=2 tasks=2");
    Task<void> first = join_in_task(queue);
    Task<void> second = join_in_task(queue);
    co_await sleep(0s);
    queue.get_nowait();
    queue.get_nowait();
    CHECK(queue.describe() == "maxsize=0 tasks=2");
    queue.task_done();
    co_await sleep(1s);
    CHECK_FALSE(first.done());
    queue.task_done();
    queue.put_nowait(3);  // too late to hold those up who waited
    co_await first;
    co_await second;
    const std::string outcome = co_await outcome_of(timeout(1s, queue.join()));
    CHECK(outcome == "TimeoutError");
  });
}

TEST_CASE_TEMPLATE("queue: an item handed to a waiting getter, or that waits for room, counts from its entry on", Q,
                   COROUTE_QUEUE_KINDS) {
  in_virtual_time([]() -> Async<void> {
    Q queue(1);
    Task<int> getter = get_in_task(queue);
    co_await sleep(0s);
    queue.put_nowait(1);
    CHECK(queue.unfinished() == 1);
    queue.put_nowait(2);
    Task<void> putter = create_task(detail::as_async(queue.put(3)));
    co_await getter;
    co_await sleep(0s);
    CHECK(queue.putters() == 1);
    CHECK(queue.unfinished() == 2);
    queue.get_nowait();
    CHECK(queue.unfinished() == 3);
    co_await putter;
  });
}

ASYNC_TEST_CASE("queue: a cancelled join leaves the others waiting") {
  Queue<int> queue;
  queue.put_nowait(1);
  Task<void> first = join_in_task(queue);
  Task<void> second = join_in_task(queue);
  co_await sleep(0s);
  first.cancel();
  const std::string outcome = co_await outcome_of(first);
  CHECK(outcome == "Cancelled(user)");
  CHECK_FALSE(second.done());
  queue.task_done();
  second.cancel();  // too late: it has been joined
  const std::string joined = co_await outcome_of(second);
  CHECK(joined == "returned");
}

ASYNC_TEST_CASE("queue: a join that never waits gives others a turn, and a cancellation is delivered there") {
  Queue<int> queue;
  int joins = 0;
  auto body = [&]() -> Async<void> {
    while (true) {
      co_await queue.join();
      ++joins;
    }
  };
  Task<void> task = create_task(body());
  co_await sleep(0s);
  CHECK(joins > 0);
  task.cancel();
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(user)");
}

TEST_SUITE_END();
