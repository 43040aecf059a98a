// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/shield.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "coroute/asyncio/context.hpp"
#include "coroute/asyncio/deadline.hpp"
#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/semaphore.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "support/async_test.hpp"
#include "support/delayed.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::fail_after;
using coroute::testing::give_after;
using coroute::testing::now;
using coroute::testing::outcome_of;

namespace {

/// A task that does nothing but await `awaitable`.
template <class A>
Task<std::string> task_awaiting(A awaitable) {
  return create_task(outcome_of(std::move(awaitable)));
}

Async<void> log_end(std::vector<std::string>& log, std::string name, Clock::duration delay) {
  const std::string outcome = co_await outcome_of(sleep(delay));
  log.push_back(name + " " + outcome);
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE("shield: gives the result of a task, or of a coroutine (test_shield_result)") {
  Task<int> task = create_task(give_after(1s, 42));
  const int of_task = co_await shield(task);
  CHECK(of_task == 42);
  const int of_coroutine = co_await shield(give_after(1s, 43));
  CHECK(of_coroutine == 43);
  co_await shield(sleep(1s));
  auto owned = co_await shield([]() -> Async<std::unique_ptr<int>> { co_return std::make_unique<int>(44); }());
  CHECK(*owned == 44);
}

ASYNC_TEST_CASE("shield: throws the error of the task, with its stack (test_shield_exception)") {
  std::vector<StackEntry> stack;
  std::string text;
  try {
    co_await shield(fail_after<void>(1s, "crash"));
  } catch (const std::runtime_error& error) {
    text = error.what();
    stack = exception_stack(std::current_exception());
  }
  CHECK(text == "crash");
  REQUIRE_FALSE(stack.empty());
  CHECK(stack[0].function.find("fail_after") != std::string_view::npos);
}

ASYNC_TEST_CASE("shield: the inner task is cancelled, so is who awaits the shield (test_shield_cancel_inner)") {
  Task<int> inner = create_task(give_after(10s, 1));
  Task<std::string> outer = task_awaiting(shield(inner));
  co_await sleep(1s);
  inner.cancel(CancelReason::Overload);
  const std::string outcome = co_await outer;
  CHECK(outcome == "Cancelled(overload)");
  CHECK(outer.cancelling() == 0);
}

ASYNC_TEST_CASE(
    "shield: the outer task is cancelled at once, the inner one goes on (test_shield_cancel_outer, "
    "test_shield_effect)") {
  const auto began = now();
  Task<int> inner = create_task(give_after(10s, 7));
  Task<std::string> outer = task_awaiting(shield(inner));
  co_await sleep(1s);
  CHECK(outer.cancel(CancelReason::Disconnect));
  const std::string outcome = co_await outer;
  CHECK(outcome == "Cancelled(disconnect)");
  CHECK(now() - began == 1s);
  CHECK_FALSE(inner.done());
  CHECK(inner.cancelling() == 0);
  const int value = co_await inner;
  CHECK(value == 7);
}

ASYNC_TEST_CASE("shield: a coroutine goes on although nobody holds it; its error is reported then") {
  std::vector<std::string> reported;
  set_exception_handler([&](const ExceptionContext& context) {
    reported.push_back(describe_exception(context.error) + (context.stack.empty() ? "" : " with its stack"));
  });
  std::vector<std::string> log;
  Task<std::string> outer = task_awaiting(shield(log_end(log, "inner", 10s)));
  Task<std::string> failing = task_awaiting(shield(fail_after<void>(10s, "crash")));
  co_await sleep(1s);
  outer.cancel();
  failing.cancel();
  co_await sleep(10s);
  set_exception_handler({});
  CHECK(log == std::vector<std::string>{"inner returned"});
  CHECK(reported == std::vector<std::string>{"crash with its stack"});
}

ASYNC_TEST_CASE("shield: of a task that is done gives its outcome without suspending (test_shield_shortcut)") {
  Task<int> done = create_task(give_after(0s, 3));
  co_await done;
  bool other_ran = false;
  EventLoop::current().call_soon([&other_ran] { other_ran = true; });
  const int value = co_await shield(done);
  CHECK(value == 3);
  CHECK_FALSE(other_ran);
  co_await sleep(0s);
  CHECK(other_ran);
}

ASYNC_TEST_CASE("shield: a loop over a task that is done gives way to others now and then (fairness)") {
  Task<int> done = create_task(give_after(0s, 3));
  co_await done;
  bool other_ran = false;
  EventLoop::current().call_soon([&other_ran] { other_ran = true; });
  int rounds = 0;
  while (!other_ran && rounds < 100'000) {
    co_await shield(done);
    ++rounds;
  }
  CHECK(other_ran);
  CHECK(rounds > 1);
}

ASYNC_TEST_CASE("shield: around gather, a cancellation leaves the gathered ones alone (test_shield_gather)") {
  std::vector<std::string> log;
  Task<std::string> outer = task_awaiting(shield(gather(log_end(log, "a", 5s), log_end(log, "b", 6s))));
  co_await sleep(1s);
  outer.cancel();
  const std::string outcome = co_await outer;
  CHECK(outcome == "Cancelled(user)");
  CHECK(log.empty());
  co_await sleep(6s);
  CHECK(log == std::vector<std::string>{"a returned", "b returned"});
}

ASYNC_TEST_CASE(
    "shield: inside gather, a cancellation hits the shields and not what is behind them (test_gather_shield)") {
  Task<int> first = create_task(give_after(5s, 1));
  Task<int> second = create_task(give_after(6s, 2));
  Task<std::string> outer = task_awaiting(gather(shield(first), shield(second)));
  co_await sleep(1s);
  outer.cancel();
  const std::string outcome = co_await outer;
  CHECK(outcome == "Cancelled(user)");
  CHECK_FALSE(first.done());
  auto results = co_await gather(first, second);
  CHECK(results == std::tuple(1, 2));
  CHECK(EventLoop::current().task_count() == 1);
}

ASYNC_TEST_CASE(
    "shield: cancelled in the step in which the inner task ended, the result is kept and the next await throws") {
  std::vector<std::string> log;
  Semaphore gate(0);
  Task<int> inner = create_task([](Semaphore& semaphore) -> Async<int> {
    const Permit permit = co_await semaphore.acquire();
    co_return 5;
  }(gate));
  auto body = [&]() -> Async<void> {
    const int value = co_await shield(inner);
    log.push_back(std::to_string(value));
    log.push_back(co_await outcome_of(sleep(1s)));
  };
  Task<void> outer = create_task(body());
  co_await sleep(1s);
  gate.release();
  co_await sleep(0s);
  CHECK(inner.done());
  CHECK_FALSE(outer.done());
  outer.cancel();
  co_await outer;
  CHECK(log == std::vector<std::string>{"5", "Cancelled(user)"});
}

ASYNC_TEST_CASE("shield: a cancellation that was pending is thrown, the inner coroutine runs all the same") {
  std::vector<std::string> log;
  auto body = [&]() -> Async<void> {
    current_task()->cancel();
    co_await shield(log_end(log, "inner", 1s));
  };
  const std::string outcome = co_await outcome_of(create_task(body()));
  CHECK(outcome == "Cancelled(user)");
  co_await sleep(2s);
  CHECK(log == std::vector<std::string>{"inner returned"});
}

ASYNC_TEST_CASE("shield: nothing runs before the await; a shield can be kept and moved") {
  std::vector<std::string> log;
  {
    [[maybe_unused]] const auto dropped = shield(log_end(log, "dropped", 1s));
  }
  auto kept = shield(log_end(log, "kept", 1s));
  auto moved = std::move(kept);
  co_await sleep(5s);
  CHECK(log.empty());
  co_await moved;
  CHECK(log == std::vector<std::string>{"kept returned"});
}

ASYNC_TEST_CASE("shield: of the task that awaits it throws RuntimeError") {
  std::optional<Task<std::string>> self;
  auto body = [&]() -> Async<std::string> { co_return co_await outcome_of(shield(*self)); };
  self = create_task(body(), "snake");
  const std::string outcome = co_await *self;
  CHECK(outcome == "RuntimeError: task 'snake' cannot await itself");
}

ASYNC_TEST_CASE(
    "shield: many that wait for one task are woken in the order in which they came, cancelled ones left out") {
  Task<int> inner = create_task(give_after(10s, 1));
  std::vector<int> log;
  auto wait = [&](int number) -> Async<void> {
    co_await shield(inner);
    log.push_back(number);
  };
  std::vector<Task<void>> tasks;
  for (int i = 0; i < 6; ++i)
    tasks.push_back(create_task(wait(i)));
  co_await sleep(1s);
  tasks[1].cancel();
  tasks[4].cancel();
  co_await sleep(10s);
  CHECK(log == std::vector<int>{0, 2, 3, 5});
}

ASYNC_TEST_CASE("shield: under a timeout that expires again and again (test_shielded_timeout)") {
  Task<int> inner = create_task(give_after(100s, 9));
  int expired = 0;
  std::optional<int> value;
  while (!value) {
    try {
      value = co_await timeout(3s, shield(inner));
    } catch (const TimeoutError&) {
      ++expired;
    }
  }
  CHECK(value == 9);
  CHECK(expired == 33);
  CHECK(inner.cancelling() == 0);
}

ASYNC_TEST_CASE("shielded: a cancellation is held back to the end and thrown at the next await") {
  const auto began = now();
  std::vector<std::string> log;
  auto body = [&]() -> Async<void> {
    const int value = co_await shielded(give_after(10s, 6));
    log.push_back(std::to_string(value) + " cancelling " + std::to_string(current_task()->cancelling()));
    log.push_back(co_await outcome_of(sleep(1h)));
  };
  Task<void> task = create_task(body());
  co_await sleep(1s);
  task.cancel(CancelReason::Disconnect);
  co_await task;
  CHECK(log == std::vector<std::string>{"6 cancelling 1", "Cancelled(disconnect)"});
  CHECK(now() - began == 10s);
}

ASYNC_TEST_CASE("shielded: several cancellations are held back and thrown as one") {
  std::vector<std::string> log;
  auto body = [&]() -> Async<void> {
    co_await shielded(sleep(10s));
    log.push_back(co_await outcome_of(sleep(1s)));
    log.push_back(co_await outcome_of(sleep(1s)));
  };
  Task<void> task = create_task(body());
  co_await sleep(1s);
  task.cancel();
  co_await sleep(1s);
  task.cancel(CancelReason::Shutdown);
  co_await task;
  CHECK(log == std::vector<std::string>{"Cancelled(shutdown)", "returned"});
}

ASYNC_TEST_CASE("shielded: one that was pending before stays so") {
  std::vector<std::string> log;
  auto body = [&]() -> Async<void> {
    current_task()->cancel();
    co_await shielded(log_end(log, "cleanup", 5s));
    log.push_back(co_await outcome_of(sleep(1s)));
  };
  co_await create_task(body());
  CHECK(log == std::vector<std::string>{"cleanup returned", "Cancelled(user)"});
}

ASYNC_TEST_CASE("shielded: cleanup after a cancellation, though another one comes") {
  std::vector<std::string> log;
  auto body = [&]() -> Async<void> {
    std::exception_ptr error;
    try {
      co_await sleep(1h);
    } catch (...) {
      error = std::current_exception();
    }
    co_await shielded(log_end(log, "rollback", 10s));
    if (error) std::rethrow_exception(error);
  };
  Task<void> task = create_task(body());
  co_await sleep(1s);
  task.cancel();
  co_await sleep(1s);
  task.cancel();
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(user)");
  CHECK(log == std::vector<std::string>{"rollback returned"});
}

ASYNC_TEST_CASE("shielded: throws the error of what is inside, with its stack") {
  std::vector<StackEntry> stack;
  std::string text;
  try {
    co_await shielded(fail_after<void>(1s, "crash"));
  } catch (const std::runtime_error& error) {
    text = error.what();
    stack = exception_stack(std::current_exception());
  }
  CHECK(text == "crash");
  REQUIRE_FALSE(stack.empty());
  CHECK(stack[0].function.find("fail_after") != std::string_view::npos);
}

ASYNC_TEST_CASE("shielded: gives what only moves, and what is ready already") {
  auto owned = co_await shielded([]() -> Async<std::unique_ptr<int>> { co_return std::make_unique<int>(1); }());
  CHECK(*owned == 1);
  const int ready = co_await shielded(Async<int>::ready(2));
  CHECK(ready == 2);
}

ASYNC_TEST_CASE("shielded: a timeout inside works, one around it fires when it has ended") {
  const auto began = now();
  const std::string inside = co_await outcome_of(shielded(timeout(1s, sleep(1h))));
  CHECK(inside == "TimeoutError");
  CHECK(now() - began == 1s);
  // What ends in time although the limit has passed keeps its result.
  const std::string around = co_await outcome_of(timeout(1s, shielded(sleep(5s))));
  CHECK(around == "returned");
  CHECK(now() - began == 6s);
  const std::string next = co_await outcome_of(sleep(1s));
  CHECK(next == "returned");
  auto then_sleep = []() -> Async<void> {
    co_await shielded(sleep(5s));
    co_await sleep(1h);
  };
  const std::string late = co_await outcome_of(timeout(1s, then_sleep()));
  CHECK(late == "TimeoutError");
}

ASYNC_TEST_CASE("shielded: a cancellation taken back before the end is not thrown") {
  std::vector<std::string> log;
  auto body = [&]() -> Async<void> {
    co_await shielded(sleep(10s));
    log.push_back(co_await outcome_of(sleep(1s)));
  };
  Task<void> task = create_task(body());
  co_await sleep(1s);
  task.cancel();
  CHECK(task.uncancel() == 0);
  co_await task;
  CHECK(log == std::vector<std::string>{"returned"});
}

ASYNC_TEST_CASE("shielded: is not cancelled with the scope it belongs to; what it creates is of that scope") {
  detail::TaskScope scope;
  std::vector<std::string> log;
  auto inside = [&]() -> Async<void> {
    Task<void> child = create_task(log_end(log, "child", 20s));
    log.push_back("running " + std::to_string(scope.running));
    co_await log_end(log, "inside", 10s);
    co_await child;
  };
  auto body = [&]() -> Async<void> { co_await shielded(inside()); };
  Task<void> task = create_task(body());
  task.state().scope = &scope;
  co_await sleep(1s);
  EventLoop::current().cancel_tasks_of(scope);
  co_await task;
  CHECK(log == std::vector<std::string>{"running 1", "child Cancelled(user)", "inside returned"});
  CHECK(scope.running == 0);
}

ASYNC_TEST_CASE("shielded: is not bound by a deadline that has passed") {
  std::vector<std::string> log;
  auto body = [&]() -> Async<void> {
    std::exception_ptr error;
    try {
      co_await sleep(1h);
    } catch (...) {
      error = std::current_exception();
    }
    co_await shielded(log_end(log, "rollback", 10s));
    if (error) std::rethrow_exception(error);
  };
  const std::string outcome = co_await outcome_of(with_deadline(1s, body()));
  CHECK(outcome == "TimeoutError");
  CHECK(log == std::vector<std::string>{"rollback returned"});
}

ASYNC_TEST_CASE("shielded: shares the context variables of the task, set in either") {
  static const ContextVar<int> variable("variable", 0);
  auto inside = []() -> Async<int> {
    co_await sleep(1s);
    const int seen = variable.get();
    variable.set(seen + 1);
    co_return seen;
  };
  auto body = [&]() -> Async<std::string> {
    const int first = co_await shielded(inside());  // the first one that is set at all
    const int second = co_await shielded(inside());
    co_return std::to_string(first) + std::to_string(second) + std::to_string(variable.get());
  };
  const std::string seen = co_await create_task(body());
  CHECK(seen == "012");
  CHECK(variable.get() == 0);
}

ASYNC_TEST_CASE("shielded: waiting for it is told by its name") {
  auto body = []() -> Async<void> { co_await shielded(sleep(1s)); };
  Task<void> task = create_task(body(), "writer");
  co_await sleep(0s);
  co_await sleep(0s);
  REQUIRE(task.state().waiting() != nullptr);
  CHECK(std::string(task.state().waiting()->describe()) == "shielded");
  co_await task;
}

TEST_CASE("shield: of tasks of another loop, whose ends race with cancellations of those who wait") {
  EventLoop other;
  std::thread thread([&other] {
    other.run();
    other.cancel_all_tasks();
  });
  auto spin = [](unsigned turns) -> Async<int> {
    for (unsigned i = 0; i < turns; ++i)
      co_await sleep(0s);
    co_return 1;
  };
  int gave = 0;
  int cancelled = 0;
  int others = 0;
  auto main = [&]() -> Async<void> {
    for (unsigned round = 0; round < 500; ++round) {
      Task<int> remote = create_task_on(other, spin(round % 20));
      Task<std::string> waiting = task_awaiting(shield(remote));
      for (unsigned i = 0; i <= round % 17; ++i)  // at least one, so that it has begun
        co_await sleep(0s);
      waiting.cancel();
      const std::string outcome = co_await waiting;
      ++(outcome == "returned" ? gave : outcome == "Cancelled(user)" ? cancelled : others);
      const int value = co_await remote;
      if (value != 1 || remote.cancelling() != 0) ++others;
    }
  };
  run(main());
  other.stop();
  thread.join();
  CHECK(gave + cancelled == 500);
  CHECK(others == 0);
}

TEST_SUITE_END();
