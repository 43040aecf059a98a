// SPDX-License-Identifier: BSL-1.0
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "coroute/asyncio/queue.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "support/async_test.hpp"
#include "support/outcome.hpp"
#include "support/queue_kinds.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::get_in_task;
using coroute::testing::in_virtual_time;
using coroute::testing::outcome_of;
using coroute::testing::put_in_task;

namespace {

const std::string shut_down = "error: the queue has been shut down";

template <class Q>
Async<void> check_put_refused(Q& queue) {
  const std::string outcome = co_await outcome_of(queue.put(1));
  CHECK(outcome == shut_down);
  CHECK_THROWS_AS(queue.put_nowait(1), QueueShutDown);
  CHECK_FALSE(queue.try_put(1));
}

template <class Q>
Async<void> check_get_refused(Q& queue) {
  const std::string outcome = co_await outcome_of(queue.get());
  CHECK(outcome == shut_down);
  CHECK_THROWS_AS(queue.get_nowait(), QueueShutDown);
  CHECK(queue.try_get() == std::nullopt);
}

/// Uses its queue when it is destroyed.
struct Talkative {
  explicit Talkative(Queue<Talkative>& queue) : queue(&queue) {}
  Talkative(Talkative&& other) noexcept : queue(std::exchange(other.queue, nullptr)) {}
  ~Talkative() {
    if (queue) queue->size();
  }
  Queue<Talkative>* queue;
};

}  // namespace

TEST_SUITE_BEGIN("asyncio");

TEST_CASE_TEMPLATE("queue: says that it was shut down (_QueueShutdownTestMixin.test_format)", Q, COROUTE_QUEUE_KINDS) {
  Q queue;
  CHECK_FALSE(queue.is_shutdown());
  queue.shutdown();
  CHECK(queue.is_shutdown());
  CHECK(queue.describe() == "maxsize=0 shutdown");
  queue.shutdown();  // once more is no error
  queue.shutdown(true);
  CHECK(queue.describe() == "maxsize=0 shutdown");
}

TEST_CASE_TEMPLATE("queue: shutdown of an empty one wakes its getters and refuses everything (test_shutdown_empty)", Q,
                   COROUTE_QUEUE_KINDS) {
  in_virtual_time([]() -> Async<void> {
    Q queue;
    Task<int> first = get_in_task(queue);
    Task<int> second = get_in_task(queue);
    co_await sleep(0s);
    queue.shutdown(false);
    CHECK(queue.qsize() == 0);
    CHECK(queue.getters() == 0);
    co_await queue.join();
    co_await sleep(0s);
    CHECK(first.done());
    CHECK(second.done());
    CHECK_THROWS_AS(first.result(), QueueShutDown);
    CHECK_THROWS_AS(second.result(), QueueShutDown);
    co_await check_put_refused(queue);
    co_await check_get_refused(queue);
  });
}

TEST_CASE_TEMPLATE("queue: shutdown refuses what waits for room and lets the rest be got (test_shutdown_nonempty)", Q,
                   COROUTE_QUEUE_KINDS) {
  in_virtual_time([]() -> Async<void> {
    Q queue(1);
    queue.put_nowait(7);
    Task<void> joiner = create_task(detail::as_async(queue.join()));
    Task<void> putter = put_in_task(queue, 8);
    co_await sleep(0s);
    CHECK_FALSE(putter.done());
    queue.shutdown(false);
    CHECK(queue.qsize() == 1);
    CHECK(queue.putters() == 0);
    co_await sleep(0s);
    CHECK(putter.done());
    CHECK_THROWS_AS(putter.result(), QueueShutDown);
    co_await check_put_refused(queue);
    const int item = co_await queue.get();
    CHECK(item == 7);
    co_await sleep(0s);
    CHECK_FALSE(joiner.done());
    co_await check_put_refused(queue);
    co_await check_get_refused(queue);
    queue.task_done();
    co_await sleep(0s);
    CHECK(joiner.done());
    co_await joiner;
    CHECK_THROWS_AS(queue.task_done(), std::invalid_argument);
  });
}

TEST_CASE_TEMPLATE("queue: immediate shutdown drops the items and counts them as done (test_shutdown_immediate)", Q,
                   COROUTE_QUEUE_KINDS) {
  in_virtual_time([]() -> Async<void> {
    Q queue;
    queue.put_nowait(1);
    queue.put_nowait(2);
    Task<void> joiner = create_task(detail::as_async(queue.join()));
    co_await sleep(0s);
    queue.shutdown(true);
    CHECK(queue.qsize() == 0);
    co_await sleep(0s);
    CHECK(joiner.done());
    co_await joiner;
    co_await check_put_refused(queue);
    co_await check_get_refused(queue);
    CHECK_THROWS_AS(queue.task_done(), std::invalid_argument);
  });
}

