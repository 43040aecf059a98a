// SPDX-License-Identifier: BSL-1.0
// Cancelled waits, destroyed frames, and that no item is lost or given twice. Random parts print their seed.
#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
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
using coroute::testing::put_in_task;

namespace {

/// A task whose frame the test destroys when it likes: the awaiter it suspends is a local variable of the test.
class StandIn {
 public:
  explicit StandIn(EventLoop& loop) : task_(loop, "stand-in") {
    task_.step = [](detail::Runnable&) noexcept {};
    promise_.task = &task_;
  }

  template <class Awaiter>
  bool suspend(Awaiter& awaiter) {
    if (awaiter.await_ready()) return false;
    return awaiter.await_suspend(std::coroutine_handle<PromiseStub>::from_promise(promise_));
  }

 private:
  struct PromiseStub : detail::FrameBase {};
  detail::TaskResult<void> task_;
  PromiseStub promise_;
};

struct Traffic {
  std::vector<int> entered;  ///< Items whose put returned.
  std::vector<int> got;
  int cancelled_puts = 0;
  int cancelled_gets = 0;
};

unsigned below(std::mt19937& random, unsigned limit) {
  return static_cast<unsigned>(random() % limit);
}

template <class Q>
Async<void> produce(Q& queue, Traffic& traffic, int first, unsigned seed) {
  std::mt19937 random(seed);
  for (int item = first; item < first + 100; ++item) {
    try {
      co_await queue.put(item);
      traffic.entered.push_back(item);
    } catch (const Cancelled&) {
      ++traffic.cancelled_puts;
    }
    const bool pauses = below(random, 4) == 0;
    try {
      if (pauses) co_await sleep(0s);
    } catch (const Cancelled&) {
    }
  }
}

template <class Q>
Async<void> consume(Q& queue, Traffic& traffic, unsigned seed) {
  std::mt19937 random(seed);
  while (true) {
    try {
      const int item = co_await queue.get();
      traffic.got.push_back(item);
    } catch (const Cancelled&) {
      ++traffic.cancelled_gets;
    } catch (const QueueShutDown&) {
      co_return;
    }
    const bool pauses = below(random, 4) == 0;
    try {
      if (pauses) co_await sleep(0s);
    } catch (const Cancelled&) {
    }
  }
}

/// Some producers and consumers; a task that is drawn is cancelled after each of 400 turns of the loop.
template <class Q>
Async<Traffic> random_traffic(std::size_t maxsize, unsigned seed) {
  std::mt19937 random(seed);
  Q queue(maxsize);
  Traffic traffic;
  std::vector<Task<void>> producers;
  std::vector<Task<void>> consumers;
  for (int i = 0; i < 4; ++i) {
    producers.push_back(create_task(produce(queue, traffic, i * 100, static_cast<unsigned>(random()))));
    consumers.push_back(create_task(consume(queue, traffic, static_cast<unsigned>(random()))));
  }
  co_await sleep(0s);  // whoever is cancelled before its first step never begins
  for (int i = 0; i < 400; ++i) {
    (below(random, 2) == 0 ? producers : consumers)[below(random, 4)].cancel();
    co_await sleep(0s);
  }
  for (const Task<void>& producer : producers)
    co_await producer;
  queue.shutdown();
  for (const Task<void>& consumer : consumers)
    co_await consumer;
  CHECK(queue.empty());
  CHECK(queue.getters() == 0);
  CHECK(queue.putters() == 0);
  CHECK(queue.unfinished() == traffic.got.size());
  co_return traffic;
}

template <class A>
Async<void> note_outcome(std::vector<std::string>& log, std::string name, A awaitable) {
  const std::string outcome = co_await outcome_of(std::move(awaitable));
  log.push_back(name + ": " + outcome);
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

TEST_CASE_TEMPLATE("queue: a cancelled getter is passed over (test_get_cancelled_race)", Q, COROUTE_QUEUE_KINDS) {
  in_virtual_time([]() -> Async<void> {
    Q queue;
    Task<int> first = get_in_task(queue);
    Task<int> second = get_in_task(queue);
    co_await sleep(0s);
    first.cancel();
    CHECK(queue.getters() == 1);
    co_await sleep(0s);
    CHECK(first.cancelled());
    co_await queue.put(7);
    co_await sleep(0s);
    CHECK(second.done());
    CHECK(second.result() == 7);
  });
}

TEST_CASE_TEMPLATE(
    "queue: a get under a timeout leaves nothing behind (test_cancelled_getters_not_being_held_in_self_getters)", Q,
    COROUTE_QUEUE_KINDS) {
  in_virtual_time([]() -> Async<void> {
    Q queue(5);
    const std::string outcome = co_await outcome_of(timeout(100ms, queue.get()));
    CHECK(outcome == "TimeoutError");
    CHECK(queue.getters() == 0);
    queue.put_nowait(1);
    CHECK(queue.size() == 1);
  });
}

TEST_CASE_TEMPLATE(
    "queue: a getter that was given an item keeps it when it is cancelled (test_get_cancel_drop_one_pending_reader)", Q,
    COROUTE_QUEUE_KINDS) {
  in_virtual_time([]() -> Async<void> {
    Q queue;
    std::string next;
    auto read = [&]() -> Async<int> {
      const int item = co_await queue.get();
      next = co_await outcome_of(sleep(1s));
      co_return item;
    };
    Task<int> reader = create_task(read());
    co_await sleep(0s);
    queue.put_nowait(1);
    queue.put_nowait(2);
    reader.cancel();
    const int item = co_await reader;
    CHECK(item == 1);
    CHECK(next == "Cancelled(user)");
    CHECK(queue.size() == 1);
    CHECK(queue.get_nowait() == 2);
  });
}

TEST_CASE_TEMPLATE(
    "queue: of three getters a cancelled one costs nobody an item (test_get_cancel_drop_many_pending_readers)", Q,
    COROUTE_QUEUE_KINDS) {
  in_virtual_time([]() -> Async<void> {
    Q queue;
    Task<int> first = get_in_task(queue);
    Task<int> second = get_in_task(queue);
    Task<int> third = get_in_task(queue);
    co_await sleep(0s);
    first.cancel();
    queue.put_nowait(1);
    queue.put_nowait(2);
    const std::string outcome = co_await outcome_of(first);
    CHECK(outcome == "Cancelled(user)");
    const int to_second = co_await second;
    const int to_third = co_await third;
    CHECK(to_second == 1);
    CHECK(to_third == 2);
  });
}

TEST_CASE_TEMPLATE("queue: a put that has found room completes when it is cancelled (test_put_cancel_drop)", Q,
                   COROUTE_QUEUE_KINDS) {
  in_virtual_time([]() -> Async<void> {
    Q queue(1);
    queue.put_nowait(1);
    Task<void> writer = put_in_task(queue, 2);
    co_await sleep(0s);
    CHECK(queue.get_nowait() == 1);
    writer.cancel();
    const std::string outcome = co_await outcome_of(writer);
    CHECK(outcome == "returned");
    CHECK(queue.get_nowait() == 2);
    CHECK(queue.size() == 0);
  });
}

TEST_CASE_TEMPLATE("queue: a cancelled putter is passed over, with its item (test_put_cancelled_race)", Q,
                   COROUTE_QUEUE_KINDS) {
  in_virtual_time([]() -> Async<void> {
    Q queue(1);
    Task<void> a = put_in_task(queue, 1);
    Task<void> b = put_in_task(queue, 2);
    Task<void> x = put_in_task(queue, 99);
    Task<void> c = put_in_task(queue, 3);
    co_await sleep(0s);
    CHECK(a.done());
    CHECK_FALSE(b.done());
    x.cancel();
    co_await sleep(0s);
    CHECK(x.cancelled());
    CHECK(queue.get_nowait() == 1);
    CHECK(queue.get_nowait() == 2);
    CHECK(queue.get_nowait() == 3);
    CHECK(queue.empty());
    co_await b;
    co_await c;
  });
}

TEST_CASE_TEMPLATE("queue: a cancelled putter is not held (test_cancelled_puts_not_being_held_in_self_putters)", Q,
                   COROUTE_QUEUE_KINDS) {
  in_virtual_time([]() -> Async<void> {
    Q queue(1);
    queue.put_nowait(1);
    Task<void> putter = put_in_task(queue, 1);
    co_await sleep(0s);
    CHECK(queue.putters() == 1);
    putter.cancel();
    const std::string outcome = co_await outcome_of(putter);
    CHECK(outcome == "Cancelled(user)");
    CHECK(queue.putters() == 0);
    CHECK(queue.unfinished() == 1);
  });
}

TEST_CASE_TEMPLATE(
    "queue: a put whose room came first is not disturbed by a cancellation, which is thrown at the next await "
    "(test_cancelled_put_silence_value_error_exception)",
    Q, COROUTE_QUEUE_KINDS) {
  in_virtual_time([]() -> Async<void> {
    Q queue(1);
    queue.put_nowait(1);
    std::string next;
    auto write = [&]() -> Async<void> {
      co_await queue.put(2);
      next = co_await outcome_of(sleep(1s));
    };
    Task<void> writer = create_task(write());
    co_await sleep(0s);
    queue.get_nowait();
    writer.cancel();
    co_await writer;
    CHECK(next == "Cancelled(user)");
    CHECK(queue.get_nowait() == 2);
  });
}

TEST_CASE("queue: the item of a cancelled put goes with the frame") {
  in_virtual_time([]() -> Async<void> {
    Queue<std::shared_ptr<int>> queue(1);
    auto token = std::make_shared<int>(0);
    queue.put_nowait(token);
    {
      Task<void> putter = put_in_task(queue, token);
      co_await sleep(0s);
      CHECK(token.use_count() == 3);
      putter.cancel();
      co_await outcome_of(putter);
    }
    CHECK(token.use_count() == 2);
  });
}

ASYNC_TEST_CASE("queue: a cancellation that is pending is thrown by a wait, not by a get or put that needs none") {
  Queue<int> queue(1);
  std::vector<std::string> log;
  auto body = [&]() -> Async<void> {
    current_task()->cancel();
    co_await queue.put(1);
    log.push_back("put");
    log.push_back(co_await outcome_of(queue.put(2)));
    current_task()->cancel();
    const int item = co_await queue.get();
    log.push_back("got " + std::to_string(item));
    log.push_back(co_await outcome_of(queue.get()));
  };
  Task<void> task = create_task(body());
  co_await task;
  CHECK(log == std::vector<std::string>{"put", "Cancelled(user)", "got 1", "Cancelled(user)"});
  CHECK(queue.describe() == "maxsize=1 tasks=1");
}

ASYNC_TEST_CASE("queue: a cancelled put has not put, a cancelled get has not got, also where they only give way") {
  Queue<int> queue;
  std::vector<std::string> log;
  int puts = 0;
  int gets = 0;
  auto put_for_ever = [&]() -> Async<void> {
    current_task()->cancel();
    while (true) {
      co_await queue.put(puts);
      ++puts;
    }
  };
  const std::string put_outcome = co_await outcome_of(create_task(put_for_ever()));
  CHECK(put_outcome == "Cancelled(user)");
  CHECK(puts > 0);
  CHECK(queue.size() == static_cast<std::size_t>(puts));
  for (int i = 0; i < 1'000; ++i)
    queue.put_nowait(puts + i);
  auto get_for_ever = [&]() -> Async<void> {
    current_task()->cancel();
    while (true) {
      const int item = co_await queue.get();
      if (item != gets++) log.push_back("out of order");
    }
  };
  const std::string get_outcome = co_await outcome_of(create_task(get_for_ever()));
  CHECK(get_outcome == "Cancelled(user)");
  CHECK(gets > 0);
  CHECK(queue.get_nowait() == gets);
  CHECK(log.empty());
}

ASYNC_TEST_CASE("queue: a task cancelled while it only gives way keeps what it got") {
  Queue<int> queue;
  for (int i = 0; i < 1'000; ++i)
    queue.put_nowait(i);
  std::vector<int> got;
  auto body = [&]() -> Async<void> {
    while (true) {
      const int item = co_await queue.get();
      got.push_back(item);
    }
  };
  Task<void> task = create_task(body());
  co_await sleep(0s);
  const std::size_t before = got.size();
  CHECK(queue.size() == 1'000 - before - 1);  // one is taken, and its task queued for the next turn
  task.cancel();
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(user)");
  CHECK(got.size() > before);
  CHECK(queue.get_nowait() == static_cast<int>(got.size()));
}

TEST_CASE_TEMPLATE("queue: an item that a destroyed frame had taken is the next one again", Q, COROUTE_QUEUE_KINDS) {
  in_virtual_time([]() -> Async<void> {
    Q queue;
    StandIn task(EventLoop::current());
    for (const int item : {5, 5, 4, 6})
      queue.put_nowait(item);
    const int next = queue.get_nowait();
    queue.put_nowait(next);
    std::vector<int> expected;
    std::vector<int> items;
    {
      Q same;
      for (const int item : {5, 5, 4, 6})
        same.put_nowait(item);
      same.put_nowait(same.get_nowait());
      while (const std::optional<int> item = same.try_get())
        expected.push_back(*item);
    }
    {
      auto get = queue.get().operator co_await();
      const bool ready = !task.suspend(get);
      CHECK(ready);
      CHECK(queue.size() == 3);
    }
    CHECK(queue.size() == 4);
    while (const std::optional<int> item = queue.try_get())
      items.push_back(*item);
    CHECK(items == expected);
    co_return;
  });
}

TEST_CASE_TEMPLATE("queue: a destroyed frame leaves the queue, or passes its item on", Q, COROUTE_QUEUE_KINDS) {
  in_virtual_time([]() -> Async<void> {
    Q queue;
    StandIn first(EventLoop::current());
    StandIn second(EventLoop::current());
    std::optional<Task<int>> behind;
    {
      auto get = queue.get().operator co_await();
      const bool waits = first.suspend(get);
      CHECK(waits);
      CHECK(queue.getters() == 1);
    }
    CHECK(queue.getters() == 0);
    {
      auto get = queue.get().operator co_await();
      const bool waits = second.suspend(get);
      CHECK(waits);
      behind = get_in_task(queue);
      co_await sleep(0s);
      queue.put_nowait(1);
      CHECK(queue.getters() == 1);
    }
    const int item = co_await *behind;
    CHECK(item == 1);
    CHECK(queue.describe() == "maxsize=0 tasks=1");
  });
}

ASYNC_TEST_CASE("queue: an item that comes back late goes to the front, past maxsize, and lets nobody in") {
  Queue<int> queue(1);
  StandIn task(EventLoop::current());
  {
    auto get = queue.get().operator co_await();
    const bool waits = task.suspend(get);
    CHECK(waits);
    queue.put_nowait(1);
    queue.put_nowait(2);
    Task<void> putter = put_in_task(queue, 3);
    co_await sleep(0s);
  }
  CHECK(queue.size() == 2);
  CHECK(queue.full());
  CHECK(queue.get_nowait() == 1);
  CHECK(queue.putters() == 1);
  CHECK(queue.get_nowait() == 2);
  CHECK(queue.putters() == 0);
  CHECK(queue.get_nowait() == 3);
}

ASYNC_TEST_CASE("queue: the frame of a put destroyed while it waits takes its item with it") {
  Queue<std::shared_ptr<int>> queue(1);
  auto token = std::make_shared<int>(0);
  StandIn task(EventLoop::current());
  queue.put_nowait(nullptr);
  {
    auto put = queue.put(token).operator co_await();
    const bool waits = task.suspend(put);
    CHECK(waits);
    CHECK(queue.putters() == 1);
    CHECK(token.use_count() == 2);
  }
  CHECK(queue.putters() == 0);
  CHECK(token.use_count() == 1);
  co_await sleep(0s);
}

TEST_CASE_TEMPLATE("queue: a task that still waits when the queue dies can be cancelled", Q, COROUTE_QUEUE_KINDS) {
  std::vector<std::string> log;
  in_virtual_time([&log]() -> Async<void> {
    auto queue = std::make_unique<Q>(1);
    queue->put_nowait(1);
    Task<void> putter = create_task(note_outcome(log, "put", queue->put(2)));
    Task<void> joiner = create_task(note_outcome(log, "join", queue->join()));
    Q of_main;
    create_task(note_outcome(log, "get", of_main.get()));  // cancelled by `run`, when this coroutine has ended
    co_await sleep(0s);
    queue.reset();
    putter.cancel();
    co_await putter;
    joiner.cancel();
    co_await joiner;
  });
  CHECK(log == std::vector<std::string>{"put: Cancelled(user)", "join: Cancelled(user)", "get: Cancelled(shutdown)"});
}

TEST_CASE_TEMPLATE("queue: under random cancellations every item that was put is got once, and no other", Q,
                   COROUTE_QUEUE_KINDS) {
  int cancelled_puts = 0;
  int cancelled_gets = 0;
  for (unsigned seed = 1; seed <= 60; ++seed) {
    const std::size_t maxsize = std::size_t{seed % 4};
    INFO("seed ", seed, ", maxsize ", maxsize);
    Traffic traffic = run(random_traffic<Q>(maxsize, seed), {.virtual_time = true});
    std::sort(traffic.entered.begin(), traffic.entered.end());
    std::sort(traffic.got.begin(), traffic.got.end());
    CHECK(traffic.got == traffic.entered);
    CHECK(traffic.entered.size() + static_cast<std::size_t>(traffic.cancelled_puts) == 400);
    cancelled_puts += traffic.cancelled_puts;
    cancelled_gets += traffic.cancelled_gets;
  }
  CHECK(cancelled_puts > 100);
  CHECK(cancelled_gets > 100);
}

ASYNC_TEST_CASE("queue: who was answered is cancelled without its queue, which is gone") {
  std::string ended;
  std::optional<Queue<int>> queue(std::in_place, 1);
  Task<std::string> got = create_task(outcome_of(queue->get()));
  co_await sleep(0s);
  queue->put_nowait(1);
  queue.emplace(1);
  got.cancel();
  Task<std::string> joined = create_task(outcome_of(queue->join()));
  queue->put_nowait(2);
  co_await sleep(0s);
  Task<std::string> put = create_task(outcome_of(queue->put(3)));
  co_await sleep(0s);
  CHECK(queue->get_nowait() == 2);
  CHECK(queue->get_nowait() == 3);
  queue->task_done();
  queue->task_done();
  queue.reset();
  put.cancel();
  joined.cancel();
  ended = co_await got;
  CHECK(ended == "returned");
  ended = co_await put;
  CHECK(ended == "returned");
  ended = co_await joined;
  CHECK(ended == "returned");
}

TEST_SUITE_END();
