// SPDX-License-Identifier: BSL-1.0
// Long loops of awaits that are ready, and deep recursion: neither may use the thread's stack, whatever the compiler
// makes of tail calls. Full sizes of what async_test.cpp has small.
#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "coroute/asyncio/semaphore.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "support/async_test.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::outcome_of;

namespace {

constexpr int loop_length = 10'000'000;
constexpr int depth = 100'000;

Async<int> one() {
  co_return 1;
}

enum class Bottom { Return, Sleep, Throw };

Async<int> descend(int levels, Bottom bottom) {
  if (levels == 0) {
    if (bottom == Bottom::Sleep) co_await sleep(1ms);
    if (bottom == Bottom::Throw) throw std::runtime_error("at the bottom");
    co_return 0;
  }
  const int below = co_await descend(levels - 1, bottom);
  co_return below + 1;
}

}  // namespace

TEST_SUITE_BEGIN("stress");

ASYNC_TEST_CASE("depth: ten million awaits of what is ready use no stack") {
  long sum = 0;
  for (int i = 0; i < loop_length; ++i)
    sum += co_await Async<int>::ready(1);
  CHECK(sum == loop_length);
}

ASYNC_TEST_CASE("depth: ten million calls that don't suspend use no stack") {
  long sum = 0;
  for (int i = 0; i < loop_length; ++i)
    sum += co_await one();
  CHECK(sum == loop_length);
}

ASYNC_TEST_CASE("depth: ten million acquires of a free semaphore use no stack") {
  Semaphore semaphore(1);
  long held = 0;
  for (int i = 0; i < loop_length; ++i) {
    const Permit permit = co_await semaphore.acquire();
    held += permit ? 1 : 0;
  }
  CHECK(held == loop_length);
}

ASYNC_TEST_CASE("depth: ten million awaits of a task that is done use no stack") {
  const Task<int> task = create_task(one());
  long sum = 0;
  for (int i = 0; i < loop_length; ++i)
    sum += co_await task;
  CHECK(sum == loop_length);
}

ASYNC_TEST_CASE("depth: a million eager tasks, one after the other") {
  long sum = 0;
  for (int i = 0; i < loop_length / 10; ++i)
    sum += co_await create_task(one(), TaskOptions().eager_start());
  CHECK(sum == loop_length / 10);
  CHECK(EventLoop::current().task_count() == 1);
}

ASYNC_TEST_CASE(
    "depth: 100,000 coroutines deep, with a result, a suspension, an error and a cancellation at the bottom") {
  const int returned = co_await descend(depth, Bottom::Return);
  CHECK(returned == depth);
  const int slept = co_await descend(depth, Bottom::Sleep);
  CHECK(slept == depth);
  const std::string failed = co_await outcome_of(descend(depth, Bottom::Throw));
  CHECK(failed == "error: at the bottom");
  const Task<int> task = create_task(descend(depth, Bottom::Sleep));
  co_await sleep(0s);
  task.cancel();
  const std::string cancelled = co_await outcome_of(task);
  CHECK(cancelled == "Cancelled(user)");
}

TEST_SUITE_END();
