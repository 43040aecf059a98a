// SPDX-License-Identifier: BSL-1.0
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/semaphore.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "http/scope_join.hpp"
#include "support/async_test.hpp"
#include "support/loop_thread.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::LoopThread;
using coroute::testing::outcome_of;

namespace {

template <class T>
Task<T> start(Async<T> coroutine, std::string name = {}) {
  return create_task(std::move(coroutine), TaskOptions(std::move(name)).eager_start());
}

Async<std::string> give(std::string value) {
  co_return value;
}

Async<std::string> give_after(Clock::duration delay, std::string value) {
  co_await sleep(delay);
  co_return value;
}

bool is_listed(const std::vector<AnyTask>& tasks, const AnyTask& task) {
  for (const AnyTask& one : tasks) {
    if (one == task) return true;
  }
  return false;
}

/// Starts one eager task inside the other, `levels` of them; counts those that were entered at once.
Async<void> nest(int levels, int& entered) {
  ++entered;
  if (levels > 1) start(nest(levels - 1, entered));
  co_return;
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE(
    "eager: a task that needs no wait is done when create_task returns (test_eager_completion, "
    "test_eager_start_true)") {
  std::string name;
  auto body = [&]() -> Async<std::string> {
    name = current_task()->name();
    co_return "hello";
  };
  const Task<std::string> task = start(body(), "example");
  CHECK(task.done());
  CHECK(name == "example");
  CHECK(task.result() == "hello");
  const std::string awaited = co_await task;
  CHECK(awaited == "hello");
}

ASYNC_TEST_CASE("eager: only where it is asked for (test_eager_start_false)") {
  const Task<std::string> task = create_task(give("hello"), TaskOptions("example").eager_start(false));
  CHECK_FALSE(task.done());
  const std::string value = co_await task;
  CHECK(value == "hello");
}

ASYNC_TEST_CASE("eager: what its first step does is there at once (test_await_future_during_eager_step)") {
  Semaphore semaphore(0);
  auto release = [&]() -> Async<void> {
    semaphore.release();
    co_return;
  };
  const Task<void> task = start(release());
  CHECK(task.done());
  CHECK(semaphore.available() == 1);
  const Permit permit = co_await semaphore.acquire();
  CHECK(permit);
}

ASYNC_TEST_CASE("eager: a wait hands it over to the loop (test_block_after_eager_step)") {
  std::string log;
  auto body = [&]() -> Async<std::string> {
    log += "first ";
    co_await sleep(1s);
    log += "second ";
    co_return "finished after blocking";
  };
  const Task<std::string> task = start(body());
  log += "created ";
  CHECK_FALSE(task.done());
  const std::string value = co_await task;
  CHECK(value == "finished after blocking");
  CHECK(log == "first created second ");
}

ASYNC_TEST_CASE("eager: runs before tasks that were made earlier, its second step takes its turn") {
  std::string log;
  auto body = [&](char letter) -> Async<void> {
    log += letter;
    co_await sleep(0s);
    log += letter;
  };
  const Task<void> lazy = create_task(body('l'));
  const Task<void> eager = start(body('e'));
  co_await lazy;
  co_await eager;
  CHECK(log == "elel");
}

ASYNC_TEST_CASE("eager: cancel after it is done does nothing (test_cancellation_after_eager_completion)") {
  const Task<std::string> task = start(give("finished without blocking"));
  CHECK_FALSE(task.cancel());
  const std::string value = co_await task;
  CHECK(value == "finished without blocking");
  CHECK_FALSE(task.cancelled());
  CHECK(task.cancelling() == 0);
}

ASYNC_TEST_CASE("eager: cancel while it waits ends the wait (test_cancellation_after_eager_step_blocks)") {
  const Task<std::string> task = start(give_after(1s, "finished"));
  CHECK(task.cancel(CancelReason::Overload));
  CHECK(task.cancelling() == 1);
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(overload)");
}

ASYNC_TEST_CASE("eager: one that cancels itself ends at its next wait, without one it returns") {
  auto body = [](bool waits) -> Async<std::string> {
    current_task()->cancel();
    if (waits) co_await sleep(0s);
    co_return "returned";
  };
  const Task<std::string> waiting = start(body(true));
  CHECK(waiting.cancelled());
  const Task<std::string> returning = start(body(false));
  CHECK(returning.result() == "returned");
  co_await sleep(0s);
}

ASYNC_TEST_CASE("eager: a cancellation of its creator that is pending is not its own") {
  std::vector<std::string> log;
  auto creator = [&]() -> Async<void> {
    current_task()->cancel();
    const Task<std::string> task = start(give_after(1s, "eager returned"));
    const std::string outcome = co_await outcome_of(sleep(0s));
    log.push_back("creator " + outcome);
    log.push_back(co_await task);
  };
  co_await create_task(creator());
  CHECK(log == std::vector<std::string>{"creator Cancelled(user)", "eager returned"});
}

ASYNC_TEST_CASE("eager: may cancel its creator, which is running, and wait for it") {
  std::vector<std::string> log;
  std::optional<Task<void>> outer;
  std::optional<Task<void>> eager;
  auto body = [&]() -> Async<void> {
    outer->cancel();
    const std::string outcome = co_await outcome_of(*outer);
    log.push_back("eager saw " + outcome);
  };
  auto creator = [&]() -> Async<void> {
    eager = start(body());
    CHECK_FALSE(eager->done());
    co_await sleep(1h);
  };
  outer = create_task(creator());
  const std::string outcome = co_await outcome_of(*outer);
  co_await *eager;
  CHECK(outcome == "Cancelled(user)");
  CHECK(log == std::vector<std::string>{"eager saw Cancelled(user)"});
}

ASYNC_TEST_CASE("eager: the current task is right before, in and after its steps (test_current_task)") {
  std::vector<std::string> log;
  auto note = [&] { log.push_back(current_task()->name()); };
  auto inner = [&]() -> Async<void> {
    note();
    co_await sleep(1ms);
    note();
  };
  auto outer = [&]() -> Async<void> {
    note();
    const Task<void> task = start(inner(), "inner");
    note();
    co_await task;
    note();
  };
  const AnyTask here = *current_task();
  const Task<void> task = start(outer(), "outer");
  CHECK(*current_task() == here);
  co_await task;
  CHECK(*current_task() == here);
  CHECK(log == std::vector<std::string>{"outer", "inner", "outer", "inner", "outer"});
}

ASYNC_TEST_CASE(
    "eager: in all_tasks during its first step, and not once it is done (test_all_tasks_with_eager_completion)") {
  std::vector<AnyTask> during;
  auto body = [&]() -> Async<void> {
    during = all_tasks();
    co_return;
  };
  const Task<void> task = start(body());
  CHECK(is_listed(during, task));
  CHECK_FALSE(is_listed(all_tasks(), task));
  CHECK(EventLoop::current().task_count() == 1);
  co_return;
}

ASYNC_TEST_CASE("eager: in all_tasks as long as it waits (test_all_tasks_with_blocking)") {
  std::vector<AnyTask> during;
  auto body = [&]() -> Async<void> {
    during = all_tasks();
    co_await sleep(1s);
  };
  const Task<void> task = start(body());
  CHECK(is_listed(during, task));
  CHECK(is_listed(all_tasks(), task));
  co_await task;
  CHECK_FALSE(is_listed(all_tasks(), task));
}

ASYNC_TEST_CASE("eager: its first step has a copy of the context too (test_context_vars)") {
  const ContextVar<int> variable("variable", 0);
  std::vector<int> log;
  auto body = [&]() -> Async<void> {
    log.push_back(variable.get());
    variable.set(2);
    co_await sleep(1ms);
    log.push_back(variable.get());
    variable.set(3);
  };
  variable.set(1);
  const Task<void> task = start(body());
  log.push_back(variable.get());
  co_await task;
  log.push_back(variable.get());
  CHECK(log == std::vector<int>{1, 1, 2, 1});
}

ASYNC_TEST_CASE("eager: an error of its first step is thrown where it is awaited, not by create_task") {
  auto fail = []() -> Async<void> {
    throw std::runtime_error("failed at once");
    co_return;
  };
  const Task<void> task = start(fail());
  CHECK(task.done());
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "error: failed at once");
}

ASYNC_TEST_CASE("eager: an error of its first step that nobody fetches is reported when it is dropped") {
  std::vector<std::string> reported;
  set_exception_handler([&](const ExceptionContext& context) { reported.push_back(context.message); });
  auto fail = []() -> Async<void> {
    throw std::runtime_error("failed at once");
    co_return;
  };
  start(fail(), "forgotten");
  set_exception_handler({});
  CHECK(reported == std::vector<std::string>{"exception of task 'forgotten' was never retrieved"});
  co_return;
}

ASYNC_TEST_CASE("eager: started in a catch block, it doesn't disturb the error that is being handled") {
  auto fail = []() -> Async<void> {
    throw std::runtime_error("of the eager task");
    co_return;
  };
  std::string outcome;
  try {
    try {
      throw std::runtime_error("of the creator");
    } catch (...) {
      const Task<void> task = start(fail());
      CHECK(describe_exception(task.exception()) == "of the eager task");
      throw;
    }
  } catch (const std::runtime_error& error) {
    outcome = error.what();
  }
  CHECK(outcome == "of the creator");
  co_return;
}

ASYNC_TEST_CASE("eager: done callbacks run in a step of their own, also of one that is done at once") {
  std::string log;
  auto body = [&]() -> Async<void> {
    current_task()->add_done_callback([&](const AnyTask&) { log += "inside "; });
    co_return;
  };
  const Task<void> task = start(body());
  task.add_done_callback([&](const AnyTask&) { log += "outside "; });
  CHECK(log.empty());
  co_await sleep(0s);
  CHECK(log == "inside outside ");
}

ASYNC_TEST_CASE("eager: 32 may be started one inside the other, deeper ones take their turn") {
  int entered = 0;
  start(nest(31, entered));
  CHECK(entered == 31);
  entered = 0;
  start(nest(32, entered));
  CHECK(entered == 32);
  entered = 0;
  start(nest(33, entered));
  CHECK(entered == 32);
  co_await sleep(0s);
  CHECK(entered == 33);
}

ASYNC_TEST_CASE("eager: 10,000 one inside the other use no stack") {
  int entered = 0;
  start(nest(10'000, entered));
  CHECK(entered == 32);
  while (EventLoop::current().task_count() > 1)
    co_await sleep(0s);
  CHECK(entered == 10'000);
}

ASYNC_TEST_CASE("eager: its awaits count for itself, the creator keeps what it has left of its step") {
  auto spend = [](int count) -> Async<int> {
    int spent = 0;
    while (spent < count && detail::spend_ready_budget())
      ++spent;
    co_return spent;
  };
  co_await sleep(0s);
  const int before = co_await spend(100);
  CHECK(before == 100);
  CHECK(start(spend(1'000)).result() == 128);
  const int after = co_await spend(1'000);
  CHECK(after == 28);
}

ASYNC_TEST_CASE("eager: belongs to the scope it is created in, done at once or not") {
  detail::TaskState& self = *detail::TaskState::current();
  detail::TaskScope scope;
  self.scope = &scope;
  std::string log;
  auto body = [&](Clock::duration delay) -> Async<void> {
    if (delay > 0s) co_await sleep(delay);
    log += "done ";
  };
  start(body(0s));
  CHECK(scope.running == 0);
  start(body(1s));
  CHECK(scope.running == 1);
  co_await detail::ScopeJoin(scope, EventLoop::current());
  self.scope = nullptr;
  CHECK(scope.running == 0);
  CHECK(log == "done done ");
}

ASYNC_TEST_CASE("eager: gather takes those that are done and those that wait") {
  const auto began = EventLoop::current().time();
  const auto results = co_await gather(start(give("a")), start(give_after(1s, "b")), give("c"));
  CHECK(results == std::tuple<std::string, std::string, std::string>{"a", "b", "c"});
  CHECK(EventLoop::current().time() - began == 1s);
}

ASYNC_TEST_CASE("eager: awaited as a temporary, and of what has no frame") {
  const std::string value = co_await start(give("temporary"));
  CHECK(value == "temporary");
  const Task<int> ready = start(Async<int>::ready(5));
  CHECK(ready.result() == 5);
}

ASYNC_TEST_CASE("eager: its arguments are destroyed before create_task returns when it is done at once") {
  auto token = std::make_shared<int>(0);
  auto body = [](std::shared_ptr<int>) -> Async<void> { co_return; };
  const Task<void> task = start(body(token));
  CHECK(token.use_count() == 1);
  co_return;
}

TEST_CASE("eager: in a callback of the loop it runs at once too, and no task is current after it") {
  bool done = false;
  bool current_after = true;
  EventLoop loop({.virtual_time = true});
  loop.call_soon([&] {
    done = start(give("x")).done();
    current_after = current_task().has_value();
    loop.stop();
  });
  loop.run();
  CHECK(done);
  CHECK_FALSE(current_after);
}

TEST_CASE("eager: without a running loop create_task throws, and another loop's tasks take their turn") {
  CHECK_THROWS_AS(start(give("x")), RuntimeError);
  LoopThread other;
  auto where = []() -> Async<EventLoop*> { co_return EventLoop::current_or_null(); };
  const Task<EventLoop*> task = create_task_on(other.loop(), where(), TaskOptions().eager_start());
  coroute::testing::wait_until_done(task);
  CHECK(task.result() == &other.loop());
}

TEST_SUITE_END();
