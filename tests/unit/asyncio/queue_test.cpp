// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/queue.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "coroute/asyncio/gather.hpp"
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

/// Puts 1, 3, 2 and gives the order in which they come out.
template <class Q>
Async<std::vector<int>> order_of(Q& queue) {
  for (const int item : {1, 3, 2})
    co_await queue.put(item);
  std::vector<int> items;
  for (int i = 0; i < 3; ++i) {
    const int item = co_await queue.get();
    items.push_back(item);
  }
  co_return items;
}

/// Can be moved but neither copied nor assigned, and ordered by its number.
struct Parcel {
  explicit Parcel(int number) : number(std::make_unique<int>(number)) {}
  Parcel(Parcel&&) noexcept = default;
  Parcel& operator=(Parcel&&) = delete;
  friend bool operator<(const Parcel& left, const Parcel& right) { return *left.number < *right.number; }
  std::unique_ptr<int> number;
};

}  // namespace

TEST_SUITE_BEGIN("asyncio");

TEST_CASE_TEMPLATE("queue: describes what is in it and who waits (test_repr, test_str, test_format)", Q,
                   COROUTE_QUEUE_KINDS) {
  in_virtual_time([]() -> Async<void> {
    Q unbounded;
    CHECK(unbounded.describe() == "maxsize=0");
    Task<int> getter = get_in_task(unbounded);
    co_await sleep(0s);
    CHECK(unbounded.describe() == "maxsize=0 getters=1");
    unbounded.put_nowait(0);
    const int got = co_await getter;
    CHECK(got == 0);
    CHECK(unbounded.describe() == "maxsize=0 tasks=1");
    Q bounded(1);
    bounded.put_nowait(1);
    Task<void> putter = put_in_task(bounded, 2);
    co_await sleep(0s);
    CHECK(bounded.describe() == "maxsize=1 items=1 putters=1 tasks=1");
    CHECK(bounded.get_nowait() == 1);
    co_await putter;
    CHECK(bounded.describe() == "maxsize=1 items=1 tasks=2");
  });
}

TEST_CASE_TEMPLATE("queue: is empty before the first put and after the last get (test_empty)", Q, COROUTE_QUEUE_KINDS) {
  in_virtual_time([]() -> Async<void> {
    Q queue;
    CHECK(queue.empty());
    CHECK(queue.size() == 0);
    co_await queue.put(1);
    CHECK_FALSE(queue.empty());
    CHECK(queue.size() == 1);
    CHECK(queue.qsize() == 1);
    const int item = co_await queue.get();
    CHECK(item == 1);
    CHECK(queue.empty());
  });
}

