// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/wait.hpp"

#include <list>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "coroute/asyncio/deadline.hpp"
#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/semaphore.hpp"
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

/// Tasks by name; those are what the tests compare.
template <class Handle>
std::string names_of(const std::vector<Handle>& tasks) {
  std::string names;
  for (const AnyTask& task : tasks)
    names += (names.empty() ? "" : " ") + task.name();
  return names;
}

template <class Handle>
std::string text_of(const WaitResult<Handle>& result) {
  return "done: " + names_of(result.done) + "; pending: " + names_of(result.pending);
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE("wait: for all of them (test_wait, test_wait_with_iterator_of_tasks)") {
  const auto began = now();
  std::list<Task<int>> tasks;
  tasks.push_back(create_task(give_after(1s, 1), "a"));
  tasks.push_back(create_task(give_after(3s, 2), "b"));
  const WaitResult<Task<int>> result = co_await wait(tasks);
  CHECK(text_of(result) == "done: a b; pending: ");
  CHECK(result.done[1].result() == 2);
  CHECK(now() - began == 3s);
}

ASYNC_TEST_CASE("wait: the same task twice is in the result once (test_wait_duplicate_coroutines)") {
  Task<int> a = create_task(give_after(1s, 1), "a");
  Task<int> b = create_task(give_after(1s, 2), "b");
  const auto result = co_await wait(list_of<Task<int>>(b, a, b, a));
  CHECK(text_of(result) == "done: b a; pending: ");
}

ASYNC_TEST_CASE("wait: for nothing is refused, and for the task that waits (test_wait_errors)") {
  const std::string empty = co_await outcome_of(wait(std::vector<Task<int>>{}));
  CHECK(empty == "error: wait: there is no task to wait for");
  const std::string self = co_await outcome_of(wait(list_of<AnyTask>(*current_task())));
  CHECK(self == "RuntimeError: task 'main' cannot await itself");
}

ASYNC_TEST_CASE("wait: until the first has ended (test_wait_first_completed)") {
  const auto began = now();
  std::vector<Task<int>> tasks{create_task(give_after(10s, 1), "a"), create_task(give_after(100ms, 2), "b")};
  const auto result = co_await wait(tasks, ReturnWhen::FirstCompleted);
  CHECK(text_of(result) == "done: b; pending: a");
  CHECK(now() - began == 100ms);
  CHECK_FALSE(tasks[0].done());
  co_await wait(tasks);
  CHECK(now() - began == 10s);
}

ASYNC_TEST_CASE("wait: what ends in the same step is done too (test_wait_really_done)") {
  Semaphore gate(0);
  auto pass = [&gate]() -> Async<void> { const Permit permit = co_await gate.acquire(); };
  std::vector<Task<void>> tasks{create_task(pass(), "a"), create_task(pass(), "b"), create_task(pass(), "c")};
  EventLoop::current().call_later(1s, [&gate] {
    gate.release();
    gate.release();
  });
  const auto result = co_await wait(tasks, ReturnWhen::FirstCompleted);
  CHECK(text_of(result) == "done: a b c; pending: ");  // c got the permit that a gave back
}

ASYNC_TEST_CASE("wait: what has ended before counts, without suspending") {
  Task<int> done = create_task(give_after(0s, 1), "done");
  co_await done;
  bool other_ran = false;
  EventLoop::current().call_soon([&other_ran] { other_ran = true; });
  std::vector<Task<int>> tasks{create_task(give_after(10s, 1), "a"), done};
  const auto first = co_await wait(tasks, ReturnWhen::FirstCompleted);
  CHECK(text_of(first) == "done: done; pending: a");
  const auto all = co_await wait(list_of<Task<int>>(done));
  CHECK(text_of(all) == "done: done; pending: ");
  CHECK_FALSE(other_ran);
  co_await sleep(0s);
  CHECK(other_ran);
}

ASYNC_TEST_CASE("wait: a loop over what has ended gives way to others now and then (fairness)") {
  std::vector<Task<int>> tasks{create_task(give_after(0s, 1))};
  co_await tasks[0];
  bool other_ran = false;
  EventLoop::current().call_soon([&other_ran] { other_ran = true; });
  int rounds = 0;
  while (!other_ran && rounds < 100'000) {
    co_await wait(tasks);
    ++rounds;
  }
  CHECK(other_ran);
  CHECK(rounds > 1);
}

ASYNC_TEST_CASE("wait: until the first has failed (test_wait_first_exception)") {
  const auto began = now();
  std::vector<Task<int>> tasks{create_task(give_after(10s, 1), "a"), create_task(fail_after(2s, "crash"), "b"),
                               create_task(give_after(1s, 1), "c")};
  const auto result = co_await wait(tasks, ReturnWhen::FirstException);
  CHECK(text_of(result) == "done: b c; pending: a");
  CHECK(now() - began == 2s);
}

ASYNC_TEST_CASE("wait: a task that has failed before counts (test_wait_first_exception_in_wait)") {
  Task<int> failed = create_task(fail_after(0s, "crash"), "failed");
  co_await outcome_of(failed);
  const auto result =
      co_await wait(list_of<Task<int>>(create_task(give_after(10s, 1), "a"), failed), ReturnWhen::FirstException);
  CHECK(text_of(result) == "done: failed; pending: a");
}

ASYNC_TEST_CASE("wait: one that was cancelled counts as ended, not as failed") {
  Task<int> cancelled = create_task(give_after(10s, 1), "cancelled");
  Task<int> other = create_task(give_after(5s, 1), "other");
  EventLoop::current().call_later(1s, [cancelled] { cancelled.cancel(); });
  const std::vector<Task<int>> tasks{cancelled, other};
  const auto first = co_await wait(tasks, ReturnWhen::FirstCompleted);
  CHECK(text_of(first) == "done: cancelled; pending: other");
  const auto began = now();
  const auto all = co_await wait(tasks, ReturnWhen::FirstException);
  CHECK(text_of(all) == "done: cancelled other; pending: ");
  CHECK(now() - began == 4s);
}

ASYNC_TEST_CASE("wait: without a failure FirstException waits for all") {
  const auto began = now();
  std::vector<Task<int>> tasks{create_task(give_after(1s, 1), "a"), create_task(give_after(2s, 1), "b")};
  const auto result = co_await wait(tasks, ReturnWhen::FirstException);
  CHECK(text_of(result) == "done: a b; pending: ");
  CHECK(now() - began == 2s);
}

ASYNC_TEST_CASE("wait: throws no error of a task (test_wait_with_exception)") {
  std::vector<Task<int>> tasks{create_task(give_after(1s, 1), "a"), create_task(fail_after(2s, "crash"), "b")};
  const auto result = co_await wait(tasks);
  CHECK(text_of(result) == "done: a b; pending: ");
  const std::string outcome = co_await outcome_of(result.done[1]);
  CHECK(outcome == "error: crash");
}

ASYNC_TEST_CASE("wait: an error that nobody looked at is reported") {
  int reported = 0;
  set_exception_handler([&reported](const ExceptionContext&) { ++reported; });
  {
    std::vector<Task<int>> tasks{create_task(fail_after(1s, "crash"))};
    co_await wait(tasks);
  }
  set_exception_handler({});
  CHECK(reported == 1);
}

ASYNC_TEST_CASE("wait: at the timeout the others are pending and run on (test_wait_with_timeout)") {
  const auto began = now();
  std::vector<Task<int>> tasks{create_task(give_after(1s, 1), "a"), create_task(give_after(10s, 2), "b")};
  const auto early = co_await wait(tasks, 500ms);
  CHECK(text_of(early) == "done: ; pending: a b");
  const auto late = co_await wait(tasks, ReturnWhen::AllCompleted, 1s);
  CHECK(text_of(late) == "done: a; pending: b");
  CHECK(now() - began == 1500ms);
  CHECK(tasks[1].cancelling() == 0);
  const auto in_time = co_await wait(tasks, 1h);
  CHECK(text_of(in_time) == "done: a b; pending: ");
  CHECK(now() - began == 10s);
}

ASYNC_TEST_CASE("wait: with a timeout of zero or less gives others a turn") {
  for (const Clock::duration limit : {Clock::duration(0s), Clock::duration(-1s)}) {
    bool other_ran = false;
    EventLoop::current().call_soon([&other_ran] { other_ran = true; });
    const auto result = co_await wait(list_of<Task<int>>(create_task(give_after(1s, 1), "a")), limit);
    CHECK(text_of(result) == "done: ; pending: a");
    CHECK(other_ran);
  }
}

ASYNC_TEST_CASE("wait: an end in the moment of the timeout counts (test_wait_concurrent_complete)") {
  std::vector<Task<int>> tasks{create_task(give_after(1s, 1), "a"), create_task(give_after(2s, 1), "b")};
  co_await sleep(0s);
  const auto result = co_await wait(tasks, 1s);
  CHECK(text_of(result) == "done: a; pending: b");
}

ASYNC_TEST_CASE("wait: a cancelled wait leaves the tasks alone (test_yield_wait_does_not_shield_cancel, ours)") {
  std::vector<Task<int>> tasks{create_task(give_after(10s, 1)), create_task(give_after(10s, 2))};
  auto body = [&]() -> Async<void> { co_await wait(tasks, 1h); };
  Task<void> waiting = create_task(body());
  co_await sleep(1s);
  waiting.cancel(CancelReason::Overload);
  const std::string outcome = co_await outcome_of(waiting);
  CHECK(outcome == "Cancelled(overload)");
  CHECK(tasks[0].cancelling() == 0);
  auto results = co_await gather(tasks);
  CHECK(results == std::vector<int>{1, 2});
}

ASYNC_TEST_CASE("wait: cancelled in the step in which it ended, it gives its result and the next await throws") {
  std::vector<std::string> log;
  Semaphore gate(0);
  auto pass = [&gate]() -> Async<void> { const Permit permit = co_await gate.acquire(); };
  std::vector<Task<void>> tasks{create_task(pass(), "a")};
  auto body = [&]() -> Async<void> {
    const auto result = co_await wait(tasks);
    log.push_back(text_of(result));
    log.push_back(co_await outcome_of(sleep(1s)));
  };
  Task<void> waiting = create_task(body());
  co_await sleep(1s);
  gate.release();
  co_await sleep(0s);
  CHECK(tasks[0].done());
  CHECK_FALSE(waiting.done());
  waiting.cancel();
  co_await waiting;
  CHECK(log == std::vector<std::string>{"done: a; pending: ", "Cancelled(user)"});
}

ASYNC_TEST_CASE("wait: a cancellation that was pending is thrown") {
  std::vector<Task<int>> tasks{create_task(give_after(1s, 1))};
  auto body = [&]() -> Async<void> {
    current_task()->cancel();
    co_await wait(tasks);
  };
  const std::string outcome = co_await outcome_of(create_task(body()));
  CHECK(outcome == "Cancelled(user)");
  CHECK(tasks[0].cancelling() == 0);
}

ASYNC_TEST_CASE("wait: for tasks of several types") {
  Task<int> number = create_task(give_after(1s, 1), "number");
  Task<void> nothing = create_task([]() -> Async<void> { co_await sleep(2s); }(), "nothing");
  const WaitResult<AnyTask> result = co_await wait(list_of<AnyTask>(number, nothing), ReturnWhen::FirstCompleted);
  CHECK(text_of(result) == "done: number; pending: nothing");
}

ASYNC_TEST_CASE("wait: several at once for the same tasks; waiting again and again for one that goes on") {
  Task<int> lasting = create_task(give_after(1h, 1), "lasting");
  for (int i = 0; i < 1'000; ++i) {
    Task<int> quick = create_task(give_after(1s, i), "quick");
    const auto result = co_await wait(list_of<Task<int>>(lasting, quick), ReturnWhen::FirstCompleted);
    if (text_of(result) != "done: quick; pending: lasting") FAIL_CHECK(text_of(result));
  }
  std::vector<int> log;
  auto wait_for_it = [&](int number) -> Async<void> {
    co_await wait(list_of<Task<int>>(lasting));
    log.push_back(number);
  };
  std::vector<Task<void>> waiting;
  for (int i = 0; i < 5; ++i)
    waiting.push_back(create_task(wait_for_it(i)));
  co_await wait(waiting);
  CHECK(log == std::vector<int>{0, 1, 2, 3, 4});
}

ASYNC_TEST_CASE("wait: under a timeout, TimeoutError, and the tasks run on") {
  std::vector<Task<int>> tasks{create_task(give_after(10s, 1))};
  const std::string outcome = co_await outcome_of(timeout(1s, wait(tasks)));
  CHECK(outcome == "TimeoutError");
  CHECK_FALSE(tasks[0].done());
}

TEST_CASE("wait: for tasks of another loop, which a cancelled wait leaves alone") {
  EventLoop other;
  std::thread thread([&other] {
    other.run();
    other.cancel_all_tasks();
  });
  Task<int> remote = create_task_on(other, give_after(1ms, 5), "remote");
  Task<int> failing = create_task_on(other, fail_after(1ms, "crash"), "failing");
  Task<int> endless = create_task_on(other, give_after(1h, 6), "endless");
  auto main = [&]() -> Async<void> {
    const auto first = co_await wait(list_of<Task<int>>(endless, remote), ReturnWhen::FirstCompleted);
    CHECK(text_of(first) == "done: remote; pending: endless");
    const auto failed = co_await wait(list_of<Task<int>>(endless, failing), ReturnWhen::FirstException);
    CHECK(text_of(failed) == "done: failing; pending: endless");
    auto body = [&]() -> Async<void> { co_await wait(list_of<Task<int>>(endless)); };
    Task<void> waiting = create_task(body());
    co_await sleep(1ms);
    waiting.cancel();
    const std::string outcome = co_await outcome_of(waiting);
    CHECK(outcome == "Cancelled(user)");
    co_await sleep(1ms);
    CHECK(EventLoop::current().task_count() == 1);  // nothing is left behind here
  };
  run(main());
  CHECK_FALSE(endless.done());
  other.stop();
  thread.join();
  CHECK(endless.cancelled());
}

TEST_CASE("wait: for tasks of another loop, also when one's own deadline has passed") {
  EventLoop other;
  std::thread thread([&other] {
    other.run();
    other.cancel_all_tasks();
  });
  Task<int> remote = create_task_on(other, give_after(50ms, 5), "remote");
  auto wait_in_cleanup = [&]() -> Async<std::string> {
    try {
      co_await sleep(1h);
    } catch (const Cancelled&) {
    }
    const auto result = co_await wait(list_of<Task<int>>(remote));
    co_return text_of(result);
  };
  auto main = [&]() -> Async<void> {
    std::string seen;
    auto body = [&]() -> Async<void> { seen = co_await wait_in_cleanup(); };
    co_await outcome_of(with_deadline(1ms, body()));
    CHECK(seen == "done: remote; pending: ");
  };
  run(main());
  CHECK(remote.done());
  other.stop();
  thread.join();
}

TEST_SUITE_END();
