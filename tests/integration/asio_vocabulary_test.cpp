// SPDX-License-Identifier: BSL-1.0
// The vocabulary over plain Asio operations: each has an Asio timer as its innermost wait, and cancels it.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "coroute/asio.hpp"
#include "coroute/coroute.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::outcome_of;

namespace {

/// Waits in Asio, and notes how that ended.
Async<int> asio_wait(Clock::duration delay, std::string& log, int value = 1) {
  AsioTimer timer(asio_context());
  timer.expires_after(delay);
  const std::string outcome = co_await outcome_of(timer.async_wait());
  log += outcome + " ";
  if (outcome != "returned") throw Cancelled();
  co_return value;
}

Async<int> asio_fail(Clock::duration delay) {
  AsioTimer timer(asio_context());
  timer.expires_after(delay);
  co_await timer.async_wait();
  throw std::runtime_error("failed after Asio");
}

}  // namespace

TEST_SUITE_BEGIN("asio vocabulary");

TEST_CASE("asio vocabulary: a failing child of a task group cancels the Asio wait of its sibling") {
  std::string log;
  auto main = [&]() -> Async<std::string> {
    co_return co_await outcome_of(task_group([&](TaskGroup& group) -> Async<void> {
      group.create_task(asio_wait(1h, log));
      group.create_task(asio_fail(1ms));
      co_return;
    }));
  };
  const std::string outcome = run(main());
  CHECK(outcome.find("failed after Asio") != std::string::npos);
  CHECK(log == "Cancelled(user) ");
}

TEST_CASE("asio vocabulary: gather, gather_settled and race cancel the Asio waits that have lost") {
  std::string log;
  auto main = [&]() -> Async<std::string> {
    std::string outcomes = co_await outcome_of(gather(asio_wait(1h, log), asio_fail(1ms)));
    const auto settled = co_await gather_settled(asio_wait(1ms, log), asio_fail(1ms));
    outcomes += std::get<0>(settled).has_value() && !std::get<1>(settled).has_value() ? ", settled" : ", wrong";
    const auto winner = co_await race(asio_wait(1h, log), asio_wait(1ms, log));
    outcomes += ", " + std::to_string(winner.index());
    co_return outcomes;
  };
  CHECK(run(main()) == "error: failed after Asio, settled, 1");
  CHECK(log == "Cancelled(user) returned returned Cancelled(user) ");
}

TEST_CASE("asio vocabulary: timeout, wait_for and with_deadline end Asio waits") {
  std::string log;
  auto main = [&]() -> Async<std::string> {
    std::string outcomes = co_await outcome_of(timeout(1ms, asio_wait(1h, log)));
    outcomes += " " + co_await outcome_of(wait_for(asio_wait(1h, log), 1ms));
    outcomes += " " + co_await outcome_of(with_deadline(1ms, gather(asio_wait(1h, log), asio_wait(1h, log))));
    co_return outcomes;
  };
  CHECK(run(main()) == "TimeoutError TimeoutError TimeoutError");
  CHECK(log == "Cancelled(deadline) Cancelled(deadline) Cancelled(deadline) Cancelled(deadline) ");
}

TEST_CASE("asio vocabulary: wait and as_completed follow tasks that wait in Asio") {
  std::string log;
  auto main = [&]() -> Async<int> {
    std::vector<Task<int>> tasks;
    tasks.push_back(create_task(asio_wait(1h, log, 1)));
    tasks.push_back(create_task(asio_wait(1ms, log, 2)));
    const auto first = co_await wait(tasks, ReturnWhen::FirstCompleted);
    CHECK(first.done.size() == 1);
    CHECK(first.pending.size() == 1);
    auto finished = as_completed(tasks);
    const auto next = co_await finished.next();
    const int value = co_await *next;
    tasks[0].cancel();
    co_await outcome_of(tasks[0]);
    co_return value;
  };
  CHECK(run(main()) == 2);
  CHECK(log == "returned Cancelled(user) ");
}

TEST_CASE("asio vocabulary: shield and shielded keep a cancellation from an Asio wait") {
  std::string log;
  auto main = [&]() -> Async<std::string> {
    const Task<int> inner = create_task(asio_wait(5ms, log));
    auto shielding = [](Task<int> task) -> Async<void> { co_await shield(task); };
    const Task<void> outer = create_task(shielding(inner));
    co_await sleep(0s);
    outer.cancel();
    std::string outcomes = co_await outcome_of(outer);
    co_await inner;
    auto cleaning = [](std::string& into) -> Async<void> { co_await shielded(asio_wait(5ms, into)); };
    const Task<void> cleanup = create_task(cleaning(log));
    co_await sleep(0s);
    cleanup.cancel();
    outcomes += " " + co_await outcome_of(cleanup);
    co_return outcomes;
  };
  const std::string outcomes = run(main());
  CHECK(outcomes.starts_with("Cancelled(user) "));
  CHECK(log == "returned returned ");
}

TEST_CASE("asio vocabulary: generators, queues, retry and context variables work over Asio waits") {
  static const ContextVar<std::string> who{"who"};
  std::string log;
  auto ticks = [](std::string& into) -> AsyncGenerator<int> {
    for (int i = 0; i < 3; ++i) {
      co_await asio_wait(1ms, into, i);
      co_yield i;
    }
  };
  auto produce = [&](Queue<std::string>& queue) -> Async<void> {
    who.set("producer");
    auto source = ticks(log);
    while (auto tick = co_await source.next())
      co_await queue.put(who.get() + std::to_string(*tick));
    queue.shutdown();
  };
  auto main = [&]() -> Async<std::string> {
    Queue<std::string> queue(1);
    const Task<void> producer = create_task(produce(queue));
    std::string all;
    try {
      while (true)
        all += co_await queue.get() + " ";
    } catch (const QueueShutDown&) {
    }
    co_await producer;
    const auto policy = RetryOptions().attempts(3).backoff(1ms).jitter(Jitter::None);
    int calls = 0;
    auto flaky = [&calls]() -> Async<int> {
      if (++calls < 3) co_await asio_fail(1ms);
      co_return calls;
    };
    const int result = co_await retry(policy, flaky);
    co_return all + std::to_string(result);
  };
  CHECK(run(main()) == "producer0 producer1 producer2 3");
}

TEST_SUITE_END();