TEST_CASE_TEMPLATE("queue: is full at maxsize, never without one (test_full, test_float_maxsize)", Q,
                   COROUTE_QUEUE_KINDS) {
  Q unbounded;
  CHECK(unbounded.maxsize() == 0);
  for (int i = 0; i < 5'000; ++i)
    unbounded.put_nowait(i);
  CHECK_FALSE(unbounded.full());
  CHECK(unbounded.size() == 5'000);
  Q queue(2);
  CHECK(queue.maxsize() == 2);
  CHECK_FALSE(queue.full());
  queue.put_nowait(1);
  CHECK_FALSE(queue.full());
  queue.put_nowait(2);
  CHECK(queue.full());
  CHECK_THROWS_AS(queue.put_nowait(3), QueueFull);
  CHECK(queue.size() == 2);
}

ASYNC_TEST_CASE("queue: first in, first out (QueueBasicTests.test_order)") {
  Queue<int> queue;
  const std::vector<int> items = co_await order_of(queue);
  CHECK(items == std::vector<int>{1, 3, 2});
}

ASYNC_TEST_CASE("queue: a LifoQueue gives the last one first (LifoQueueTests.test_order)") {
  LifoQueue<int> queue;
  const std::vector<int> items = co_await order_of(queue);
  CHECK(items == std::vector<int>{2, 3, 1});
}

ASYNC_TEST_CASE("queue: a PriorityQueue gives the smallest one first (PriorityQueueTests.test_order)") {
  PriorityQueue<int> queue;
  const std::vector<int> items = co_await order_of(queue);
  CHECK(items == std::vector<int>{1, 2, 3});
}

ASYNC_TEST_CASE("queue: a PriorityQueue takes another order, and keeps the order of arrival among equals") {
  PriorityQueue<int, std::greater<>> largest_first;
  const std::vector<int> items = co_await order_of(largest_first);
  CHECK(items == std::vector<int>{3, 2, 1});
  using Job = std::pair<int, std::string>;
  const auto by_class = [](const Job& left, const Job& right) { return left.first < right.first; };
  PriorityQueue<Job, decltype(by_class)> jobs(0, by_class);
  for (const char* name : {"a", "b", "c", "d"}) {
    jobs.put_nowait({2, name});
    jobs.put_nowait({1, name});
  }
  std::string order;
  while (const std::optional<Job> job = jobs.try_get())
    order += std::to_string(job->first) + job->second;
  CHECK(order == "1a1b1c1d2a2b2c2d");
}

TEST_CASE_TEMPLATE("queue: a put waits at maxsize until there is room (test_maxsize)", Q, COROUTE_QUEUE_KINDS) {
  in_virtual_time([]() -> Async<void> {
    Q queue(2);
    std::vector<int> have_been_put;
    auto putter = [&]() -> Async<bool> {
      for (int i = 0; i < 3; ++i) {
        co_await queue.put(i);
        have_been_put.push_back(i);
      }
      co_return true;
    };
    Task<bool> task = create_task(putter());
    co_await sleep(1s);
    CHECK(have_been_put == std::vector<int>{0, 1});
    CHECK(queue.putters() == 1);
    const int first = co_await queue.get();
    CHECK(queue.full());  // what waited is in already
    CHECK(queue.putters() == 0);
    co_await sleep(0s);
    CHECK(have_been_put == std::vector<int>{0, 1, 2});
    const int second = co_await queue.get();
    const int third = co_await queue.get();
    CHECK(first + second + third == 3);
    CHECK(task.done());
    CHECK(task.result());
  });
}

TEST_CASE_TEMPLATE("queue: a get of what is there doesn't wait (test_blocking_get, test_blocking_put)", Q,
                   COROUTE_QUEUE_KINDS) {
  in_virtual_time([]() -> Async<void> {
    Q queue;
    bool others_ran = false;
    EventLoop::current().call_soon([&] { others_ran = true; });
    co_await queue.put(1);
    const int item = co_await queue.get();
    CHECK(item == 1);
    CHECK_FALSE(others_ran);
    co_await sleep(0s);
    CHECK(others_ran);
  });
}

TEST_CASE_TEMPLATE("queue: a get makes room for the first who waits (test_get_with_putters)", Q, COROUTE_QUEUE_KINDS) {
  in_virtual_time([]() -> Async<void> {
    Q queue(1);
    co_await queue.put(1);
    Task<void> putter = put_in_task(queue, 2);
    Task<void> second = put_in_task(queue, 3);
    co_await sleep(0s);
    const int item = co_await queue.get();
    CHECK(item == 1);
    CHECK(queue.size() == 1);
    CHECK(queue.putters() == 1);
    co_await putter;
    CHECK_FALSE(second.done());
    CHECK(queue.get_nowait() == 2);
    CHECK(queue.get_nowait() == 3);
    co_await second;
  });
}

TEST_CASE_TEMPLATE("queue: a get waits for an item (test_blocking_get_wait, test_put_with_waiting_getters)", Q,
                   COROUTE_QUEUE_KINDS) {
  in_virtual_time([]() -> Async<void> {
    Q queue;
    Task<int> getter = get_in_task(queue);
    co_await sleep(0s);
    CHECK_FALSE(getter.done());
    CHECK(queue.getters() == 1);
    EventLoop& loop = EventLoop::current();
    const auto began = loop.time();
    loop.call_later(10ms, [&] { queue.put_nowait(1); });
    const int item = co_await getter;
    CHECK(item == 1);
    CHECK(loop.time() - began == 10ms);
    Task<int> again = get_in_task(queue);
    co_await sleep(0s);
    co_await queue.put(2);
    const int second = co_await again;
    CHECK(second == 2);
  });
}

TEST_CASE_TEMPLATE("queue: the forms that don't wait (test_nonblocking_get, test_nonblocking_put)", Q,
                   COROUTE_QUEUE_KINDS) {
  Q queue;
  queue.put_nowait(1);
  CHECK(queue.get_nowait() == 1);
  CHECK(queue.try_put(2));
  CHECK(queue.try_get() == std::optional<int>(2));
}

TEST_CASE_TEMPLATE(
    "queue: the forms that don't wait fail (test_nonblocking_get_exception, test_nonblocking_put_exception)", Q,
    COROUTE_QUEUE_KINDS) {
  Q queue(1);
  CHECK_THROWS_WITH_AS(queue.get_nowait(), "the queue is empty", QueueEmpty);
  CHECK(queue.try_get() == std::nullopt);
  queue.put_nowait(1);
  CHECK_THROWS_WITH_AS(queue.put_nowait(2), "the queue is full", QueueFull);
  CHECK_FALSE(queue.try_put(2));
  CHECK(queue.get_nowait() == 1);
  CHECK(queue.unfinished() == 1);
}

ASYNC_TEST_CASE("queue: a get that runs first is given what a put brings later (test_get_with_waiting_putters)") {
  Queue<std::string> queue(1);
  Task<void> first = put_in_task(queue, "a");
  Task<void> second = put_in_task(queue, "b");
  const std::string a = co_await queue.get();
  const std::string b = co_await queue.get();
  CHECK(a + b == "ab");
}

TEST_CASE_TEMPLATE("queue: producer and consumer take turns in a queue of one (test_why_are_getters_waiting)", Q,
                   COROUTE_QUEUE_KINDS) {
  in_virtual_time([]() -> Async<void> {
    Q queue(1);
    std::vector<int> got;
    auto produce = [&]() -> Async<void> {
      for (int i = 0; i < 5; ++i)
        co_await queue.put(i);
    };
    auto consume = [&]() -> Async<void> {
      for (int i = 0; i < 5; ++i) {
        const int item = co_await queue.get();
        got.push_back(item);
      }
    };
    co_await gather(produce(), consume());
    CHECK(got == std::vector<int>{0, 1, 2, 3, 4});
  });
}

TEST_CASE_TEMPLATE("queue: emptying it lets all in who wait (test_why_are_putters_waiting)", Q, COROUTE_QUEUE_KINDS) {
  in_virtual_time([]() -> Async<void> {
    Q queue(2);
    auto drain = [&]() -> Async<void> {
      co_await sleep(0s);
      for (std::size_t number = queue.qsize(); number > 0; --number)
        queue.get_nowait();
    };
    co_await gather(drain(), detail::as_async(queue.put(0)), detail::as_async(queue.put(1)),
                    detail::as_async(queue.put(2)), detail::as_async(queue.put(3)));
    CHECK(queue.size() == 2);
    CHECK(queue.putters() == 0);
  });
}

ASYNC_TEST_CASE("queue: a put waits while nothing gets (test_blocking_put_wait)") {
  Queue<int> queue(1);
  bool finished = false;
  auto put_two = [&]() -> Async<void> {
    co_await queue.put(1);
    co_await queue.put(2);
    finished = true;
  };
  EventLoop& loop = EventLoop::current();
  const auto began = loop.time();
  loop.call_later(10ms, [&] { queue.get_nowait(); });
  Task<void> task = create_task(put_two());
  co_await sleep(0s);
  CHECK_FALSE(finished);
  co_await task;
  CHECK(finished);
  CHECK(loop.time() - began == 10ms);
}

ASYNC_TEST_CASE("queue: an item that is put reaches whoever gets next, and the putter goes on (test_put_cancelled)") {
  Queue<int> queue;
  auto put_one = [&]() -> Async<bool> {
    co_await queue.put(1);
    co_return true;
  };
  Task<bool> task = create_task(put_one());
  const int item = co_await queue.get();
  CHECK(item == 1);
  CHECK(task.done());
  CHECK(task.result());
}

TEST_CASE_TEMPLATE("queue: getters are served in the order in which they came, whatever the order of the items", Q,
                   COROUTE_QUEUE_KINDS) {
  in_virtual_time([]() -> Async<void> {
    Q queue;
    std::vector<Task<int>> getters;
    for (int i = 0; i < 3; ++i)
      getters.push_back(get_in_task(queue));
    co_await sleep(0s);
    for (const int item : {30, 10, 20})
      queue.put_nowait(item);
    CHECK(queue.empty());  // all on their way
    CHECK(queue.try_get() == std::nullopt);
    std::vector<int> items;
    for (const Task<int>& getter : getters) {
      const int item = co_await getter;
      items.push_back(item);
    }
    CHECK(items == std::vector<int>{30, 10, 20});
  });
}

TEST_CASE_TEMPLATE("queue: putters enter in the order in which they came, and nobody overtakes them", Q,
                   COROUTE_QUEUE_KINDS) {
  in_virtual_time([]() -> Async<void> {
    Q queue(1);
    queue.put_nowait(0);
    std::vector<Task<void>> putters;
    for (const int item : {3, 1, 2})
      putters.push_back(put_in_task(queue, item));
    co_await sleep(0s);
    std::vector<int> items;
    for (int i = 0; i < 4; ++i) {
      CHECK_FALSE(queue.try_put(99));
      items.push_back(queue.get_nowait());
    }
    CHECK(items == std::vector<int>{0, 3, 1, 2});
    for (const Task<void>& putter : putters)
      co_await putter;
  });
}

ASYNC_TEST_CASE("queue: items that can only be moved pass through all three") {
  Queue<Parcel> queue(1);
  co_await queue.put(Parcel(1));
  Task<void> putter = put_in_task(queue, Parcel(2));
  co_await sleep(0s);
  Parcel refused(3);
  CHECK_FALSE(queue.try_put(std::move(refused)));
  CHECK_THROWS_AS(queue.put_nowait(std::move(refused)), QueueFull);
  REQUIRE(refused.number);  // still ours
  const Parcel first = co_await queue.get();
  const Parcel second = co_await queue.get();
  CHECK(*first.number == 1);
  CHECK(*second.number == 2);
  co_await putter;
  LifoQueue<Parcel> stack;
  PriorityQueue<Parcel> heap;
  for (const int number : {5, 4, 9, 1, 7, 3}) {
    stack.put_nowait(Parcel(number));
    heap.put_nowait(Parcel(number));
  }
  std::vector<int> unstacked;
  std::vector<int> sorted;
  for (int i = 0; i < 6; ++i) {
    unstacked.push_back(*stack.get_nowait().number);
    sorted.push_back(*heap.get_nowait().number);
  }
  CHECK(unstacked == std::vector<int>{3, 7, 1, 9, 4, 5});
  CHECK(sorted == std::vector<int>{1, 3, 4, 5, 7, 9});
}

ASYNC_TEST_CASE("queue: an await may be made first and moved about (put and get are values)") {
  Queue<std::string> queue(1);
  auto put = queue.put("a long text that is not kept inside the string itself");
  auto moved = std::move(put);
  CHECK(queue.empty());
  co_await std::move(moved);
  CHECK(queue.full());
  auto get = queue.get();
  const std::string item = co_await get;
  CHECK(item == "a long text that is not kept inside the string itself");
}

ASYNC_TEST_CASE("queue: loops that never wait give others a turn") {
  Queue<int> queue;
  for (int i = 0; i < 10'000; ++i)
    queue.put_nowait(i);
  int got_before_others = -1;
  int got = 0;
  EventLoop::current().call_soon([&] { got_before_others = got; });
  std::vector<int> wrong;
  for (int i = 0; i < 10'000; ++i) {
    const int item = co_await queue.get();
    if (item != i) wrong.push_back(item);
    ++got;
  }
  CHECK(wrong.empty());
  CHECK(got_before_others > 0);
  CHECK(got_before_others < 1'000);
  int puts_before_others = -1;
  EventLoop::current().call_soon([&] { puts_before_others = static_cast<int>(queue.size()); });
  for (int i = 0; i < 10'000; ++i)
    co_await queue.put(i);
  CHECK(puts_before_others > 0);
  CHECK(puts_before_others < 1'000);
  CHECK(queue.size() == 10'000);
}

TEST_SUITE_END();
