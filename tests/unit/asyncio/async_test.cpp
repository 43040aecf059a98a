// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/async.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/semaphore.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "support/async_test.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::outcome_of;

namespace {

Async<int> give(int value) {
  co_return value;
}

Async<void> log_when_run(std::string& log, std::shared_ptr<int>) {
  log += "ran";
  co_return;
}

Async<int> sum_to(int depth) {
  if (depth == 0) co_return 0;
  const int rest = co_await sum_to(depth - 1);
  co_return rest + 1;
}

Async<int> fail_at(int depth) {
  if (depth == 0) throw std::runtime_error("at the bottom");
  const int rest = co_await fail_at(depth - 1);
  co_return rest;
}

Async<int> sleep_at(int depth) {
  if (depth == 0) {
    co_await sleep(1s);
    co_return 0;
  }
  const int rest = co_await sleep_at(depth - 1);
  co_return rest + 1;
}

struct Pinned {
  Pinned() = default;
  Pinned(Pinned&&) = delete;
  int value = 5;
};

Async<Pinned&> refer(Pinned& pinned) {
  co_return pinned;
}

// What may stand behind co_await.
static_assert(Awaitable<Async<int>>);
static_assert(Awaitable<Async<int>&>);
static_assert(Awaitable<Task<void>>);
static_assert(Awaitable<Sleep>);
static_assert(Awaitable<decltype(std::declval<Semaphore&>().acquire())>);
static_assert(!Awaitable<int>);
static_assert(!Awaitable<std::string>);
static_assert(std::is_same_v<AwaitResult<Async<int>>, int>);
static_assert(std::is_same_v<AwaitResult<Task<std::string>>, std::string>);
static_assert(std::is_same_v<AwaitResult<Sleep>, void>);
static_assert(!std::is_copy_constructible_v<Async<int>>);
static_assert(sizeof(Async<std::string>) == sizeof(void*));

}  // namespace

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE("async: runs only when it is awaited") {
  std::string log;
  Async<void> coroutine = log_when_run(log, nullptr);
  CHECK(log.empty());
  co_await std::move(coroutine);
  CHECK(log == "ran");
}

TEST_CASE("async: dropped without an await, its body never runs and its arguments are destroyed") {
  std::string log;
  auto argument = std::make_shared<int>(1);
  {
    const Async<void> dropped = log_when_run(log, argument);
    CHECK(argument.use_count() == 2);
  }
  CHECK(argument.use_count() == 1);
  CHECK(log.empty());
}

TEST_CASE("async: assigning over one destroys what it held") {
  std::string log;
  auto first = std::make_shared<int>(1);
  auto second = std::make_shared<int>(2);
  {
    Async<void> coroutine = log_when_run(log, first);
    coroutine = log_when_run(log, second);
    CHECK(first.use_count() == 1);
    CHECK(second.use_count() == 2);
  }
  CHECK(second.use_count() == 1);
}

ASYNC_TEST_CASE("async: awaiting one twice throws RuntimeError, by name or moved") {
  Async<int> coroutine = give(3);
  const int value = co_await coroutine;
  CHECK(value == 3);
  const std::string twice = co_await outcome_of(std::move(coroutine));
  CHECK(twice == "RuntimeError: cannot await this coroutine: it was awaited or made a task before");
  std::string again;
  try {
    co_await coroutine;
  } catch (const RuntimeError& error) {
    again = error.what();
  }
  CHECK(again == "cannot await this coroutine: it was awaited or made a task before");
}

ASYNC_TEST_CASE("async: one that was made a task can neither be awaited nor made a task again") {
  Async<int> coroutine = give(3);
  Task<int> task = create_task(std::move(coroutine));
  const std::string awaited = co_await outcome_of(std::move(coroutine));
  CHECK(awaited.starts_with("RuntimeError"));
  CHECK_THROWS_AS(create_task(std::move(coroutine)), RuntimeError);
  const int value = co_await task;
  CHECK(value == 3);
}

ASYNC_TEST_CASE("async: a ready value is awaited without a frame") {
  Async<int> ready = Async<int>::ready(7);
  void* const box = detail::last_allocated_frame();
  const int value = co_await std::move(ready);
  CHECK(value == 7);
  CHECK(detail::last_allocated_frame() == box);

  void* const before = detail::last_allocated_frame();
  Async<void> nothing = Async<void>::ready();
  co_await std::move(nothing);
  CHECK(detail::last_allocated_frame() == before);  // no memory at all

  Async<int> coroutine = give(7);
  CHECK(detail::last_allocated_frame() != before);  // a coroutine has one
  const int same = co_await std::move(coroutine);
  CHECK(same == 7);
}

