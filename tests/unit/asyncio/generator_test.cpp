// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/generator.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/semaphore.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "support/async_test.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::outcome_of;

namespace {

AsyncGenerator<int> count_to(int end, std::string* log = nullptr) {
  if (log) *log += "begin ";
  for (int i = 0; i < end; ++i) {
    co_await sleep(1s);
    co_yield i;
  }
  if (log) *log += "end";
}

/// Says when it is destroyed.
struct Note {
  Note(std::string& log, std::string text) : log(log), text(std::move(text)) {}
  ~Note() { log += text; }
  Note(const Note&) = delete;
  Note& operator=(const Note&) = delete;
  std::string& log;
  std::string text;
};

AsyncGenerator<int> endless(std::string& log) {
  const Note note(log, "destroyed");
  for (int i = 0;; ++i)
    co_yield i;
}

/// Cleans up with an await when it is closed, as `try: ... finally: await ...` does.
AsyncGenerator<int> closing(std::string& log) {
  bool exit = false;
  for (int i = 0; !exit; ++i) {
    try {
      co_yield i;
    } catch (const GeneratorExit&) {
      exit = true;
    }
  }
  co_await sleep(5s);
  log += "closed";
}

AsyncGenerator<int> stubborn() {
  for (int i = 0;; ++i) {
    try {
      co_yield i;
    } catch (const GeneratorExit&) {
    }
  }
}

AsyncGenerator<int> failing_after(int good) {
  for (int i = 0; i < good; ++i)
    co_yield i;
  co_await sleep(1s);
  throw std::runtime_error("no more rows");
}

Async<int> add_up(AsyncGenerator<int> generator) {
  int sum = 0;
  while (auto item = co_await generator.next())
    sum += *item;
  co_return sum;
}

AsyncGenerator<int> doubled(AsyncGenerator<int> source) {
  while (auto item = co_await source.next())
    co_yield *item * 2;
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE(
    "generator: gives its values in order, then nothing, and may await in between (test_async_gen_asyncio_01)") {
  std::string log;
  AsyncGenerator<int> numbers = count_to(3, &log);
  CHECK(log.empty());  // lazy
  std::vector<int> seen;
  const auto began = EventLoop::current().time();
  while (auto number = co_await numbers.next())
    seen.push_back(*number);
  CHECK(seen == std::vector<int>{0, 1, 2});
  CHECK(EventLoop::current().time() - began == 3s);
  CHECK(log == "begin end");
  const std::optional<int> again = co_await numbers.next();
  CHECK_FALSE(again.has_value());
}

ASYNC_TEST_CASE("generator: one that yields nothing is empty at once") {
  AsyncGenerator<int> none = count_to(0);
  const std::optional<int> first = co_await none.next();
  CHECK_FALSE(first.has_value());
}

ASYNC_TEST_CASE("generator: an error of the body is thrown by next and ends it (test_async_gen_exception_05)") {
  AsyncGenerator<int> rows = failing_after(2);
  std::vector<int> seen;
  std::string error;
  try {
    while (auto row = co_await rows.next())
      seen.push_back(*row);
  } catch (const std::runtime_error& failure) {
    error = failure.what();
  }
  CHECK(seen == std::vector<int>{0, 1});
  CHECK(error == "no more rows");
  const std::optional<int> after = co_await rows.next();
  CHECK_FALSE(after.has_value());
}

ASYNC_TEST_CASE("generator: an error's async stack names the generator") {
  AsyncGenerator<int> rows = failing_after(0);
  std::vector<StackEntry> stack;
  try {
    co_await rows.next();
  } catch (const std::runtime_error&) {
    stack = exception_stack(std::current_exception());
  }
  REQUIRE(!stack.empty());
  CHECK(std::string(stack[0].function).find("failing_after") != std::string::npos);
}

ASYNC_TEST_CASE("generator: dropped early, its destructors run at once") {
  std::string log;
  {
    AsyncGenerator<int> numbers = endless(log);
    for (int i = 0; i < 3; ++i)
      co_await numbers.next();
    CHECK(log.empty());
  }
  CHECK(log == "destroyed");
}

TEST_CASE("generator: dropped before it began, nothing of it has run") {
  std::string log;
  {
    const AsyncGenerator<int> numbers = endless(log);
  }
  CHECK(log.empty());
}

ASYNC_TEST_CASE("generator: aclose lets it clean up with an await (test_async_gen_asyncio_aclose_06, _07)") {
  std::string log;
  AsyncGenerator<int> numbers = closing(log);
  co_await numbers.next();
  const auto began = EventLoop::current().time();
  co_await numbers.aclose();
  CHECK(log == "closed");
  CHECK(EventLoop::current().time() - began == 5s);
  const std::optional<int> after = co_await numbers.next();
  CHECK_FALSE(after.has_value());
}

ASYNC_TEST_CASE("generator: aclose runs destructors of a body that doesn't catch (test_async_gen_asyncio_aclose_08)") {
  std::string log;
  AsyncGenerator<int> numbers = endless(log);
  co_await numbers.next();
  co_await numbers.aclose();
  CHECK(log == "destroyed");
}

ASYNC_TEST_CASE(
    "generator: closing twice, or after the end, does nothing (test_async_gen_asyncio_aclose_twice, "
    "test_async_gen_aclose_after_exhaustion)") {
  std::string log;
  AsyncGenerator<int> numbers = closing(log);
  co_await numbers.next();
  co_await numbers.aclose();
  co_await numbers.aclose();
  CHECK(log == "closed");
  AsyncGenerator<int> exhausted = count_to(0);
  co_await exhausted.next();
  co_await exhausted.aclose();
}

ASYNC_TEST_CASE("generator: closed before it began, it never runs (test_async_gen_asyncio_aclose_10)") {
  std::string log;
  AsyncGenerator<int> numbers = count_to(3, &log);
  co_await numbers.aclose();
  const std::optional<int> first = co_await numbers.next();
  CHECK_FALSE(first.has_value());
  CHECK(log.empty());
}

ASYNC_TEST_CASE("generator: yielding while it is closed is a RuntimeError (test_async_gen_asyncio_aclose_11, _12)") {
  AsyncGenerator<int> numbers = stubborn();
  co_await numbers.next();
  const std::string outcome = co_await outcome_of(numbers.aclose());
  CHECK(outcome == "RuntimeError: the async generator ignored GeneratorExit: it yielded while it was being closed");
}

ASYNC_TEST_CASE(
    "generator: athrow raises at the yield; what the body makes of it comes back (test_async_gen_asyncio_athrow_01)") {
  auto retrying = []() -> AsyncGenerator<std::string> {
    std::string next = "first";
    while (true) {
      try {
        co_yield next;
        next = "second";
      } catch (const std::runtime_error& error) {
        next = std::string("caught ") + error.what();
      }
    }
  };
  AsyncGenerator<std::string> words = retrying();
  co_await words.next();
  const std::optional<std::string> word = co_await words.athrow(std::make_exception_ptr(std::runtime_error("x")));
  CHECK(word == "caught x");
  AsyncGenerator<int> plain = count_to(3);
  co_await plain.next();
  const std::string outcome = co_await outcome_of(plain.athrow(std::make_exception_ptr(std::runtime_error("y"))));
  CHECK(outcome == "error: y");
  AsyncGenerator<int> unstarted = count_to(3);
  const std::string early = co_await outcome_of(unstarted.athrow(std::make_exception_ptr(std::runtime_error("z"))));
  CHECK(early == "error: z");
  const std::optional<int> after = co_await unstarted.next();
  CHECK_FALSE(after.has_value());
}

ASYNC_TEST_CASE(
    "generator: a second next while one is in progress is a RuntimeError (test_async_gen_asyncio_anext_tuple)") {
  AsyncGenerator<int> numbers = count_to(2);
  auto take = [](AsyncGenerator<int>& from) -> Async<int> {
    const std::optional<int> value = co_await from.next();
    co_return value.value_or(-1);
  };
  Task<int> first = create_task(take(numbers));
  Task<int> second = create_task(take(numbers));
  const std::string outcome = co_await outcome_of(second);
  CHECK(outcome == "RuntimeError: the async generator is running already: another next() is in progress");
  const int value = co_await first;
  CHECK(value == 0);
  const std::optional<int> next = co_await numbers.next();
  CHECK(next == 1);
}

TEST_CASE("generator: a moved-from one refuses next") {
  AsyncGenerator<int> numbers = count_to(1);
  const AsyncGenerator<int> taken = std::move(numbers);
  CHECK_THROWS_AS((void)numbers.next(), RuntimeError);
}

ASYNC_TEST_CASE(
    "generator: a cancellation reaches the await inside, and next throws it (test_async_gen_asyncio_shutdown)") {
  std::string log;
  auto guarded = [](std::string& into) -> AsyncGenerator<int> {
    const Note note(into, "cleaned up");
    co_yield 1;
    co_await sleep(1h);
    co_yield 2;
  };
  auto consume = [&]() -> Async<void> {
    AsyncGenerator<int> numbers = guarded(log);
    while (auto number = co_await numbers.next()) {
    }
  };
  Task<void> task = create_task(consume());
  co_await sleep(1s);
  task.cancel();
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "Cancelled(user)");
  CHECK(log == "cleaned up");
}

ASYNC_TEST_CASE("generator: one that catches the cancellation goes on") {
  auto patient = []() -> AsyncGenerator<int> {
    bool cancelled = false;
    try {
      co_await sleep(1h);
    } catch (const Cancelled&) {
      cancelled = true;
    }
    co_yield cancelled ? 1 : 0;
    co_yield 2;
  };
  auto consume = [&]() -> Async<int> { co_return co_await add_up(patient()); };
  Task<int> task = create_task(consume());
  co_await sleep(1s);
  task.cancel();
  const int sum = co_await task;
  CHECK(sum == 3);
}

ASYNC_TEST_CASE("generator: a timeout around next ends the await inside") {
  AsyncGenerator<int> numbers = count_to(2);
  const std::string outcome = co_await outcome_of(timeout(500ms, numbers.next()));
  CHECK(outcome == "TimeoutError");
  const std::optional<int> after = co_await numbers.next();
  CHECK_FALSE(after.has_value());
}

ASYNC_TEST_CASE("generator: generators nest, and errors pass through all of them") {
  const int sum = co_await add_up(doubled(doubled(count_to(4))));
  CHECK(sum == 24);
  const std::string outcome = co_await outcome_of(add_up(doubled(failing_after(2))));
  CHECK(outcome == "error: no more rows");
}

ASYNC_TEST_CASE("generator: may be consumed by one task after another (test_asyncgen_switch)") {
  AsyncGenerator<int> numbers = count_to(4);
  auto take = [](AsyncGenerator<int>& from) -> Async<int> {
    const std::optional<int> value = co_await from.next();
    co_return *value;
  };
  std::vector<int> seen;
  for (int i = 0; i < 4; ++i) {
    Task<int> task = create_task(take(numbers));
    const int value = co_await task;
    seen.push_back(value);
  }
  CHECK(seen == std::vector<int>{0, 1, 2, 3});
}

ASYNC_TEST_CASE("generator: moves its values, which need not be copyable") {
  auto boxes = []() -> AsyncGenerator<std::unique_ptr<int>> {
    for (int i = 0; i < 3; ++i)
      co_yield std::make_unique<int>(i);
  };
  std::vector<std::unique_ptr<int>> all = co_await collect(boxes());
  REQUIRE(all.size() == 3);
  CHECK(*all[2] == 2);
}

ASYNC_TEST_CASE("generator: a yielded variable is copied and stays the body's") {
  auto growing = []() -> AsyncGenerator<std::string> {
    std::string word;
    for (int i = 0; i < 3; ++i) {
      word += 'x';
      co_yield word;
    }
  };
  const std::vector<std::string> words = co_await collect(growing());
  CHECK(words == std::vector<std::string>{"x", "xx", "xxx"});
}

ASYNC_TEST_CASE(
    "generator: dropped by another task while next is in progress, its frame lives until that next is over") {
  auto slow = [](std::string& log) -> AsyncGenerator<int> {
    const Note note(log, "destroyed");
    co_await sleep(1s);
    co_yield 1;
    co_yield 2;
  };
  std::string log;
  auto numbers = std::make_unique<AsyncGenerator<int>>(slow(log));
  auto take = [](AsyncGenerator<int>& from) -> Async<int> {
    const std::optional<int> value = co_await from.next();
    co_return *value;
  };
  Task<int> task = create_task(take(*numbers));
  co_await sleep(500ms);
  numbers.reset();
  CHECK(log.empty());
  const int value = co_await task;
  CHECK(value == 1);
  CHECK(log == "destroyed");
}

ASYNC_TEST_CASE("generator: a million values take no stack") {
  auto many = []() -> AsyncGenerator<int> {
    for (int i = 0; i < 1'000'000; ++i)
      co_yield 1;
  };
  const int sum = co_await add_up(many());
  CHECK(sum == 1'000'000);
}

ASYNC_TEST_CASE("generator: producer and consumer take turns, one value at a time") {
  std::string log;
  auto produce = [](std::string& into) -> AsyncGenerator<int> {
    for (int i = 0; i < 3; ++i) {
      into += "p" + std::to_string(i) + " ";
      co_yield i;
    }
  };
  AsyncGenerator<int> numbers = produce(log);
  while (auto number = co_await numbers.next())
    log += "c" + std::to_string(*number) + " ";
  CHECK(log == "p0 c0 p1 c1 p2 c2 ");
}

TEST_SUITE_END();
