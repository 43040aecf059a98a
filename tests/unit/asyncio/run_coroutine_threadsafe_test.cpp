// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/run_coroutine_threadsafe.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "coroute/asyncio/run.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/thread_pool.hpp"
#include "support/loop_thread.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::LoopThread;
using coroute::testing::outcome_of;

namespace {

Async<int> add(int a, int b) {
  co_await sleep(1ms);
  co_return a + b;
}

Async<int> fail() {
  co_await sleep(1ms);
  throw std::runtime_error("Fail!");
}

Async<void> wait_for_ever() {
  while (true)
    co_await sleep(1h);
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

TEST_CASE("run_coroutine_threadsafe: a thread gets the result (test_run_coroutine_threadsafe)") {
  LoopThread other;
  const ConcurrentFuture<int> future = run_coroutine_threadsafe(add(40, 2), other.loop());
  CHECK(future.result() == 42);
  CHECK(future.done());
  CHECK_FALSE(future.cancelled());
  CHECK(future.exception() == nullptr);
  CHECK(future.result() == 42);
  CHECK(future.result(0s) == 42);
  const std::unique_ptr<int> owned =
      run_coroutine_threadsafe(Async<std::unique_ptr<int>>::ready(std::make_unique<int>(3)), other.loop()).result();
  CHECK(*owned == 3);
  run_coroutine_threadsafe(detail::as_async(sleep(1ms)), other.loop()).result();
}

TEST_CASE("run_coroutine_threadsafe: a thread gets the error (test_run_coroutine_threadsafe_with_exception)") {
  LoopThread other;
  const ConcurrentFuture<int> future = run_coroutine_threadsafe(fail(), other.loop());
  CHECK_THROWS_WITH_AS(static_cast<void>(future.result()), "Fail!", std::runtime_error);
  CHECK_THROWS_WITH_AS(static_cast<void>(future.result(1s)), "Fail!", std::runtime_error);
  CHECK(describe_exception(future.exception()) == "Fail!");
}

TEST_CASE(
    "run_coroutine_threadsafe: a limit throws TimeoutError, the coroutine runs on until it is cancelled "
    "(test_run_coroutine_threadsafe_with_timeout)") {
  LoopThread other;
  const ConcurrentFuture<void> future = run_coroutine_threadsafe(wait_for_ever(), other.loop());
  CHECK_THROWS_AS(future.result(0s), TimeoutError);
  CHECK_THROWS_AS(future.result(-1s), TimeoutError);
  CHECK_THROWS_AS(future.result(1ms), TimeoutError);
  CHECK_FALSE(future.done());
  CHECK(future.cancel());
  CHECK_THROWS_AS(future.result(Clock::duration::max()), Cancelled);
}

TEST_CASE("run_coroutine_threadsafe: a cancelled one throws Cancelled (test_run_coroutine_threadsafe_task_cancelled)") {
  LoopThread other;
  auto cancel_itself = []() -> Async<void> {
    current_task()->cancel(CancelReason::Overload);
    co_await sleep(0s);
  };
  const ConcurrentFuture<void> future = run_coroutine_threadsafe(cancel_itself(), other.loop());
  CHECK_THROWS_AS(future.result(), Cancelled);
  CHECK_THROWS_AS(static_cast<void>(future.exception()), Cancelled);
  CHECK(future.cancelled());
  CHECK_FALSE(future.cancel());
}

TEST_CASE("run_coroutine_threadsafe: a cancellation waits for the coroutine's cleanup, which may keep a result") {
  LoopThread other;
  auto body = []() -> Async<std::string> {
    std::string outcome = co_await outcome_of(sleep(1h));
    co_await sleep(1ms);
    co_return outcome;
  };
  const ConcurrentFuture<std::string> future = run_coroutine_threadsafe(body(), other.loop());
  std::atomic<bool> begun{false};
  other.loop().call_soon_threadsafe([&] { begun = true; });
  while (!begun)
    std::this_thread::yield();
  future.cancel();
  CHECK(future.result() == "Cancelled(user)");
}

TEST_CASE("run_coroutine_threadsafe: refuses a coroutine that was awaited before") {
  LoopThread other;
  Async<int> used = add(1, 2);
  CHECK(run_coroutine_threadsafe(std::move(used), other.loop()).result() == 3);
  CHECK_THROWS_AS(run_coroutine_threadsafe(std::move(used), other.loop()), RuntimeError);
}

TEST_CASE("run_coroutine_threadsafe: begins with the thread's variables, and with the options given") {
  const ContextVar<std::string> variable("variable", "-");
  LoopThread other;
  auto look = [&]() -> Async<std::string> {
    std::string seen = current_task()->name() + " " + variable.get();
    variable.set("by the coroutine");
    co_return seen;
  };
  const Context of_test;
  of_test.run([&] {
    variable.set("by the thread");
    CHECK(run_coroutine_threadsafe(look(), other.loop(), "named").result() == "named by the thread");
    CHECK(variable.get() == "by the thread");
  });
  CHECK(run_coroutine_threadsafe(look(), other.loop(), "named").result() == "named -");
}

TEST_CASE("run_coroutine_threadsafe: dropped, the coroutine runs on") {
  LoopThread other;
  std::atomic<bool> ended{false};
  auto body = [&]() -> Async<void> {
    co_await sleep(1ms);
    ended = true;
  };
  static_cast<void>(run_coroutine_threadsafe(body(), other.loop()));
  while (!ended)
    std::this_thread::yield();
  CHECK(ended);
}

TEST_CASE("run_coroutine_threadsafe: a coroutine that has not begun when its loop ends is cancelled") {
  auto loop = std::make_unique<EventLoop>();
  bool entered = false;
  auto body = [&]() -> Async<void> {
    entered = true;
    co_return;
  };
  const ConcurrentFuture<void> future = run_coroutine_threadsafe(body(), *loop);
  CHECK_THROWS_AS(future.result(0s), TimeoutError);
  loop.reset();
  CHECK_THROWS_AS(future.result(), Cancelled);
  CHECK_FALSE(entered);
}

TEST_CASE("run_coroutine_threadsafe: a thread that runs a loop must not block in it, but may take what is done") {
  auto main = []() -> Async<std::string> {
    const ConcurrentFuture<int> future = run_coroutine_threadsafe(add(1, 2), EventLoop::current());
    std::string text;
    try {
      static_cast<void>(future.result());
    } catch (const RuntimeError& error) {
      text = error.what();
    }
    const int awaited = co_await future.task();
    CHECK(awaited == 3);
    CHECK(future.result() == 3);
    co_return text;
  };
  CHECK(run(main(), {.virtual_time = true}) ==
        "a thread that runs an event loop must not block: co_await the task instead");
}

TEST_CASE("run_coroutine_threadsafe: another loop may await the task, and cancel it by that") {
  LoopThread other;
  auto main = [&]() -> Async<std::string> {
    const ConcurrentFuture<int> future = run_coroutine_threadsafe(add(2, 3), other.loop());
    const int value = co_await future.task();
    CHECK(value == 5);
    const ConcurrentFuture<void> endless = run_coroutine_threadsafe(wait_for_ever(), other.loop());
    co_return co_await outcome_of(timeout(1ms, endless.task()));
  };
  CHECK(run(main()) == "TimeoutError");
}

TEST_CASE("run_coroutine_threadsafe: a thread of to_thread asks the loop that waits for it") {
  auto main = []() -> Async<int> {
    EventLoop& loop = EventLoop::current();
    auto answer = []() -> Async<int> {
      co_await sleep(0s);
      co_return 21;
    };
    auto ask = [&] { return run_coroutine_threadsafe(answer(), loop).result() * 2; };
    co_return co_await to_thread(ask);
  };
  CHECK(run(main()) == 42);
  CHECK(run(main(), {.virtual_time = true}) == 42);
}

TEST_CASE("run_coroutine_threadsafe: several threads wait for one, and for many") {
  LoopThread other;
  const ConcurrentFuture<int> shared = run_coroutine_threadsafe(add(1, 2), other.loop());
  std::atomic<int> sum{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&, future = shared] {
      sum += future.result();
      for (int k = 0; k < 50; ++k)
        sum += run_coroutine_threadsafe(Async<int>::ready(k), other.loop()).result();
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  CHECK(sum == 3 * (3 + 49 * 50 / 2));
}

TEST_CASE("run_coroutine_threadsafe: threads that wait, give up and cancel while the loop ends") {
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> ended{0};
    std::vector<std::thread> threads;
    {
      LoopThread other;
      std::atomic<int> begun{0};
      for (int i = 0; i < 3; ++i) {
        threads.emplace_back([&, i] {
          const ConcurrentFuture<void> future = run_coroutine_threadsafe(wait_for_ever(), other.loop());
          ++begun;
          if (i == 1) future.cancel();
          try {
            future.result();
          } catch (const Cancelled&) {
            ++ended;
          }
        });
      }
      while (begun < 3)
        std::this_thread::yield();
    }
    for (std::thread& thread : threads)
      thread.join();
    CHECK(ended == 3);
  }
}

TEST_SUITE_END();