ASYNC_TEST_CASE("async: a ready value is awaited once, may be dropped, and can be made a task") {
  auto shared = std::make_shared<int>(4);
  {
    const auto dropped = Async<std::shared_ptr<int>>::ready(shared);
    CHECK(shared.use_count() == 2);
  }
  CHECK(shared.use_count() == 1);
  Async<std::unique_ptr<int>> ready = Async<std::unique_ptr<int>>::ready(std::make_unique<int>(9));
  const std::unique_ptr<int> owned = co_await std::move(ready);
  CHECK(*owned == 9);
  const std::string twice = co_await outcome_of(std::move(ready));
  CHECK(twice.starts_with("RuntimeError"));
  Task<int> task = create_task(Async<int>::ready(5));
  CHECK_FALSE(task.done());
  const int value = co_await task;
  CHECK(value == 5);
  Task<void> none = create_task(Async<void>::ready());
  co_await none;
  CHECK(none.done());
}

ASYNC_TEST_CASE("async: gives a reference, from a coroutine and ready") {
  Pinned pinned;
  Pinned& same = co_await refer(pinned);
  CHECK(&same == &pinned);
  Pinned& ready = co_await Async<Pinned&>::ready(pinned);
  CHECK(&ready == &pinned);
}

ASYNC_TEST_CASE("async: gives what can only be moved, and what converts to the result") {
  auto make = []() -> Async<std::unique_ptr<int>> { co_return std::make_unique<int>(8); };
  const std::unique_ptr<int> owned = co_await make();
  CHECK(*owned == 8);
  auto text = []() -> Async<std::string> { co_return "text"; };
  const std::string converted = co_await text();
  CHECK(converted == "text");
}

ASYNC_TEST_CASE("async: an error passes through every awaiting coroutine to the one that catches it") {
  const std::string outcome = co_await outcome_of(fail_at(50));
  CHECK(outcome == "error: at the bottom");
}

ASYNC_TEST_CASE("async: locals are destroyed in order, innermost coroutine first, on a result and on an error") {
  std::string log;
  struct Note {
    Note(std::string& log, char letter) : log(log), letter(letter) {}
    ~Note() { log += letter; }
    std::string& log;
    char letter;
  };
  auto inner = [&log](bool fail) -> Async<void> {
    const Note note(log, 'i');
    co_await sleep(1ms);
    if (fail) throw std::runtime_error("inner");
  };
  auto outer = [&](bool fail) -> Async<void> {
    const Note note(log, 'o');
    co_await inner(fail);
  };
  co_await outer(false);
  CHECK(log == "io");
  const std::string outcome = co_await outcome_of(outer(true));
  CHECK(outcome == "error: inner");
  CHECK(log == "ioio");
}

ASYNC_TEST_CASE("async: a million awaits of what is ready use no stack") {
  constexpr int count = 1'000'000;
  long sum = 0;
  for (int i = 0; i < count; ++i)
    sum += co_await Async<int>::ready(1);
  CHECK(sum == count);
}

ASYNC_TEST_CASE("async: a million calls that don't suspend use no stack") {
  constexpr int count = 1'000'000;
  long sum = 0;
  for (int i = 0; i < count; ++i)
    sum += co_await give(1);
  CHECK(sum == count);
}

ASYNC_TEST_CASE("async: a million acquires of a free semaphore use no stack") {
  constexpr int count = 1'000'000;
  Semaphore semaphore(1);
  int held = 0;
  for (int i = 0; i < count; ++i) {
    const Permit permit = co_await semaphore.acquire();
    held += permit ? 1 : 0;
  }
  CHECK(held == count);
}

ASYNC_TEST_CASE("async: 100,000 coroutines deep, with a result, a suspension and an error at the bottom") {
  constexpr int depth = 100'000;
  const int sum = co_await sum_to(depth);
  CHECK(sum == depth);
  const int slept = co_await sleep_at(depth);
  CHECK(slept == depth);
  const std::string outcome = co_await outcome_of(fail_at(depth));
  CHECK(outcome == "error: at the bottom");
}

ASYNC_TEST_CASE("async: a cancellation reaches the bottom of 100,000 coroutines and passes up through all") {
  Task<int> task = create_task(sleep_at(100'000));
  co_await sleep(1ms);
  task.cancel();
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(user)");
}

ASYNC_TEST_CASE("async: a loop of awaits that are ready lets other tasks run") {
  Semaphore semaphore(1);
  bool stop = false;
  long turns = 0;
  auto greedy = [&]() -> Async<void> {
    while (!stop) {
      const Permit permit = co_await semaphore.acquire();
      ++turns;
    }
  };
  auto stopper = [&stop]() -> Async<void> {
    stop = true;
    co_return;
  };
  Task<void> first = create_task(greedy());
  Task<void> second = create_task(stopper());
  co_await first;
  CHECK(second.done());
  CHECK(turns >= 1);
  CHECK(turns < 1'000);
}

ASYNC_TEST_CASE("async: a loop of awaits that are ready can be cancelled, and keeps no permit") {
  Semaphore semaphore(1);
  auto greedy = [&]() -> Async<void> {
    while (true) {
      const Permit permit = co_await semaphore.acquire();
    }
  };
  Task<void> task = create_task(greedy());
  co_await sleep(0s);
  task.cancel();
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(user)");
  CHECK(semaphore.available() == 1);
}

TEST_SUITE_END();
