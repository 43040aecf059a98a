// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/run.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "coroute/asyncio/generator.hpp"
#include "coroute/asyncio/semaphore.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::outcome_of;

namespace {

constexpr EventLoopOptions in_virtual_time{.virtual_time = true};

Async<int> give(int value) {
  co_return value;
}

Async<int> fail() {
  co_await sleep(1ms);
  throw std::runtime_error("main failed");
}

/// Collects what would go to stderr.
class ReportedErrors {
 public:
  ReportedErrors() {
    set_exception_handler([this](const ExceptionContext& context) {
      texts.push_back(context.message + ": " + describe_exception(context.error));
    });
  }
  ~ReportedErrors() { set_exception_handler({}); }
  std::vector<std::string> texts;
};

}  // namespace

TEST_SUITE_BEGIN("asyncio");

TEST_CASE("run: gives main's value, on the kind of loop that is asked for (test_asyncio_run_return, _loop_factory)") {
  CHECK(run(give(7)) == 7);
  CHECK(run(give(8), in_virtual_time) == 8);
  CHECK(run(Async<std::string>::ready("at once")) == "at once");
  auto is_virtual = []() -> Async<bool> { co_return EventLoop::current().has_virtual_time(); };
  CHECK_FALSE(run(is_virtual()));
  CHECK(run(is_virtual(), in_virtual_time));
}

TEST_CASE("run: gives a result that can only be moved") {
  auto make = []() -> Async<std::unique_ptr<int>> { co_return std::make_unique<int>(3); };
  CHECK(*run(make()) == 3);
}

TEST_CASE("run: throws main's error (test_asyncio_run_raises)") {
  CHECK_THROWS_WITH_AS(run(fail(), in_virtual_time), "main failed", std::runtime_error);
}

TEST_CASE("run: refuses a coroutine that was awaited before (test_asyncio_run_only_coro)") {
  Async<int> used = give(1);
  CHECK(run(std::move(used)) == 1);
  CHECK_THROWS_AS(run(std::move(used)), RuntimeError);
}

TEST_CASE("run: inside a running loop throws, and the inner main is not entered (test_asyncio_run_from_running_loop)") {
  bool entered = false;
  auto payload = std::make_shared<int>(1);
  auto inner = [&entered](std::shared_ptr<int>) -> Async<void> {
    entered = true;
    co_return;
  };
  auto outer = [&]() -> Async<std::string> {
    try {
      run(inner(payload));
    } catch (const RuntimeError& error) {
      co_return error.what();
    }
    co_return "ran";
  };
  CHECK(run(outer()) == "an event loop is already running on this thread");
  CHECK_FALSE(entered);
  CHECK(payload.use_count() == 1);  // the refused coroutine was destroyed
}

TEST_CASE("run: several one after the other on a thread, with no loop in between") {
  CHECK_THROWS_AS(EventLoop::current(), RuntimeError);
  CHECK(run(give(1)) == 1);
  CHECK(EventLoop::current_or_null() == nullptr);
  CHECK(run(give(2)) == 2);
}

TEST_CASE(
    "run: tasks that are left are cancelled and their cleanup is awaited (test_asyncio_run_cancels_hanging_tasks)") {
  std::string log;
  auto hang = [&log]() -> Async<void> {
    try {
      co_await sleep(1000h);
    } catch (const Cancelled& cancelled) {
      log += to_string(cancelled.reason());
    }
    co_await sleep(1s);
    log += ", cleaned up";
  };
  auto main = [&]() -> Async<std::size_t> {
    create_task(hang());
    co_await sleep(1ms);
    co_return EventLoop::current().task_count();
  };
  CHECK(run(main(), in_virtual_time) == 2);
  CHECK(log == "shutdown, cleaned up");
}

TEST_CASE("run: a task that never began is cancelled before it is entered") {
  bool entered = false;
  auto body = [&entered]() -> Async<void> {
    entered = true;
    co_return;
  };
  auto main = [&]() -> Async<AnyTask> {
    Task<void> task = create_task(body());
    co_return task;
  };
  const AnyTask task = run(main(), in_virtual_time);
  CHECK_FALSE(entered);
  CHECK(task.cancelled());
}