TEST_CASE_TEMPLATE(
    "queue: after immediate shutdown join waits for items that were got (test_shutdown_immediate_with_unfinished)", Q,
    COROUTE_QUEUE_KINDS) {
  in_virtual_time([]() -> Async<void> {
    Q queue;
    queue.put_nowait(1);
    queue.put_nowait(1);
    Task<void> joiner = create_task(detail::as_async(queue.join()));
    const int item = co_await queue.get();
    CHECK(item == 1);
    queue.shutdown(true);
    CHECK(queue.qsize() == 0);
    CHECK(queue.unfinished() == 1);
    co_await sleep(0s);
    CHECK_FALSE(joiner.done());
    co_await check_put_refused(queue);
    co_await check_get_refused(queue);
    queue.task_done();
    CHECK_THROWS_AS(queue.task_done(), std::invalid_argument);
    co_await sleep(0s);
    CHECK(joiner.done());
    co_await joiner;
  });
}

TEST_CASE_TEMPLATE("queue: an item on its way to a getter arrives in spite of a shutdown", Q, COROUTE_QUEUE_KINDS) {
  in_virtual_time([]() -> Async<void> {
    Q queue;
    Task<int> getter = get_in_task(queue);
    co_await sleep(0s);
    queue.put_nowait(3);
    queue.shutdown(true);
    const int item = co_await getter;
    CHECK(item == 3);
    CHECK(queue.unfinished() == 1);
  });
}

TEST_CASE_TEMPLATE("queue: an item that comes back after an immediate shutdown is dropped and done", Q,
                   COROUTE_QUEUE_KINDS) {
  in_virtual_time([]() -> Async<void> {
    Q queue;
    queue.put_nowait(1);
    Task<void> joiner = create_task(detail::as_async(queue.join()));
    co_await sleep(0s);
    {
      auto get = queue.get().operator co_await();  // destroyed before it is resumed
      CHECK(get.await_ready());
      queue.shutdown(true);
      CHECK(queue.unfinished() == 1);
    }
    CHECK(queue.unfinished() == 0);
    CHECK(queue.empty());
    co_await joiner;
  });
}

TEST_CASE_TEMPLATE("queue: immediate shutdown counts no item as done twice", Q, COROUTE_QUEUE_KINDS) {
  Q queue;
  for (int i = 0; i < 3; ++i)
    queue.put_nowait(i);
  queue.task_done();  // without a get
  queue.task_done();
  queue.shutdown(true);
  CHECK(queue.unfinished() == 0);
  CHECK_THROWS_AS(queue.task_done(), std::invalid_argument);
}

TEST_CASE_TEMPLATE("queue: a waiter that was refused and is cancelled in the same step is refused", Q,
                   COROUTE_QUEUE_KINDS) {
  in_virtual_time([]() -> Async<void> {
    Q queue;
    std::vector<std::string> log;
    auto body = [&]() -> Async<void> {
      log.push_back(co_await outcome_of(queue.get()));
      log.push_back(co_await outcome_of(sleep(1s)));
    };
    Task<void> task = create_task(body());
    co_await sleep(0s);
    queue.shutdown();
    task.cancel();
    co_await task;
    CHECK(log == std::vector<std::string>{shut_down, "Cancelled(user)"});
  });
}

TEST_CASE("queue: dropped items are destroyed by the shutdown, outside the lock") {
  Queue<std::shared_ptr<int>> queue;
  auto token = std::make_shared<int>(0);
  for (int i = 0; i < 100; ++i)
    queue.put_nowait(token);
  queue.shutdown(true);
  CHECK(token.use_count() == 1);
  Queue<Talkative> talkative;
  talkative.put_nowait(Talkative(talkative));
  talkative.shutdown(true);  // hangs when the destructor of the item finds the queue locked
  CHECK(talkative.is_shutdown());
}

ASYNC_TEST_CASE("queue: consumers end by the shutdown once everything has been consumed") {
  Queue<int> queue(3);
  std::vector<int> got;
  auto consume = [&]() -> Async<std::string> {
    std::string outcome;
    try {
      while (true) {
        const int item = co_await queue.get();
        co_await sleep(1ms);
        got.push_back(item);
      }
    } catch (const QueueShutDown& error) {
      outcome = error.what();
    }
    co_return outcome;
  };
  Task<std::string> consumer = create_task(consume());
  for (int i = 0; i < 10; ++i)
    co_await queue.put(i);
  queue.shutdown();
  const std::string outcome = co_await consumer;
  CHECK(outcome == "the queue has been shut down");
  CHECK(got == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
}

TEST_SUITE_END();
