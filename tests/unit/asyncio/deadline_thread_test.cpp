// SPDX-License-Identifier: BSL-1.0
#include <atomic>
#include <latch>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "coroute/asyncio/deadline.hpp"
#include "coroute/asyncio/run_coroutine_threadsafe.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/thread_pool.hpp"
#include "support/async_test.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::outcome_of;

namespace {

Clock::time_point now() {
  return EventLoop::current().time();
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE("deadline: a thread's function sees that of the task that waits, timeouts counted, and time_left") {
  const auto began = now();
  struct Seen {
    std::optional<Clock::time_point> deadline;
    std::optional<Clock::duration> left;
  };
  auto look = [] { return Seen{current_deadline(), time_left()}; };
  const Seen none = co_await to_thread(look);
  CHECK_FALSE(none.deadline.has_value());
  CHECK_FALSE(none.left.has_value());
  auto body = [&]() -> Async<void> {
    const Seen seen = co_await to_thread(look);
    CHECK(seen.deadline == began + 10s);
    CHECK(seen.left == 10s);
    co_await sleep(1s);
    const Seen narrower = co_await timeout(2s, to_thread(abandon_on_cancel, look));
    CHECK(narrower.deadline == began + 3s);
    CHECK(narrower.left == 2s);
  };
  co_await with_deadline(10s, body());
}

TEST_CASE("deadline: on a real clock a thread's function has less left than the task had") {
  auto main = []() -> Async<void> {
    auto look = [] {
      std::this_thread::sleep_for(1ms);
      return time_left();
    };
    auto body = [&]() -> Async<bool> {
      const std::optional<Clock::duration> before = time_left();
      const std::optional<Clock::duration> in_thread = co_await to_thread(look);
      co_return in_thread.has_value() && *in_thread <= *before - 1ms && *in_thread > 0s;
    };
    const bool less = co_await with_deadline(1h, body());
    CHECK(less);
  };
  run(main());
}

ASYNC_TEST_CASE("deadline: a function that a thread runs is stopped by it and waited for, its result is kept") {
  std::latch started(1);
  auto work = [&started](std::stop_token stop) {
    started.count_down();
    while (!stop.stop_requested())
      std::this_thread::yield();
    return 3;
  };
  const Task<int> task = create_task(with_deadline(0s, to_thread(work)));
  EventLoop::current().call_soon([&started] { started.wait(); });  // before the deadline passes, in the next round
  const int value = co_await task;
  CHECK(value == 3);
  CHECK(task.cancelling() == 0);
}

ASYNC_TEST_CASE("deadline: a thread's function that starts a coroutine on the loop passes it on") {
  EventLoop& loop = EventLoop::current();
  auto coroutine = []() -> Async<std::optional<Clock::time_point>> { co_return current_deadline(); };
  auto work = [&] { return run_coroutine_threadsafe(coroutine(), loop).result(); };
  auto work_free = [&] {
    return run_coroutine_threadsafe(coroutine(), loop, TaskOptions().without_deadline()).result();
  };
  const std::optional<Clock::time_point> none = co_await to_thread(work);
  CHECK_FALSE(none.has_value());
  const auto when = now() + 10s;
  const std::optional<Clock::time_point> inherited = co_await with_deadline(when, to_thread(work));
  CHECK(inherited == when);
  const std::optional<Clock::time_point> not_inherited = co_await with_deadline(when, to_thread(work_free));
  CHECK_FALSE(not_inherited.has_value());
}

TEST_CASE("deadline: a thread whose coroutine on the loop lasts too long is freed by it") {
  auto main = []() -> Async<std::string> {
    EventLoop& loop = EventLoop::current();
    auto work = [&loop] {
      try {
        run_coroutine_threadsafe(detail::as_async(sleep(1h)), loop).result();
      } catch (const TimeoutError&) {
        return std::string("TimeoutError");
      }
      return std::string("returned");
    };
    co_return co_await with_deadline(1ms, to_thread(work));
  };
  CHECK(run(main()) == "TimeoutError");
}

TEST_CASE("deadline: a loop that a thread's function runs inherits it when both have the same clock") {
  auto look = []() -> Async<std::optional<Clock::time_point>> { co_return current_deadline(); };
  auto run_real = [&look] { return run(look()); };
  auto run_virtual = [&look] { return run(look(), {.virtual_time = true}); };
  auto main = [&]() -> Async<std::vector<bool>> {
    const auto when = EventLoop::current().time_after(1h);
    const std::optional<Clock::time_point> real = co_await with_deadline(when, to_thread(run_real));
    const std::optional<Clock::time_point> artificial = co_await with_deadline(when, to_thread(run_virtual));
    std::vector<bool> inherited{real == when, artificial == when};
    co_return inherited;
  };
  CHECK(run(main()) == std::vector<bool>{true, false});
  CHECK(run(main(), {.virtual_time = true}) == std::vector<bool>{false, true});
}

TEST_CASE("deadline: a task on another loop inherits it") {
  auto main = []() -> Async<std::string> {
    std::atomic<EventLoop*> other{nullptr};
    std::latch finish(1);
    std::thread thread([&] {
      auto serve = [&]() -> Async<void> {
        other = &EventLoop::current();
        while (!finish.try_wait())
          co_await sleep(1ms);
      };
      run(serve());
    });
    while (!other)
      std::this_thread::yield();
    std::optional<Task<void>> task;
    auto body = [&]() -> Async<void> {
      task = create_task_on(*other, detail::as_async(sleep(1h)));
      co_return;
    };
    co_await with_deadline(2ms, body());
    const std::string outcome = co_await outcome_of(*task);
    finish.count_down();
    thread.join();
    co_return outcome;
  };
  CHECK(run(main()) == "TimeoutError");
}

TEST_SUITE_END();
