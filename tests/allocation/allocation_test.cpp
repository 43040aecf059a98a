// SPDX-License-Identifier: BSL-1.0
// What the uncontended paths take from the heap: nothing. A program of its own, since it replaces operator new.
#include <doctest/doctest.h>

#include <cstdlib>
#include <new>
#include "coroute/coroute.hpp"
#include "coroute/params/json_reader.hpp"
#include "coroute/params/json_writer.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

std::size_t allocations = 0;  // one thread only

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace {

/// Allocations of the second call: the first one fills the recycler of coroutine frames.
template <class Operation>
std::size_t allocations_of(Operation operation) {
  auto main = [&]() -> Async<std::size_t> {
    co_await operation();
    const std::size_t before = allocations;
    co_await operation();
    const std::size_t after = allocations;
    co_return after - before;
  };
  return run(main(), {.virtual_time = true});
}

Async<int> nested(int depth) {
  int below = 0;
  if (depth > 0) below = co_await nested(depth - 1);
  co_return below + 1;
}

}  // namespace

TEST_SUITE_BEGIN("allocation");

TEST_CASE("allocation: the counter counts") {
  auto make = []() -> Async<void> {
    const auto text = std::make_unique<int>(1);
    CHECK(*text == 1);
    co_return;
  };
  CHECK(allocations_of(make) == 1);
}

TEST_CASE("allocation: acquiring and releasing a free semaphore or lock takes nothing from the heap") {
  Semaphore semaphore(1);
  BoundedSemaphore bounded(1);
  Lock lock;
  auto use = [&]() -> Async<void> {
    for (int i = 0; i < 3; ++i) {
      const Permit permit = co_await semaphore.acquire();
      const Permit other = co_await bounded.acquire();
      const LockGuard guard = co_await lock.acquire();
    }
  };
  CHECK(allocations_of(use) == 0);
}

TEST_CASE("allocation: waiting for a semaphore, a lock or an event takes nothing either") {
  Semaphore semaphore(1);
  Lock lock;
  Event event;
  auto wait_for_all = [](Semaphore& s, Lock& l, Event& e) -> Async<void> {
    const Permit permit = co_await s.acquire();
    const LockGuard guard = co_await l.acquire();
    co_await e.wait();
  };
  auto contend = [&]() -> Async<void> {
    event.clear();
    Permit permit = co_await semaphore.acquire();
    LockGuard guard = co_await lock.acquire();
    const Task<void> other = create_task(wait_for_all(semaphore, lock, event));
    co_await sleep(0s);
    CHECK(semaphore.waiting() == 1);
    permit.release();
    co_await sleep(0s);
    CHECK(lock.waiting() == 1);
    guard.release();
    co_await sleep(0s);
    event.set();
    co_await other;
  };
  CHECK(allocations_of(contend) == 0);
}

TEST_CASE("allocation: a set event, a notification and a condition's lock take nothing") {
  Event event;
  event.set();
  Condition condition;
  auto use = [&]() -> Async<void> {
    co_await event.wait();
    const LockGuard guard = co_await condition.acquire();
    condition.notify_all();
  };
  CHECK(allocations_of(use) == 0);
}

TEST_CASE("allocation: a queue that has grown to its size takes nothing") {
  Queue<int> queue;
  auto use = [&]() -> Async<void> {
    for (int i = 0; i < 8; ++i)
      co_await queue.put(i);
    for (int i = 0; i < 8; ++i) {
      const int item = co_await queue.get();
      CHECK(item == i);
      queue.task_done();
    }
    co_await queue.join();
  };
  CHECK(allocations_of(use) == 0);
}

TEST_CASE("allocation: calls, sleeps, time-outs and generators live in recycled frames") {
  auto items = []() -> AsyncGenerator<int> {
    for (int i = 0; i < 3; ++i)
      co_yield i;
  };
  auto use = [&]() -> Async<void> {
    const int depth = co_await nested(10);
    CHECK(depth == 11);
    co_await sleep(1ms);
    co_await timeout(1s, nested(2));
    auto all = items();
    while (auto item = co_await all.next()) {
    }
  };
  CHECK(allocations_of(use) == 0);
}

TEST_CASE("allocation: making and joining a task takes nothing once its blocks are recycled") {
  auto use = []() -> Async<void> {
    const Task<int> task = create_task(nested(2));
    const int result = co_await task;
    CHECK(result == 3);
  };
  CHECK(allocations_of(use) == 0);
}

TEST_CASE("allocation: reading JSON and writing it into a string that is large enough takes nothing") {
  std::string out;
  out.reserve(100);
  auto use = [&]() -> Async<void> {
    JsonReader reader(R"({"a":[1,2.5,"x\n",{"b":null}],"c":0.1234567890123456})");
    reader.skip();
    JsonReader::again(reader, reader.text(0)).finish();
    reader.finish();
    out.clear();
    JsonWriter writer(out);
    writer.begin_object();
    writer.key("a");
    writer.string("x\n");
    writer.key("c");
    writer.number(0.1234567890123456);
    writer.end_object();
    co_return;
  };
  CHECK(allocations_of(use) == 0);
  CHECK(out == R"({"a":"x\n","c":0.1234567890123456})");
}

TEST_SUITE_END();
