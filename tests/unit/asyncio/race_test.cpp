// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/race.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
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
  std::exception_ptr cancelled;
  try {
    co_await sleep(1h);
  } catch (const Cancelled& error) {
    log.push_back(name + " " + to_string(error.reason()));
    cancelled = std::current_exception();
  }
  co_await sleep(1s);
  if (cancelled) std::rethrow_exception(cancelled);
}

Async<int> give_in_spite_of_cancel(int value) {
  co_await outcome_of(sleep(1h));
  co_return value;
}

Async<int> fail_in_cleanup() {
  co_await outcome_of(sleep(1h));
  throw std::runtime_error("cleanup");
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE("race: the first to end wins, the others are cancelled and awaited") {
  const auto began = now();
  std::vector<std::string> log;
  const auto first = co_await race(log_end("a", log), give_after(2s, 5), log_end("b", log));
  REQUIRE(first.index() == 1);
  CHECK(std::get<1>(first) == 5);
  CHECK(log == std::vector<std::string>{"a user", "b user"});
  CHECK(now() - began == 3s);
  CHECK(EventLoop::current().task_count() == 1);
}

ASYNC_TEST_CASE("race: the index tells apart what has one type; Void stands for no result") {
  const auto number = co_await race(give_after(3s, 1), give_after(2s, 2));
  CHECK(number.index() == 1);
  CHECK(std::get<1>(number) == 2);
  const auto nothing = co_await race(sleep(1s), give_after(2s, 2));
  CHECK(nothing.index() == 0);
  CHECK(std::get<0>(nothing) == Void{});
  const auto alone = co_await race(give_after(1s, 3));
  CHECK(std::get<0>(alone) == 3);
}

ASYNC_TEST_CASE("race: what only moves is moved out") {
  auto owned = []() -> Async<std::unique_ptr<int>> { co_return std::make_unique<int>(4); };
  auto first = co_await race(sleep(1s), owned());
  REQUIRE(first.index() == 1);
  CHECK(*std::get<1>(first) == 4);
}

ASYNC_TEST_CASE("race: the error of the first to end is thrown") {
  std::vector<std::string> log;
  const std::string outcome = co_await outcome_of(race(log_end("a", log), fail_after(1s, "crash"), give_after(2s, 1)));
  CHECK(outcome == "error: crash");
  CHECK(log == std::vector<std::string>{"a user"});
  CHECK(EventLoop::current().task_count() == 1);
}

ASYNC_TEST_CASE("race: of a range, a pair of place and value; of an empty one is refused") {
  std::vector<Async<int>> coroutines;
  for (const int seconds : {3, 1, 2})
    coroutines.push_back(give_after(std::chrono::seconds(seconds), seconds * 10));
  const std::pair<std::size_t, int> first = co_await race(coroutines);
  CHECK(first == std::pair<std::size_t, int>(1, 10));
  const std::string empty = co_await outcome_of(race(std::vector<Async<int>>{}));
  CHECK(empty == "error: race: there is nothing that could win");
  const std::string used = co_await outcome_of(race(coroutines));  // they were moved from
  CHECK(used.starts_with("RuntimeError"));
}

ASYNC_TEST_CASE("race: of tasks, which are cancelled when they lose; their handles stay good") {
  const std::vector<Task<int>> tasks{create_task(give_after(2s, 1)), create_task(give_after(1s, 2))};
  const std::pair<std::size_t, int> first = co_await race(tasks);
  CHECK(first == std::pair<std::size_t, int>(1, 2));
  CHECK(tasks[0].cancelled());
  CHECK(tasks[1].result() == 2);
}

ASYNC_TEST_CASE("race: a task that has ended before wins, the others are never begun") {
  Task<int> done = create_task(give_after(0s, 1));
  co_await done;
  bool begun = false;
  auto body = [&begun]() -> Async<void> {
    begun = true;
    co_return;
  };
  const auto first = co_await race(body(), done);
  CHECK(first.index() == 1);
  CHECK_FALSE(begun);
}

ASYNC_TEST_CASE("race: of two that end in one step the first wins, an error of the other is reported") {
  std::vector<std::string> reported;
  set_exception_handler(
      [&](const ExceptionContext& context) { reported.push_back(describe_exception(context.error)); });
  const auto first = co_await race(give_after(1s, 1), fail_after(1s, "second"));
  set_exception_handler({});
  CHECK(first.index() == 0);
  CHECK(reported == std::vector<std::string>{"second"});
}

ASYNC_TEST_CASE("race: an error in the cleanup of a loser is reported") {
  std::vector<std::string> reported;
  set_exception_handler(
      [&](const ExceptionContext& context) { reported.push_back(describe_exception(context.error)); });
  const auto first = co_await race(fail_in_cleanup(), give_after(1s, 1));
  set_exception_handler({});
  CHECK(first.index() == 1);
  CHECK(reported == std::vector<std::string>{"cleanup"});
}

ASYNC_TEST_CASE("race: a loser that ends normally all the same has lost") {
  const auto first = co_await race(give_in_spite_of_cancel(1), give_after(1s, 2));
  CHECK(first.index() == 1);
}

ASYNC_TEST_CASE("race: one that is cancelled alone ends it by Cancelled") {
  Task<int> other = create_task(give_after(10s, 1));
  EventLoop::current().call_later(1s, [other] { other.cancel(CancelReason::Overload); });
  const std::string outcome = co_await outcome_of(race(other, sleep(20s)));
  CHECK(outcome == "Cancelled(overload)");
  CHECK(current_task()->cancelling() == 0);
}

ASYNC_TEST_CASE("race: a cancellation from outside cancels all, and waits for them") {
  const auto began = now();
  std::vector<std::string> log;
  auto body = [&]() -> Async<void> { co_await race(log_end("a", log), log_end("b", log)); };
  Task<void> task = create_task(body());
  co_await sleep(1s);
  task.cancel(CancelReason::Disconnect);
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(disconnect)");
  CHECK(log == std::vector<std::string>{"a disconnect", "b disconnect"});
  CHECK(now() - began == 2s);
  CHECK(EventLoop::current().task_count() == 1);
}

ASYNC_TEST_CASE("race: cancelled from outside, one that ends normally all the same wins and the next await throws") {
  std::vector<std::string> log;
  std::vector<std::string> results;
  auto body = [&]() -> Async<void> {
    const auto first = co_await race(log_end("a", log), give_in_spite_of_cancel(7));
    results.push_back(std::to_string(std::get<1>(first)));
    results.push_back(co_await outcome_of(sleep(1s)));
  };
  Task<void> task = create_task(body());
  co_await sleep(1s);
  task.cancel();
  co_await task;
  CHECK(results == std::vector<std::string>{"7", "Cancelled(user)"});
}

ASYNC_TEST_CASE("race: cancelled while the losers clean up, it gives the winner and the next await throws") {
  std::vector<std::string> log;
  std::vector<std::string> results;
  auto body = [&]() -> Async<void> {
    const auto first = co_await race(log_end("a", log), give_after(1s, 7));
    results.push_back(std::to_string(std::get<1>(first)));
    results.push_back(co_await outcome_of(sleep(1s)));
  };
  Task<void> task = create_task(body());
  co_await sleep(1500ms);
  task.cancel();
  co_await task;
  CHECK(results == std::vector<std::string>{"7", "Cancelled(user)"});
}

ASYNC_TEST_CASE("race: a permit is never lost: the loser gives it back") {
  Semaphore semaphore(0);
  EventLoop::current().call_later(1s, [&semaphore] { semaphore.release(); });
  const auto first = co_await race(sleep(1s), semaphore.acquire());
  CHECK(semaphore.available() + (first.index() == 1 ? 1u : 0u) == 1);
}

ASYNC_TEST_CASE("race: under a timeout, and against one") {
  const std::string outcome = co_await outcome_of(timeout(1s, race(sleep(2s), sleep(3s))));
  CHECK(outcome == "TimeoutError");
  CHECK(current_task()->cancelling() == 0);
  const auto first = co_await race(outcome_of(timeout(1s, sleep(1h))), sleep(2s));
  CHECK(std::get<0>(first) == "TimeoutError");
}

ASYNC_TEST_CASE("race: waiting for it is told by its name") {
  auto body = []() -> Async<void> { co_await race(sleep(1s), sleep(2s)); };
  Task<void> task = create_task(body());
  co_await sleep(0s);
  co_await sleep(0s);
  REQUIRE(task.state().waiting() != nullptr);
  CHECK(std::string(task.state().waiting()->describe()) == "race");
  co_await task;
}

TEST_SUITE_END();