TEST_CASE(
    "run: the errors of left-over tasks are reported, main's result stands "
    "(test_asyncio_run_reports_hanging_tasks_errors)") {
  ReportedErrors reported;
  auto hang = []() -> Async<void> {
    try {
      co_await sleep(1000h);
    } catch (const Cancelled&) {
      throw std::runtime_error("cleanup failed");
    }
  };
  auto main = [&]() -> Async<int> {
    create_task(hang(), "hanging");
    co_await sleep(1ms);
    co_return 123;
  };
  CHECK(run(main(), in_virtual_time) == 123);
  REQUIRE(reported.texts.size() == 1);
  CHECK(reported.texts[0] == "exception of task 'hanging' was never retrieved: cleanup failed");
}

TEST_CASE(
    "run: a generator of a left-over task goes with it, main's error stands "
    "(test_asyncio_run_closes_gens_after_hanging_tasks_errors)") {
  ReportedErrors reported;
  auto token = std::make_shared<int>(0);
  auto fidget = [](std::shared_ptr<int>) -> AsyncGenerator<int> {
    for (int i = 0;; ++i) {
      co_yield i;
      co_await sleep(1s);
    }
  };
  auto spin = [&]() -> Async<void> {
    AsyncGenerator<int> numbers = fidget(token);
    try {
      for (std::optional<int> next = 0; next;)
        next = co_await numbers.next();
    } catch (const Cancelled&) {
      throw std::runtime_error("cleanup failed");
    }
  };
  auto main = [&]() -> Async<void> {
    create_task(spin());
    co_await sleep(10s);
    throw std::invalid_argument("main failed");
  };
  CHECK_THROWS_WITH_AS(run(main(), in_virtual_time), "main failed", std::invalid_argument);
  CHECK(token.use_count() == 1);
  CHECK(reported.texts.size() == 1);
}

TEST_CASE("run: what the cleanup of a left-over task starts is cancelled in its turn") {
  std::vector<std::string> log;
  Clock::time_point ended;
  auto stubborn = [&]() -> Async<void> {
    const std::string outcome = co_await outcome_of(sleep(1000h));
    log.push_back("child " + outcome);
    ended = EventLoop::current().time();
  };
  auto hang = [&]() -> Async<void> {
    const std::string outcome = co_await outcome_of(sleep(1000h));
    create_task(stubborn());
    co_await sleep(1s);
    log.push_back("parent " + outcome);
  };
  auto main = [&]() -> Async<void> {
    create_task(hang());
    co_await sleep(1ms);
  };
  run(main(), in_virtual_time);
  CHECK(ended == Clock::time_point{1s + 1ms});
  CHECK(log == std::vector<std::string>{"parent Cancelled(shutdown)", "child Cancelled(shutdown)"});
}

TEST_CASE("run: a main that a task cancels throws Cancelled") {
  auto main = []() -> Async<void> {
    AnyTask self = *current_task();
    EventLoop::current().call_later(1s, [self] { self.cancel(CancelReason::Overload); });
    co_await sleep(1000h);
  };
  CancelReason reason = CancelReason::User;
  try {
    run(main(), in_virtual_time);
    FAIL("main was not cancelled");
  } catch (const Cancelled& cancelled) {
    reason = cancelled.reason();
  }
  CHECK(reason == CancelReason::Overload);
}

TEST_CASE("run: in virtual time a deadlock throws DeadlockError, after every task has cleaned up") {
  std::vector<std::string> log;
  Semaphore never(0);
  auto wait = [&](std::string name) -> Async<void> {
    const std::string outcome = co_await outcome_of(never.acquire());
    co_await sleep(1s);
    log.push_back(name + " " + outcome);
  };
  auto main = [&]() -> Async<void> {
    create_task(wait("task"));
    co_await wait("main");
  };
  CHECK_THROWS_AS(run(main(), in_virtual_time), DeadlockError);
  CHECK(log == std::vector<std::string>{"main Cancelled(shutdown)", "task Cancelled(shutdown)"});
  CHECK(never.waiting() == 0);
}

TEST_CASE("run: a stop of the loop before main is done cancels main") {
  auto main = []() -> Async<void> {
    EventLoop::current().stop();
    co_await sleep(1h);
  };
  CHECK_THROWS_AS(run(main(), in_virtual_time), Cancelled);
}

TEST_CASE("run: 8 loops on 8 threads don't disturb each other") {
  std::vector<int> results(8);
  std::vector<std::thread> threads;
  auto main = [](int value) -> Async<int> {
    for (int i = 0; i < 100; ++i)
      co_await sleep(1h);
    co_return value;
  };
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back(
        [&results, &main, i] { results[static_cast<std::size_t>(i)] = run(main(i), in_virtual_time); });
  }
  for (std::thread& thread : threads)
    thread.join();
  CHECK(results == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7});
}

TEST_SUITE_END();
