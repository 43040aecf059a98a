// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/runner.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "coroute/asyncio/semaphore.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::outcome_of;

namespace {

constexpr EventLoopOptions in_virtual_time{.virtual_time = true};

Async<int> give(int value) {
  co_await sleep(0s);
  co_return value;
}

Async<void> fail() {
  co_await sleep(1ms);
  throw std::runtime_error("main failed");
}

/// How a run of `main` ended.
template <class T>
std::string outcome_of_run(Runner& runner, Async<T> main) {
  try {
    static_cast<void>(runner.run(std::move(main)));
    return "returned";
  } catch (const Cancelled&) {
    return "Cancelled";
  } catch (const DeadlockError&) {
    return "DeadlockError";
  } catch (const std::exception& error) {
    return error.what();
  }
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

TEST_CASE("runner: several runs on one loop, until it is closed (test_run)") {
  Runner runner;
  EventLoop* seen = nullptr;
  auto main = [&]() -> Async<std::string> {
    co_await sleep(0s);
    seen = &EventLoop::current();
    co_return "done";
  };
  CHECK(runner.run(main()) == "done");
  CHECK(seen == &runner.loop());
  CHECK(runner.run(give(3)) == 3);
  CHECK(*runner.run(Async<std::unique_ptr<int>>::ready(std::make_unique<int>(4))) == 4);
  CHECK(EventLoop::current_or_null() == nullptr);
}

TEST_CASE("runner: closed twice it stays closed, and its loop is gone (test_explicit_close, test_double_close)") {
  Runner runner;
  runner.loop();
  runner.close();
  CHECK_THROWS_WITH_AS(runner.loop(), "the Runner is closed", RuntimeError);
  runner.close();
  CHECK_THROWS_AS(runner.loop(), RuntimeError);
}

TEST_CASE("runner: a run after close throws, main is not entered (test_second_with_block_raises)") {
  std::vector<int> entered;
  auto main = [&](int number) -> Async<void> {
    entered.push_back(number);
    co_return;
  };
  Runner runner;
  runner.run(main(1));
  runner.close();
  CHECK_THROWS_WITH_AS(runner.run(main(2)), "the Runner is closed", RuntimeError);
  CHECK_THROWS_WITH_AS(runner.run_last(main(3)), "the Runner is closed", RuntimeError);
  CHECK(entered == std::vector<int>{1});
}

TEST_CASE("runner: the variables of one main are seen by the next (test_run_keeps_context)") {
  const ContextVar<int> variable("variable", -1);
  auto main = [&](int value) -> Async<int> {
    const int old = variable.get();
    co_await sleep(0s);
    variable.set(value);
    co_return old;
  };
  auto copy = []() -> Async<Context> { co_return copy_context(); };
  Runner runner;
  CHECK(runner.run(main(1)) == -1);
  CHECK(runner.run(main(2)) == 1);
  CHECK(runner.run(copy()).run([&] { return variable.get(); }) == 2);
  CHECK(runner.context().run([&] { return variable.get(); }) == 2);
  CHECK(variable.get() == -1);
}

TEST_CASE("runner: its context begins with the values of whoever made it") {
  const ContextVar<int> variable("variable", -1);
  auto main = [&]() -> Async<int> { co_return variable.get(); };
  Context().run([&] {
    variable.set(1);
    Runner runner;
    variable.set(2);
    CHECK(runner.run(main()) == 1);
  });
}

TEST_CASE("runner: run inside its own run throws, the outer one goes on (test_recursive_run)") {
  Runner runner;
  bool entered = false;
  auto inner = [&]() -> Async<void> {
    entered = true;
    co_return;
  };
  auto outer = [&]() -> Async<std::string> {
    std::string text = outcome_of_run(runner, inner());
    co_await sleep(0s);
    co_return text;
  };
  CHECK(runner.run(outer()) == "an event loop is already running on this thread");
  CHECK_FALSE(entered);
}

TEST_CASE("runner: refuses a coroutine that was awaited before, and can still run (test_run_non_coro)") {
  Runner runner;
  Async<int> used = give(1);
  CHECK(runner.run(std::move(used)) == 1);
  CHECK_THROWS_AS(runner.run(std::move(used)), RuntimeError);
  CHECK(runner.run(give(2)) == 2);
}

TEST_CASE("runner: after a main that failed the next one runs, with the tasks that were left") {
  Runner runner(in_virtual_time);
  std::optional<Task<int>> task;
  auto leave_task = [&]() -> Async<void> {
    task = create_task(give(5));
    co_await fail();
  };
  auto join = [&]() -> Async<int> { co_return co_await *task; };
  CHECK(outcome_of_run(runner, leave_task()) == "main failed");
  CHECK(runner.run(join()) == 5);
}

TEST_CASE("runner: tasks that are left run on in the next run, and only there") {
  Runner runner(in_virtual_time);
  int ticks = 0;
  auto tick = [&]() -> Async<void> {
    while (true) {
      co_await sleep(1s);
      ++ticks;
    }
  };
  auto first = [&]() -> Async<AnyTask> {
    Task<void> task = create_task(tick(), "ticker");
    co_await sleep(2500ms);
    co_return task;
  };
  auto wait = [](Clock::duration delay) -> Async<void> { co_await sleep(delay); };
  const AnyTask ticker = runner.run(first());
  CHECK(ticks == 2);
  CHECK_FALSE(ticker.done());
  CHECK(runner.loop().task_count() == 1);
  runner.run(wait(3s));
  CHECK(ticks == 5);
  runner.close();
  CHECK(ticker.cancelled());
  CHECK(ticks == 5);
}

TEST_CASE("runner: close cancels what is left and waits for its cleanup, errors are reported") {
  ReportedErrors reported;
  std::string log;
  auto careful = [&]() -> Async<void> {
    log = co_await outcome_of(sleep(1h));
    co_await sleep(1s);
    log += ", cleaned up";
    throw std::runtime_error("failed at the end");
  };
  auto main = [&]() -> Async<void> {
    create_task(careful(), "careful");
    co_await sleep(1ms);
  };
  {
    Runner runner(in_virtual_time);
    runner.run(main());
    CHECK(log.empty());
  }
  CHECK(log == "Cancelled(shutdown), cleaned up");
  CHECK(reported.texts ==
        std::vector<std::string>{"exception of task 'careful' was never retrieved: failed at the end"});
}

TEST_CASE("runner: run_last closes before it gives the result or the error") {
  std::vector<std::string> log;
  auto left_over = [&]() -> Async<void> { log.push_back(co_await outcome_of(sleep(1h))); };
  auto main = [&](bool failing) -> Async<int> {
    create_task(left_over());
    co_await sleep(1ms);
    if (failing) throw std::runtime_error("main failed");
    co_return 7;
  };
  Runner first(in_virtual_time);
  CHECK(first.run_last(main(false)) == 7);
  CHECK_THROWS_AS(first.loop(), RuntimeError);
  Runner second(in_virtual_time);
  CHECK_THROWS_WITH_AS(second.run_last(main(true)), "main failed", std::runtime_error);
  CHECK_THROWS_AS(second.loop(), RuntimeError);
  CHECK(log == std::vector<std::string>{"Cancelled(shutdown)", "Cancelled(shutdown)"});
}

TEST_CASE("runner: close inside of a run throws, the run goes on") {
  Runner runner;
  auto main = [&]() -> Async<std::string> {
    std::string text;
    try {
      runner.close();
    } catch (const RuntimeError& error) {
      text = error.what();
    }
    co_await sleep(0s);
    co_return text;
  };
  CHECK(runner.run(main()) == "a Runner cannot be closed while it runs");
}

TEST_CASE("runner: after a deadlock, and after a stop of the loop, the next main runs to its end") {
  Runner runner(in_virtual_time);
  Semaphore never(0);
  auto wait = [&]() -> Async<void> { const Permit permit = co_await never.acquire(); };
  auto stop = []() -> Async<void> {
    EventLoop::current().stop();
    co_await sleep(1h);
  };
  CHECK(outcome_of_run(runner, wait()) == "DeadlockError");
  CHECK(runner.run(give(1)) == 1);
  CHECK(outcome_of_run(runner, stop()) == "Cancelled");
  CHECK(runner.run(give(2)) == 2);
}

TEST_CASE("runner: a main that survives its cancellation in a deadlock ends when the Runner is closed") {
  std::vector<std::string> log;
  Semaphore never(0);
  auto stubborn = [&]() -> Async<void> {
    for (int i = 0; i < 2; ++i)
      log.push_back(co_await outcome_of(never.acquire()));
  };
  Runner runner(in_virtual_time);
  CHECK(outcome_of_run(runner, stubborn()) == "DeadlockError");
  CHECK(log.size() == 1);
  CHECK(runner.run(give(1)) == 1);
  runner.close();
  CHECK(log == std::vector<std::string>{"Cancelled(shutdown)", "Cancelled(shutdown)"});
}

TEST_CASE("runner: what other threads posted between two runs is done in the second") {
  Runner runner;
  std::atomic<int> calls{0};
  CHECK(runner.run(give(1)) == 1);
  std::thread([&] { runner.loop().call_soon_threadsafe([&] { ++calls; }); }).join();
  CHECK(calls == 0);
  CHECK(runner.run(give(2)) == 2);
  CHECK(calls == 1);
}

TEST_SUITE_END();
