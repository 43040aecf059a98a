// SPDX-License-Identifier: BSL-1.0
// Snippets of framework/asyncio.md: between "// [name]" and "// [/name]" stands what the guide shows.
#include "coroute/coroute.hpp"

#include "support/async_test.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::outcome_of;

namespace {

Async<std::string> slow_backend() {
  co_await sleep(10s);
  co_return "stock: 5";
}

// [timeout]
Async<std::string> stock_or_default() {
  std::string stock;
  try {
    stock = co_await timeout(2s, slow_backend());
  } catch (const TimeoutError&) {
    stock = "stock: unknown";
  }
  co_return stock;
}
// [/timeout]

// [timeout_block]
Async<int> read_while_it_is_busy(Queue<int>& numbers) {
  co_return co_await timeout(1s, [&](Timeout& limit) -> Async<int> {
    int sum = 0;
    while (const int number = co_await numbers.get()) {
      sum += number;
      limit.reschedule(EventLoop::current().time_after(1s));  // another second for the next one
    }
    co_return sum;
  });
}
// [/timeout_block]

// [deadline]
Async<std::string> answer_in_time() {
  // Bounds this task and every task created below, wherever it runs; clients pass on what is left.
  co_return co_await with_deadline(3s, [](std::string prefix) -> Async<std::string> {
    const auto both = co_await gather(timeout(5s, slow_backend()), slow_backend());
    co_return prefix + std::get<0>(both);
  }("answer: "));
}
// [/deadline]

// [retry]
struct Unavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

Async<int> flaky(int& calls) {
  co_await sleep(10ms);
  if (++calls < 3) throw Unavailable("503");
  co_return calls;
}

Async<int> patient(int& calls) {
  const auto policy = RetryOptions().attempts(5).backoff(100ms, 2.0, 2s).on<Unavailable>().within(10s);
  co_return co_await retry(policy, [&] { return timeout(1s, flaky(calls)); });
}
// [/retry]

}  // namespace

ASYNC_TEST_CASE("guide: a timeout bounds an await") {
  const auto began = EventLoop::current().time();
  const std::string stock = co_await stock_or_default();
  CHECK(stock == "stock: unknown");
  CHECK(EventLoop::current().time() - began == 2s);
}

ASYNC_TEST_CASE("guide: a timeout can be moved while it runs") {
  Queue<int> numbers;
  auto produce = [&]() -> Async<void> {
    for (int i = 3; i >= 0; --i) {
      co_await sleep(900ms);
      co_await numbers.put(i);
    }
  };
  const Task<void> producer = create_task(produce());
  const int sum = co_await read_while_it_is_busy(numbers);
  CHECK(sum == 6);
  co_await producer;
}

ASYNC_TEST_CASE("guide: a deadline bounds everything below") {
  const auto began = EventLoop::current().time();
  const std::string outcome = co_await outcome_of(answer_in_time());
  CHECK(outcome == "TimeoutError");
  CHECK(EventLoop::current().time() - began == 3s);
}

ASYNC_TEST_CASE("guide: retry repeats what failed") {
  int calls = 0;
  const int result = co_await patient(calls);
  CHECK(result == 3);
}
