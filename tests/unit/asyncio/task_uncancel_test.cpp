// SPDX-License-Identifier: BSL-1.0
#include <exception>
#include <string>

#include "coroute/asyncio/semaphore.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "support/async_test.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::outcome_of;

namespace {

/// Catches the first cancellation and then goes on for a second.
Async<int> catch_once(int value) {
  try {
    co_await sleep(100s);
  } catch (const Cancelled&) {
  }
  co_await sleep(1s);
  co_return value;
}

struct BlockResult {
  bool timed_out = false;
  bool finished = false;
  bool outer_reached = false;
};

/// A timeout written by hand with cancel and uncancel, by the rules that asyncio's test spells out.
Async<void> block_with_timeout(Clock::duration work, Clock::duration limit, BlockResult& result) {
  AnyTask self = *current_task();
  bool left = false;
  EventLoop::current().call_later(limit, [&result, &left, self] {
    if (left) return;
    result.timed_out = true;
    self.cancel();
  });
  std::exception_ptr cancelled;
  try {
    co_await sleep(work);
    result.finished = true;
  } catch (const Cancelled&) {
    cancelled = std::current_exception();
  }
  left = true;
  const bool only_ours = result.timed_out && self.uncancel() == 0;
  if (cancelled && !only_ours) std::rethrow_exception(cancelled);
  result.outer_reached = true;
  co_await sleep(0s);
  co_await sleep(1000s);  // `left` and `result` outlive the callback
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE("uncancel: counts requests down, and never below zero (test_cancelling)") {
  Task<int> task = create_task(catch_once(1));
  co_await sleep(1s);
  CHECK(task.cancelling() == 0);
  CHECK(task.uncancel() == 0);
  task.cancel();
  CHECK(task.cancelling() == 1);
  task.cancel();
  CHECK(task.cancelling() == 2);
  CHECK(task.uncancel() == 1);
  CHECK(task.uncancel() == 0);
  CHECK(task.uncancel() == 0);
  co_await task;
}

ASYNC_TEST_CASE("uncancel: a task that takes its cancellation back can be cancelled anew (test_uncancel_basic)") {
  auto body = []() -> Async<void> {
    try {
      co_await sleep(10s);
    } catch (const Cancelled&) {
      current_task()->uncancel();
    }
    co_await sleep(10s);
  };
  Task<void> task = create_task(body());
  co_await sleep(1s);
  CHECK(task.cancel());
  CHECK(task.cancelling() == 1);
  co_await sleep(1s);
  CHECK(task.cancelling() == 0);
  CHECK_FALSE(task.done());
  CHECK(task.cancel());
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(user)");
  CHECK(task.cancelled());
  task.uncancel();
  CHECK(task.cancelled());  // no effect any more
  CHECK(task.done());
}

ASYNC_TEST_CASE("uncancel: withdraws a cancellation that was not delivered (test_uncancel_resets_must_cancel)") {
  Semaphore gate(0);
  auto body = [&gate]() -> Async<int> {
    const Permit permit = co_await gate.acquire();
    co_await sleep(1s);
    co_return 42;
  };
  Task<int> task = create_task(body());
  co_await sleep(0s);
  gate.release();  // the task is ready to run: a cancellation would come at its next await
  task.cancel();
  CHECK(task.cancelling() == 1);
  CHECK(task.uncancel() == 0);
  const int value = co_await task;
  CHECK(value == 42);
}

ASYNC_TEST_CASE("uncancel: doesn't withdraw while another request stands") {
  Semaphore gate(0);
  auto body = [&gate]() -> Async<void> {
    const Permit permit = co_await gate.acquire();
    co_await sleep(1s);
  };
  Task<void> task = create_task(body());
  co_await sleep(0s);
  gate.release();
  task.cancel();
  task.cancel();
  CHECK(task.uncancel() == 1);
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(user)");
}

ASYNC_TEST_CASE(
    "uncancel: lets a block turn its own cancellation into something else "
    "(test_uncancel_structured_blocks)") {
  BlockResult late;
  Task<void> timed_out = create_task(block_with_timeout(10s, 100ms, late));
  co_await timed_out;
  CHECK(late.timed_out);
  CHECK_FALSE(late.finished);
  CHECK(late.outer_reached);
  CHECK(timed_out.cancelling() == 0);

  BlockResult early;
  Task<void> in_time = create_task(block_with_timeout(0s, 10s, early));
  co_await in_time;
  CHECK_FALSE(early.timed_out);
  CHECK(early.finished);
  CHECK(early.outer_reached);
  CHECK(in_time.cancelling() == 0);

  BlockResult both;
  Task<void> cancelled_too = create_task(block_with_timeout(10s, 100ms, both));
  co_await sleep(0s);
  EventLoop::current().call_later(100ms, [cancelled_too] { cancelled_too.cancel(); });
  const std::string outcome = co_await outcome_of(cancelled_too);
  CHECK(outcome == "Cancelled(user)");  // the request from outside stands
  CHECK(both.timed_out);
  CHECK_FALSE(both.outer_reached);
  CHECK(cancelled_too.cancelling() == 1);
}

TEST_SUITE_END();
