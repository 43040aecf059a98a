// SPDX-License-Identifier: BSL-1.0
// A queue between loops that run on threads of their own; tests/stress has the heavy traffic.
#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "coroute/asyncio/queue.hpp"
#include "coroute/asyncio/task.hpp"
#include "support/loop_thread.hpp"
#include "support/outcome.hpp"
#include "support/queue_kinds.hpp"

using namespace coroute;
using coroute::testing::LoopThread;
using coroute::testing::outcome_of;
using coroute::testing::wait_until_done;

TEST_SUITE_BEGIN("asyncio");

TEST_CASE_TEMPLATE("queue: getters of several loops are served in order of arrival, each on its own loop", Q,
                   COROUTE_QUEUE_KINDS) {
  LoopThread first;
  LoopThread second;
  Q queue;
  std::atomic<int> away{0};
  auto get = [&](EventLoop& mine) -> Async<int> {
    const int item = co_await queue.get();
    if (&EventLoop::current() != &mine) ++away;
    co_return item;
  };
  std::vector<Task<int>> tasks;
  for (std::size_t i = 0; i < 10; ++i) {
    EventLoop& loop = (i % 2 == 0 ? first : second).loop();
    tasks.push_back(create_task_on(loop, get(loop)));
    while (queue.getters() <= i)
      std::this_thread::yield();
  }
  for (int item = 10; item > 0; --item)
    queue.put_nowait(item);
  CHECK(queue.empty());
  std::vector<int> items;
  for (const Task<int>& task : tasks) {
    wait_until_done(task);
    items.push_back(task.result());
  }
  CHECK(items == std::vector<int>{10, 9, 8, 7, 6, 5, 4, 3, 2, 1});
  CHECK(away == 0);
}

TEST_CASE_TEMPLATE("queue: putters of several loops enter in order of arrival, with items that can only be moved", Q,
                   Queue<std::unique_ptr<int>>, LifoQueue<std::unique_ptr<int>>) {
  LoopThread first;
  LoopThread second;
  Q queue(1);
  queue.put_nowait(std::make_unique<int>(-1));
  auto put = [&](int number) -> Async<void> { co_await queue.put(std::make_unique<int>(number)); };
  std::vector<Task<void>> tasks;
  for (std::size_t i = 0; i < 10; ++i) {
    tasks.push_back(create_task_on((i % 2 == 0 ? first : second).loop(), put(static_cast<int>(i))));
    while (queue.putters() <= i)
      std::this_thread::yield();
  }
  std::vector<int> items;
  for (int i = 0; i < 11; ++i)
    items.push_back(*queue.get_nowait());
  CHECK(items == std::vector<int>{-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  for (const Task<void>& task : tasks)
    wait_until_done(task);
}

TEST_CASE("queue: a loop that ends takes those who wait on it out of the queue") {
  Queue<int> queue(1);
  auto wait_to_put = [&]() -> Async<std::string> {
    std::string outcome = co_await outcome_of(queue.put(2));
    co_return outcome;
  };
  queue.put_nowait(1);
  LoopThread staying;
  std::optional<Task<std::string>> ended;
  std::optional<Task<std::string>> stayed;
  {
    LoopThread ending;
    ended = create_task_on(ending.loop(), wait_to_put());
    while (queue.putters() < 1)
      std::this_thread::yield();
    stayed = create_task_on(staying.loop(), wait_to_put());
    while (queue.putters() < 2)
      std::this_thread::yield();
  }
  CHECK(ended->result() == "Cancelled(shutdown)");
  CHECK(queue.putters() == 1);
  CHECK(queue.get_nowait() == 1);
  wait_until_done(*stayed);
  CHECK(stayed->result() == "returned");
  CHECK(queue.get_nowait() == 2);
}

TEST_SUITE_END();
