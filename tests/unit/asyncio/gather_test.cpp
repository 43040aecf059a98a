// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/gather.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

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

/// Sleeps and logs how that ended; cleans up for a second when it was cancelled.
Async<void> log_end(std::string name, std::vector<std::string>& log) {
  const std::string outcome = co_await outcome_of(sleep(100s));
  co_await sleep(1s);
  log.push_back(name + " " + outcome);
  if (outcome == "Cancelled(user)") throw Cancelled();
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE("gather: runs them at the same time, results in the order of the arguments (test_success)") {
  const auto began = now();
  auto results = co_await gather(give_after(3s, 1), give_after(1s, 2), give_after(2s, 3));
  CHECK(results == std::tuple(1, 2, 3));
  CHECK(now() - began == 3s);
  CHECK(EventLoop::current().task_count() == 1);
}

ASYNC_TEST_CASE("gather: of different types, Void for those without a result") {
  auto text = []() -> Async<std::string> { co_return "text"; };
  auto owned = []() -> Async<std::unique_ptr<int>> { co_return std::make_unique<int>(4); };
  auto results = co_await gather(text(), sleep(1s), owned(), Async<double>::ready(0.5));
  CHECK(std::get<0>(results) == "text");
  CHECK(std::get<1>(results) == Void{});
  CHECK(*std::get<2>(results) == 4);
  CHECK(std::get<3>(results) == 0.5);
}

ASYNC_TEST_CASE("gather: takes tasks that run already, and the same task twice (test_duplicate_coroutines)") {
  Task<int> task = create_task(give_after(1s, 5));
  co_await sleep(500ms);
  auto results = co_await gather(task, task, give_after(1s, 6));
  CHECK(results == std::tuple(5, 5, 6));
}

ASYNC_TEST_CASE("gather: of a vector, in its order; of an empty one at once (test_constructor_empty_sequence_*)") {
  std::vector<Async<int>> coroutines;
  for (int i = 0; i < 5; ++i)
    coroutines.push_back(give_after(std::chrono::seconds(5 - i), i));
  const std::vector<int> results = co_await gather(coroutines);
  CHECK(results == std::vector<int>{0, 1, 2, 3, 4});
  const std::string used = co_await outcome_of(gather(coroutines));  // they were moved from
  CHECK(used.starts_with("RuntimeError"));
  const std::vector<int> none = co_await gather(std::vector<Async<int>>{});
  CHECK(none.empty());
  std::vector<Task<void>> tasks;
  for (int i = 0; i < 3; ++i)
    tasks.push_back(create_task([]() -> Async<void> { co_await sleep(1s); }()));
  const std::vector<Void> ends = co_await gather(tasks);
  CHECK(ends.size() == 3);
}

ASYNC_TEST_CASE("gather: one coroutine; nothing runs before the await") {
  bool ran = false;
  auto body = [&ran]() -> Async<int> {
    ran = true;
    co_return 1;
  };
  auto gathered = gather(body());
  co_await sleep(1s);
  CHECK_FALSE(ran);
  auto results = co_await std::move(gathered);
  CHECK(std::get<0>(results) == 1);
}

ASYNC_TEST_CASE(
    "gather: the first failure cancels the others, waits for them, and is thrown (test_one_exception, ours)") {
  const auto began = now();
  std::vector<std::string> log;
  const std::string outcome =
      co_await outcome_of(gather(log_end("a", log), fail_after(1s, "first"), log_end("b", log)));
  CHECK(outcome == "error: first");
  CHECK(log == std::vector<std::string>{"a Cancelled(user)", "b Cancelled(user)"});
  CHECK(now() - began == 2s);  // a second of work, a second of cleanup
  CHECK(EventLoop::current().task_count() == 1);
}

ASYNC_TEST_CASE("gather: of two failures in one step the first one is thrown, the other counts as fetched") {
  int reported = 0;
  set_exception_handler([&reported](const ExceptionContext&) { ++reported; });
  const std::string outcome = co_await outcome_of(gather(fail_after(1s, "first"), fail_after(1s, "second")));
  set_exception_handler({});
  CHECK(outcome == "error: first");
  CHECK(reported == 0);
}

ASYNC_TEST_CASE("gather: a failure before the others have begun keeps them from being entered") {
  bool entered = false;
  auto body = [&entered]() -> Async<void> {
    entered = true;
    co_return;
  };
  auto fail = []() -> Async<void> {
    throw std::runtime_error("at once");
    co_return;
  };
  const std::string outcome = co_await outcome_of(gather(fail(), body()));
  CHECK(outcome == "error: at once");
  CHECK_FALSE(entered);
}

ASYNC_TEST_CASE("gather: a child that ignores its cancellation is still waited for") {
  const auto began = now();
  auto stubborn = []() -> Async<int> {
    const std::string outcome = co_await outcome_of(sleep(100s));
    co_await sleep(10s);
    co_return outcome == "Cancelled(user)" ? 1 : 0;
  };
  const std::string outcome = co_await outcome_of(gather(stubborn(), fail_after(1s, "first")));
  CHECK(outcome == "error: first");
  CHECK(now() - began == 11s);
}

ASYNC_TEST_CASE(
    "gather: a child cancelled by somebody throws Cancelled, the caller is not cancelled "
    "(test_one_cancellation)") {
  Task<int> child = create_task(give_after(10s, 1));
  EventLoop::current().call_later(1s, [child] { child.cancel(CancelReason::Overload); });
  const std::string outcome = co_await outcome_of(gather(child, give_after(20s, 2)));
  CHECK(outcome == "Cancelled(overload)");
  CHECK(current_task()->cancelling() == 0);
  co_await sleep(1s);
}

ASYNC_TEST_CASE("gather: a cancellation from outside cancels every unfinished child (test_cancellation_broadcast)") {
  std::vector<std::string> log;
  auto work = [&log]() -> Async<void> { co_await gather(log_end("a", log), give_after(1s, 1), log_end("b", log)); };
  Task<void> task = create_task(work());
  co_await sleep(2s);
  task.cancel(CancelReason::User);
  CHECK(EventLoop::current().task_count() == 4);
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(user)");
  CHECK(log == std::vector<std::string>{"a Cancelled(user)", "b Cancelled(user)"});
  CHECK(EventLoop::current().task_count() == 1);
}

ASYNC_TEST_CASE(
    "gather: cancelled from outside, it throws Cancelled though the children returned (test_cancel_gather_2)") {
  auto swallow = []() -> Async<int> {
    const std::string outcome = co_await outcome_of(sleep(100s));
    co_return outcome == "Cancelled(disconnect)" ? 1 : 0;
  };
  auto work = [&]() -> Async<void> { co_await gather(swallow(), swallow()); };
  Task<void> task = create_task(work());
  co_await sleep(1s);
  task.cancel(CancelReason::Disconnect);
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(disconnect)");
}

ASYNC_TEST_CASE("gather: cancelled from outside, a child that ends doesn't cut short the cleanup of another") {
  std::string cleanup;
  auto careful = [&cleanup]() -> Async<void> {
    cleanup = co_await outcome_of(sleep(1h));
    const std::string second = co_await outcome_of(sleep(1s));
    cleanup += ", then " + second;
    throw Cancelled();
  };
  auto body = [&]() -> Async<void> { co_await gather(sleep(1h), careful()); };
  const Task<void> task = create_task(body());
  co_await sleep(1ms);
  task.cancel(CancelReason::Disconnect);
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(disconnect)");
  CHECK(cleanup == "Cancelled(disconnect), then returned");
}

ASYNC_TEST_CASE("gather: cancelled when all children are done, it keeps the results (test_cancel_gather_1)") {
  Semaphore gate(0);
  auto pass = [&gate](int value) -> Async<int> {
    const Permit permit = co_await gate.acquire();
    co_return value;
  };
  std::vector<std::string> log;
  auto work = [&]() -> Async<void> {
    auto results = co_await gather(pass(1), pass(2));
    log.push_back(std::to_string(std::get<0>(results) + std::get<1>(results)));
    log.push_back(co_await outcome_of(sleep(1s)));
  };
  Task<void> task = create_task(work());
  co_await sleep(1s);
  gate.release();  // both end in the next step, one after the other
  co_await sleep(0s);
  co_await sleep(0s);
  task.cancel();
  co_await task;
  CHECK(log == std::vector<std::string>{"3", "Cancelled(user)"});
}

ASYNC_TEST_CASE("gather: a cancellation that was pending goes to the children, which are not entered") {
  bool entered = false;
  auto body = [&entered]() -> Async<void> {
    entered = true;
    co_await sleep(1s);
  };
  auto work = [&]() -> Async<void> {
    current_task()->cancel(CancelReason::Overload);
    co_await gather(body(), body());
  };
  Task<void> task = create_task(work());
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(overload)");
  CHECK_FALSE(entered);
  CHECK(EventLoop::current().task_count() == 1);
}

ASYNC_TEST_CASE("gather: a second cancellation reaches children that clean up after a pending one") {
  const auto began = now();
  Task<void> child = create_task([]() -> Async<void> {
    const std::string outcome = co_await outcome_of(sleep(100s));
    co_await sleep(50s);
    CHECK(outcome == "not reached");
  }());
  co_await sleep(1s);
  auto work = [&]() -> Async<void> {
    current_task()->cancel();
    co_await gather(child);
  };
  Task<void> task = create_task(work());
  co_await sleep(1s);
  task.cancel();
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(user)");
  co_await outcome_of(child);
  CHECK(now() - began < 10s);
}

ASYNC_TEST_CASE("gather: an error of a child's cleanup is not hidden by a cancellation from outside") {
  auto fail_in_cleanup = []() -> Async<void> {
    const std::string outcome = co_await outcome_of(sleep(100s));
    throw std::runtime_error("cleanup after " + outcome);
  };
  std::vector<std::string> log;
  auto work = [&]() -> Async<void> {
    log.push_back(co_await outcome_of(gather(give_after(100s, 1), fail_in_cleanup())));
    log.push_back(co_await outcome_of(sleep(1s)));
  };
  Task<void> task = create_task(work());
  co_await sleep(1s);
  task.cancel();
  co_await task;
  CHECK(log == std::vector<std::string>{"error: cleanup after Cancelled(user)", "Cancelled(user)"});
}

ASYNC_TEST_CASE("gather: a failure that came before a cancellation from outside is the one thrown") {
  std::vector<std::string> log;
  std::string outcome_inside;
  auto work = [&]() -> Async<void> {
    outcome_inside = co_await outcome_of(gather(log_end("a", log), fail_after(1s, "first")));
  };
  Task<void> task = create_task(work());
  co_await sleep(1500ms);
  task.cancel();
  co_await task;
  CHECK(outcome_inside == "error: first");
  CHECK(EventLoop::current().task_count() == 1);
}

ASYNC_TEST_CASE("gather: inside a timeout, its failure in time is thrown and TimeoutError after it") {
  const std::string early = co_await outcome_of(timeout(2s, gather(fail_after(1s, "first"), sleep(10s))));
  CHECK(early == "error: first");
  const std::string late = co_await outcome_of(timeout(2s, gather(fail_after(3s, "first"), sleep(10s))));
  CHECK(late == "TimeoutError");
  CHECK(current_task()->cancelling() == 0);
  CHECK(EventLoop::current().task_count() == 1);
}

ASYNC_TEST_CASE("gather: with a coroutine that was awaited before throws, and starts none of the others") {
  bool entered = false;
  auto body = [&entered]() -> Async<int> {
    entered = true;
    co_return 1;
  };
  Async<int> used = give_after(0s, 1);
  co_await used;
  const std::string outcome = co_await outcome_of(gather(body(), std::move(used)));
  CHECK(outcome.starts_with("RuntimeError"));
  co_await sleep(1s);
  CHECK_FALSE(entered);
}

ASYNC_TEST_CASE("gather: a task whose sibling fails at once is cancelled and waited for") {
  Task<int> task = create_task(give_after(10s, 1));
  auto fail = []() -> Async<void> {
    throw std::runtime_error("at once");
    co_return;
  };
  const std::string outcome = co_await outcome_of(gather(fail(), task));
  CHECK(outcome == "error: at once");
  CHECK(task.cancelled());
}

ASYNC_TEST_CASE("gather: leaves the result of a task to those who await it too") {
  Task<std::string> task = create_task(detail::as_async(Async<std::string>::ready(std::string(100, 'x'))));
  auto results = co_await gather(task, task);
  CHECK(std::get<0>(results) == std::get<1>(results));
  const std::string again = co_await task;
  CHECK(again == std::string(100, 'x'));
}

ASYNC_TEST_CASE("gather: of the task that awaits it throws RuntimeError") {
  std::optional<Task<std::string>> self;
  auto body = [&self]() -> Async<std::string> {
    std::string outcome = co_await outcome_of(gather(*self));
    co_return outcome;
  };
  self = create_task(body(), "snake");
  const std::string outcome = co_await *self;
  CHECK(outcome == "RuntimeError: task 'snake' cannot await itself");
}

ASYNC_TEST_CASE("gather: nested, an error of the inner one cancels the outer's children") {
  std::vector<std::string> log;
  const std::string outcome =
      co_await outcome_of(gather(log_end("outer", log), gather(log_end("inner", log), fail_after(1s, "deep"))));
  CHECK(outcome == "error: deep");
  CHECK(log == std::vector<std::string>{"inner Cancelled(user)", "outer Cancelled(user)"});
}

ASYNC_TEST_CASE("gather: 1,000 deep, a cancellation reaches the bottom") {
  struct Nest {
    static Async<void> build(int depth) {
      if (depth == 0) {
        co_await sleep(100s);
      } else {
        co_await gather(build(depth - 1));
      }
    }
  };
  Task<void> task = create_task(Nest::build(1'000));
  for (int i = 0; i < 1'001; ++i)
    co_await sleep(0s);
  CHECK(EventLoop::current().task_count() == 1'002);
  task.cancel();
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(user)");
  CHECK(EventLoop::current().task_count() == 1);
}

ASYNC_TEST_CASE("gather: 10,000 coroutines") {
  std::vector<Async<int>> coroutines;
  for (int i = 0; i < 10'000; ++i)
    coroutines.push_back(give_after(std::chrono::milliseconds(i % 13), i));
  const std::vector<int> results = co_await gather(std::move(coroutines));
  bool in_order = results.size() == 10'000;
  for (int i = 0; in_order && i < 10'000; ++i)
    in_order = results[static_cast<std::size_t>(i)] == i;
  CHECK(in_order);
}

TEST_SUITE_END();
