// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/gather_settled.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "support/async_test.hpp"
#include "support/delayed.hpp"
#include "support/list_of.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::fail_after;
using coroute::testing::give_after;
using coroute::testing::list_of;
using coroute::testing::now;
using coroute::testing::outcome_of;

namespace {

template <class T>
std::string text_of(const Result<T>& result) {
  if (result.cancelled()) return "cancelled";
  if (!result) return describe_exception(result.error());
  if constexpr (std::is_void_v<T>) {
    return "done";
  } else {
    return std::to_string(*result);
  }
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE(
    "gather_settled: values, errors and cancellations are results, in the order of the arguments "
    "(test_return_exceptions, test_result_exception_one_cancellation)") {
  const auto began = now();
  Task<int> cancelled = create_task(give_after(10s, 1));
  EventLoop::current().call_later(1s, [cancelled] { cancelled.cancel(CancelReason::Overload); });
  auto results = co_await gather_settled(give_after(4s, 7), fail_after(2s, "first"), cancelled, sleep(1s),
                                         fail_after(3s, "second"));
  CHECK(text_of(std::get<0>(results)) == "7");
  CHECK(text_of(std::get<1>(results)) == "first");
  CHECK(text_of(std::get<2>(results)) == "cancelled");
  CHECK(text_of(std::get<3>(results)) == "done");
  CHECK(text_of(std::get<4>(results)) == "second");
  CHECK(now() - began == 4s);
  CHECK(current_task()->cancelling() == 0);
}

ASYNC_TEST_CASE("gather_settled: errors count as retrieved and bring their stack (test_exception_marking)") {
  int reported = 0;
  set_exception_handler([&reported](const ExceptionContext&) { ++reported; });
  auto results = co_await gather_settled(fail_after(1s, "a"), fail_after(1s, "b"));
  set_exception_handler({});
  CHECK(text_of(std::get<0>(results)) == "a");
  CHECK(text_of(std::get<1>(results)) == "b");
  CHECK(reported == 0);
  const std::vector<StackEntry> stack = std::get<0>(results).stack();
  REQUIRE_FALSE(stack.empty());
  CHECK(stack[0].function.find("fail_after") != std::string_view::npos);
}

ASYNC_TEST_CASE("gather_settled: of a range, and of an empty one at once (test_constructor_empty_sequence_*)") {
  std::vector<Async<int>> coroutines;
  coroutines.push_back(give_after(2s, 1));
  coroutines.push_back(fail_after(1s, "crash"));
  coroutines.push_back(give_after(1s, 3));
  const auto results = co_await gather_settled(coroutines);
  REQUIRE(results.size() == 3);
  CHECK(text_of(results[0]) == "1");
  CHECK(text_of(results[1]) == "crash");
  CHECK(text_of(results[2]) == "3");
  const std::string used = co_await outcome_of(gather_settled(coroutines));  // they were moved from
  CHECK(used.starts_with("RuntimeError"));
  const auto none = co_await gather_settled(std::vector<Task<int>>{});
  CHECK(none.empty());
}

ASYNC_TEST_CASE("gather_settled: of tasks, which stay as they are; the same twice (test_duplicate_coroutines)") {
  const std::vector<Task<int>> tasks{create_task(give_after(1s, 1)), create_task(fail_after(1s, "crash"))};
  const auto results = co_await gather_settled(tasks);
  CHECK(text_of(results[0]) == "1");
  CHECK(text_of(results[1]) == "crash");
  const auto again = co_await gather_settled(list_of<Task<int>>(tasks[0], tasks[1], tasks[0]));
  CHECK(text_of(again[0]) == "1");
  CHECK(text_of(again[1]) == "crash");
  CHECK(text_of(again[2]) == "1");
}

ASYNC_TEST_CASE("gather_settled: what only moves is moved out") {
  auto owned = []() -> Async<std::unique_ptr<int>> { co_return std::make_unique<int>(4); };
  auto results = co_await gather_settled(owned(), give_after(1s, 1));
  const std::unique_ptr<int> value = std::get<0>(std::move(results)).value();
  CHECK(*value == 4);
}

ASYNC_TEST_CASE(
    "gather_settled: a cancellation from outside is thrown when all have ended, errors of theirs are reported "
    "(test_cancellation_broadcast)") {
  std::vector<std::string> reported;
  set_exception_handler(
      [&](const ExceptionContext& context) { reported.push_back(describe_exception(context.error)); });
  const auto began = now();
  auto clean_up = []() -> Async<void> {
    const std::string outcome = co_await outcome_of(sleep(1h));
    co_await sleep(10s);
    throw std::runtime_error("cleanup after " + outcome);
  };
  auto work = [&]() -> Async<void> { co_await gather_settled(give_after(1h, 1), clean_up()); };
  Task<void> task = create_task(work());
  co_await sleep(1s);
  task.cancel(CancelReason::Disconnect);
  const std::string outcome = co_await outcome_of(task);
  set_exception_handler({});
  CHECK(outcome == "Cancelled(disconnect)");
  CHECK(now() - began == 11s);
  CHECK(reported == std::vector<std::string>{"cleanup after Cancelled(disconnect)"});
  CHECK(EventLoop::current().task_count() == 1);
}

ASYNC_TEST_CASE("gather_settled: a pending cancellation goes to the children, which are not entered") {
  bool entered = false;
  auto body = [&entered]() -> Async<void> {
    entered = true;
    co_return;
  };
  auto work = [&]() -> Async<void> {
    current_task()->cancel();
    co_await gather_settled(body(), body());
  };
  const std::string outcome = co_await outcome_of(create_task(work()));
  CHECK(outcome == "Cancelled(user)");
  CHECK_FALSE(entered);
}

ASYNC_TEST_CASE("gather_settled: under a timeout, TimeoutError") {
  const std::string outcome = co_await outcome_of(timeout(1s, gather_settled(give_after(1h, 1), sleep(500ms))));
  CHECK(outcome == "TimeoutError");
  CHECK(current_task()->cancelling() == 0);
}

ASYNC_TEST_CASE("gather: a task that has failed before cancels the others at once, before they begin") {
  Task<int> failed = create_task(fail_after(0s, "before"));
  co_await outcome_of(failed);
  const auto began = now();
  bool entered = false;
  auto body = [&entered]() -> Async<void> {
    entered = true;
    co_await sleep(1h);
  };
  const std::string outcome = co_await outcome_of(gather(body(), failed));
  CHECK(outcome == "error: before");
  CHECK_FALSE(entered);
  CHECK(now() == began);
  CHECK(EventLoop::current().task_count() == 1);
}

ASYNC_TEST_CASE("gather: the handles of a vector of tasks stay good") {
  std::vector<Task<int>> tasks{create_task(give_after(1s, 1)), create_task(give_after(1s, 2))};
  const std::vector<int> results = co_await gather(tasks);
  CHECK(results == std::vector<int>{1, 2});
  CHECK(tasks[1].result() == 2);
}

TEST_SUITE_END();
