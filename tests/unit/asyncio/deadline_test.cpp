// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/deadline.hpp"

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/semaphore.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "support/async_test.hpp"
#include "support/delayed.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::give_after;
using coroute::testing::now;
using coroute::testing::outcome_of;

namespace {

/// Notes how its sleep ended, and lets the end go on.
Async<void> noted_sleep(std::vector<std::string>& log, Clock::duration delay) {
  try {
    co_await sleep(delay);
    log.push_back("returned");
  } catch (const Cancelled& cancelled) {
    log.push_back(std::string("Cancelled(") + to_string(cancelled.reason()) + ")");
    throw;
  }
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE("deadline: what ends in time gives its result, what does not TimeoutError, at the deadline") {
  const auto began = now();
  const int value = co_await with_deadline(1s, give_after(1s - 1ns, 5));
  CHECK(value == 5);
  CHECK(now() - began == 1s - 1ns);
  const auto second = now();
  const std::string late = co_await outcome_of(with_deadline(1s, give_after(1s + 1ns, 5)));
  CHECK(late == "TimeoutError");
  CHECK(now() - second == 1s);
  CHECK(current_task()->cancelling() == 0);
  const std::string at_moment = co_await outcome_of(with_deadline(now() + 3s, sleep(1h)));
  CHECK(at_moment == "TimeoutError");
  CHECK(now() - second == 4s);
}

ASYNC_TEST_CASE("deadline: current_deadline and time_left show the nearest, and nothing where there is none") {
  CHECK_FALSE(current_deadline().has_value());
  CHECK_FALSE(time_left().has_value());
  const auto began = now();
  auto check = [&]() -> Async<void> {
    CHECK(current_deadline() == began + 10s);
    CHECK(time_left() == 10s);
    co_await sleep(4s);
    CHECK(current_deadline() == began + 10s);
    CHECK(time_left() == 6s);
  };
  co_await with_deadline(10s, check());
  CHECK_FALSE(current_deadline().has_value());
}

ASYNC_TEST_CASE("deadline: a nested one can be earlier, never later") {
  const auto began = now();
  std::vector<Clock::duration> seen;
  auto note = [&]() -> Async<void> {
    seen.push_back(*time_left());
    co_return;
  };
  auto body = [&]() -> Async<void> {
    co_await with_deadline(5s, note());
    co_await with_deadline(20s, note());
    co_await note();
    const std::string outcome = co_await outcome_of(with_deadline(20s, sleep(1h)));
    CHECK(outcome == "Cancelled(deadline)");
    throw Cancelled(CancelReason::Deadline);
  };
  const std::string outcome = co_await outcome_of(with_deadline(10s, body()));
  CHECK(outcome == "TimeoutError");
  CHECK(seen == std::vector<Clock::duration>{5s, 10s, 10s});
  CHECK(now() - began == 10s);
}

ASYNC_TEST_CASE("deadline: counts timeouts around it, which tasks created inside don't inherit") {
  const auto began = now();
  auto child = []() -> Async<std::optional<Clock::time_point>> { co_return current_deadline(); };
  auto body = [&](Timeout& limit) -> Async<void> {
    CHECK(current_deadline() == began + 2s);
    const std::optional<Clock::time_point> inherited = co_await create_task(child());
    CHECK(inherited == began + 10s);
    limit.reschedule(began + 5s);
    CHECK(current_deadline() == began + 5s);
    limit.reschedule(began + 50s);
    CHECK(current_deadline() == began + 10s);
    limit.reschedule(std::nullopt);
    CHECK(current_deadline() == began + 10s);
  };
  auto with_timeout = [&]() -> Async<void> { co_await timeout(2s, body); };
  co_await with_deadline(10s, with_timeout());
}

ASYNC_TEST_CASE("deadline: time_left is zero when it has passed, and the deadline is still the one that passed") {
  const auto began = now();
  auto body = [&]() -> Async<void> {
    const std::string outcome = co_await outcome_of(sleep(1h));
    CHECK(outcome == "Cancelled(deadline)");
    co_await sleep(3s);  // cleanup may take its time
    CHECK(time_left() == Clock::duration::zero());
    CHECK(current_deadline() == began + 1s);
  };
  co_await with_deadline(1s, body());
  CHECK(now() - began == 4s);
}

ASYNC_TEST_CASE("deadline: one that has passed already lets run what needs no wait, and ends the first wait") {
  const int at_once = co_await with_deadline(now() - 1s, Async<int>::ready(3));
  CHECK(at_once == 3);
  bool entered = false;
  auto body = [&]() -> Async<void> {
    entered = true;
    CHECK(time_left() == Clock::duration::zero());
    co_await sleep(1ns);
  };
  const auto began = now();
  const std::string outcome = co_await outcome_of(with_deadline(now() - 1s, body()));
  CHECK(outcome == "TimeoutError");
  CHECK(entered);
  CHECK(now() == began);
  const std::string zero = co_await outcome_of(with_deadline(0s, sleep(0s)));
  CHECK(zero == "TimeoutError");
}

ASYNC_TEST_CASE("deadline: the longest duration there is doesn't overflow, and is no deadline") {
  auto body = []() -> Async<bool> { co_return current_deadline().has_value(); };
  const bool bounded = co_await with_deadline(Clock::duration::max(), body());
  CHECK_FALSE(bounded);
}

ASYNC_TEST_CASE("deadline: tasks inherit it, and those that they create; each ends by it") {
  const auto began = now();
  std::optional<Task<void>> grandchild;
  auto below = [&]() -> Async<void> {
    CHECK(current_deadline() == began + 5s);
    co_await sleep(1h);
  };
  auto child = [&]() -> Async<void> {
    grandchild = create_task(below());
    co_await sleep(2s);
  };
  auto body = [&]() -> Async<void> {
    co_await create_task(child());
    CHECK_FALSE(grandchild->done());
  };
  co_await with_deadline(5s, body());
  const std::string outcome = co_await outcome_of(*grandchild);
  CHECK(outcome == "TimeoutError");
  CHECK(now() - began == 5s);
}

ASYNC_TEST_CASE("deadline: without_deadline makes a task that outlives it") {
  std::optional<Task<int>> task;
  auto child = []() -> Async<int> {
    CHECK_FALSE(current_deadline().has_value());
    co_return co_await give_after(1h, 4);
  };
  auto body = [&]() -> Async<void> {
    task = create_task(child(), TaskOptions("outliving").without_deadline());
    co_await sleep(1h);
  };
  const std::string outcome = co_await outcome_of(with_deadline(5s, body()));
  CHECK(outcome == "TimeoutError");
  CHECK_FALSE(task->done());
  const int value = co_await *task;
  CHECK(value == 4);
}

ASYNC_TEST_CASE("deadline: children of gather have the same one: they are cancelled, the error comes once, outside") {
  std::vector<std::string> log;
  std::vector<std::string> gathered;
  auto body = [&]() -> Async<void> {
    gathered.push_back(co_await outcome_of(gather(noted_sleep(log, 1h), noted_sleep(log, 2h), noted_sleep(log, 1s))));
    throw Cancelled(CancelReason::Deadline);
  };
  const auto began = now();
  const std::string outcome = co_await outcome_of(with_deadline(5s, body()));
  CHECK(outcome == "TimeoutError");
  CHECK(gathered == std::vector<std::string>{"Cancelled(deadline)"});
  CHECK(log == std::vector<std::string>{"returned", "Cancelled(deadline)", "Cancelled(deadline)"});
  CHECK(now() - began == 5s);
  CHECK(current_task()->cancelling() == 0);
}

ASYNC_TEST_CASE("deadline: equal ones nested in a call, a task and an eager task give one TimeoutError, outermost") {
  for (const bool eager : {false, true}) {
    const auto when = now() + 5s;
    std::vector<std::string> log;
    auto innermost = [&]() -> Async<void> { co_await with_deadline(when, noted_sleep(log, 1h)); };
    auto noted = [&](Async<void> inner) -> Async<void> {
      std::exception_ptr error;
      try {
        co_await std::move(inner);
      } catch (const Cancelled&) {
        log.push_back("Cancelled");
        error = std::current_exception();
      } catch (const TimeoutError&) {
        log.push_back("TimeoutError");
        error = std::current_exception();
      }
      if (error) std::rethrow_exception(error);
    };
    auto child = [&]() -> Async<void> { co_await noted(innermost()); };
    auto body = [&]() -> Async<void> {
      const Task<void> task = create_task(child(), TaskOptions().eager_start(eager));
      co_await noted(detail::as_async(task));
    };
    const std::string outcome = co_await outcome_of(with_deadline(when, with_deadline(when, body())));
    CHECK(outcome == "TimeoutError");
    CHECK(log == std::vector<std::string>{"Cancelled(deadline)", "Cancelled", "Cancelled"});
  }
}

ASYNC_TEST_CASE("deadline: a child that ends between the deadline and its cancellation keeps its result") {
  auto child = []() -> Async<int> {
    const std::string outcome = co_await outcome_of(sleep(1h));
    CHECK(outcome == "Cancelled(deadline)");
    co_return 6;
  };
  auto body = [&]() -> Async<int> { co_return co_await create_task(child()); };
  const int value = co_await with_deadline(1s, body());
  CHECK(value == 6);
  CHECK(current_task()->cancelling() == 0);
}

ASYNC_TEST_CASE("deadline: a cancellation from outside stays Cancelled, for the task and the children") {
  std::vector<std::string> log;
  auto body = [&]() -> Async<void> { co_await gather(noted_sleep(log, 1h), noted_sleep(log, 1h)); };
  Task<void> task = create_task(with_deadline(5s, body()));
  co_await sleep(1s);
  task.cancel(CancelReason::Disconnect);
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(disconnect)");
  CHECK(log == std::vector<std::string>{"Cancelled(disconnect)", "Cancelled(disconnect)"});
}

ASYNC_TEST_CASE("deadline: an error of the body passes, and the deadline is gone after it") {
  auto fail = []() -> Async<void> {
    co_await sleep(1s);
    throw std::runtime_error("failed");
  };
  const std::string outcome = co_await outcome_of(with_deadline(5s, fail()));
  CHECK(outcome == "error: failed");
  CHECK_FALSE(current_deadline().has_value());
  co_await sleep(10s);
}

ASYNC_TEST_CASE("deadline: a task's deadline is not its creator's, whose later ones it doesn't see") {
  std::vector<std::optional<Clock::time_point>> seen;
  auto watch = [&]() -> Async<void> {
    for (int i = 0; i < 2; ++i) {
      seen.push_back(current_deadline());
      co_await sleep(1s);
    }
  };
  Task<void> watcher = create_task(watch());
  co_await with_deadline(100ms, Async<void>::ready());
  const std::string outcome = co_await outcome_of(with_deadline(1500ms, sleep(1h)));
  CHECK(outcome == "TimeoutError");
  co_await watcher;
  CHECK(seen == std::vector<std::optional<Clock::time_point>>{std::nullopt, std::nullopt});
}

ASYNC_TEST_CASE("deadline: a bounded task that is cancelled before its first step is never entered") {
  bool entered = false;
  auto child = [&]() -> Async<void> {
    entered = true;
    co_return;
  };
  std::optional<Task<void>> task;
  auto body = [&]() -> Async<void> {
    task = create_task(child());
    task->cancel();
    co_return;
  };
  co_await with_deadline(1s, body());
  const std::string outcome = co_await outcome_of(*task);
  CHECK(outcome == "Cancelled(user)");
  CHECK_FALSE(entered);
}

ASYNC_TEST_CASE("deadline: a waiter that it removes loses nothing") {
  Semaphore semaphore(1);
  auto body = [&]() -> Async<void> {
    const Permit permit = co_await semaphore.acquire();
    co_await sleep(1h);
  };
  const std::string outcome = co_await outcome_of(with_deadline(1s, gather(body(), body(), body())));
  CHECK(outcome == "TimeoutError");
  CHECK(semaphore.waiting() == 0);
  CHECK(semaphore.available() == 1);
}

TEST_CASE("deadline: outside a task there is none") {
  CHECK_FALSE(current_deadline().has_value());
  CHECK_FALSE(time_left().has_value());
  CHECK_THROWS_AS(static_cast<void>(with_deadline(1s, Async<void>::ready())), RuntimeError);
}

TEST_SUITE_END();
