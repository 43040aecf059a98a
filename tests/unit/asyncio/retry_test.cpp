// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/retry.hpp"

#include <functional>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "coroute/asyncio/deadline.hpp"
#include "coroute/asyncio/errors.hpp"
#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "support/async_test.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::outcome_of;

namespace {

struct Busy : std::runtime_error {
  explicit Busy(int code) : std::runtime_error("busy " + std::to_string(code)), code(code) {}
  int code;
};

/// Fails a number of times, then gives 42; notes when it was called.
class Flaky {
 public:
  explicit Flaky(int failures) : failures_(failures) {}

  Async<int> call() {
    calls_.push_back(EventLoop::current().time() - began_);
    const int number = static_cast<int>(calls_.size());
    if (number <= failures_) throw Busy(number);
    co_return 42;
  }
  auto attempts() {
    return [this] { return call(); };
  }
  std::size_t calls() const { return calls_.size(); }
  /// Time from each call to the next.
  std::vector<Clock::duration> pauses() const {
    std::vector<Clock::duration> pauses;
    for (std::size_t i = 1; i < calls_.size(); ++i)
      pauses.push_back(calls_[i] - calls_[i - 1]);
    return pauses;
  }

 private:
  int failures_;
  Clock::time_point began_ = EventLoop::current().time();
  std::vector<Clock::duration> calls_;
};

using Durations = std::vector<Clock::duration>;

RetryOptions exact() {
  return RetryOptions().jitter(Jitter::None);
}

Async<Durations> random_pauses(Jitter jitter, std::uint64_t seed) {
  Flaky flaky(10);
  const int result =
      co_await retry(RetryOptions().attempts(11).backoff(100ms, 2.0, 1s).jitter(jitter).seed(seed), flaky.attempts());
  CHECK(result == 42);
  co_return flaky.pauses();
}

struct Fetcher {
  int attempts = 0;
  std::vector<const void*> seen;
};

/// Needs its argument until the end, and spoils the copy that it was given.
Async<std::string> fetch(Fetcher& fetcher, std::string&& name, const std::string& suffix) {
  fetcher.seen.push_back(&suffix);
  co_await sleep(1ms);
  if (++fetcher.attempts < 3) {
    name = "spoilt";
    throw Busy(fetcher.attempts);
  }
  co_return name + suffix;
}

}  // namespace

TEST_SUITE_BEGIN("asyncio");

ASYNC_TEST_CASE("retry: success at once is not repeated and costs no time") {
  Flaky flaky(0);
  const auto began = EventLoop::current().time();
  const int result = co_await retry(RetryOptions(), flaky.attempts());
  CHECK(result == 42);
  CHECK(flaky.calls() == 1);
  CHECK(EventLoop::current().time() == began);
}

ASYNC_TEST_CASE("retry: makes three attempts by default, the first one included, then throws the last error") {
  Flaky heals(2);
  const int result = co_await retry(exact(), heals.attempts());
  CHECK(result == 42);
  CHECK(heals.pauses() == Durations{100ms, 200ms});
  Flaky stays_ill(3);
  const std::string outcome = co_await outcome_of(retry(exact(), stays_ill.attempts()));
  CHECK(outcome == "error: busy 3");
  CHECK(stays_ill.calls() == 3);
  Flaky once(1);
  const std::string single = co_await outcome_of(retry(exact().attempts(1), once.attempts()));
  CHECK(single == "error: busy 1");
  CHECK(once.calls() == 1);
}

ASYNC_TEST_CASE("retry: pauses grow by the factor up to the cap") {
  Flaky flaky(7);
  const int result = co_await retry(exact().attempts(8).backoff(10ms, 3.0, 500ms), flaky.attempts());
  CHECK(result == 42);
  CHECK(flaky.pauses() == Durations{10ms, 30ms, 90ms, 270ms, 500ms, 500ms, 500ms});
  Flaky steady(3);
  co_await retry(exact().attempts(4).backoff(1s, 1.0), steady.attempts());
  CHECK(steady.pauses() == Durations{1s, 1s, 1s});
}

ASYNC_TEST_CASE("retry: pauses neither overflow nor lose their cap after many attempts") {
  Flaky flaky(2'000);
  co_await retry(exact().attempts(RetryOptions::unlimited).backoff(1ns, 10.0, 1h), flaky.attempts());
  CHECK(flaky.calls() == 2'001);
  CHECK(flaky.pauses().back() == 1h);
  Flaky at_the_end_of_time(1);
  const auto longest = Clock::duration::max();
  const std::string outcome =
      co_await outcome_of(timeout(1h, retry(exact().backoff(longest, 2.0, longest), at_the_end_of_time.attempts())));
  CHECK(outcome == "TimeoutError");
}

ASYNC_TEST_CASE("retry: without a pause others get a turn between the attempts") {
  bool healed = false;
  EventLoop::current().call_soon([&] { healed = true; });
  int calls = 0;
  auto attempt = [&]() -> Async<void> {
    ++calls;
    if (!healed) throw Busy(calls);
    co_return;
  };
  co_await retry(RetryOptions().attempts(RetryOptions::unlimited).backoff(0s), attempt);
  CHECK(calls == 2);
}

ASYNC_TEST_CASE("retry: full jitter takes anything up to the pause, equal jitter the upper half of it") {
  const Durations nominal{100ms, 200ms, 400ms, 800ms, 1s, 1s, 1s, 1s, 1s, 1s};
  double full_sum = 0;
  double equal_sum = 0;
  int differing = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const Durations full = co_await random_pauses(Jitter::Full, seed);
    const Durations equal = co_await random_pauses(Jitter::Equal, seed);
    const Durations again = co_await random_pauses(Jitter::Full, seed);
    CHECK(full == again);
    int out_of_bounds = 0;
    for (std::size_t i = 0; i < nominal.size(); ++i) {
      if (full[i] < 0s || full[i] > nominal[i]) ++out_of_bounds;
      if (equal[i] < nominal[i] / 2 || equal[i] > nominal[i]) ++out_of_bounds;
      full_sum += std::chrono::duration<double>(full[i]) / nominal[i];
      equal_sum += std::chrono::duration<double>(equal[i]) / nominal[i];
    }
    CHECK(out_of_bounds == 0);
    const Durations other = co_await random_pauses(Jitter::Full, seed + 1);
    differing += full != other ? 1 : 0;
  }
  CHECK(full_sum / 1'000 == doctest::Approx(0.5).epsilon(0.1));
  CHECK(equal_sum / 1'000 == doctest::Approx(0.75).epsilon(0.1));
  CHECK(differing == 100);
}

ASYNC_TEST_CASE("retry: without a seed two calls don't pause alike") {
  Flaky first(10);
  Flaky second(10);
  const auto options = RetryOptions().attempts(11);
  co_await retry(options, first.attempts());
  co_await retry(options, second.attempts());
  CHECK(first.pauses() != second.pauses());
}

ASYNC_TEST_CASE("retry: by default every std::exception is retried, and nothing else") {
  int calls = 0;
  auto throws_number = [&]() -> Async<void> {
    ++calls;
    throw 7;
    co_return;
  };
  int caught = 0;
  try {
    co_await retry(exact(), throws_number);
  } catch (int number) {
    caught = number;
  }
  CHECK(caught == 7);
  CHECK(calls == 1);
  int limits = 0;
  auto slow = [&] {
    ++limits;
    return timeout(1s, sleep(1h));
  };
  const auto began = EventLoop::current().time();
  const std::string outcome = co_await outcome_of(retry(exact(), slow));
  CHECK(outcome == "TimeoutError");  // of the attempt itself
  CHECK(limits == 3);
  CHECK(EventLoop::current().time() - began == 3'300ms);
}

ASYNC_TEST_CASE("retry: only the errors that were named are retried") {
  int calls = 0;
  auto fail_with = [&](auto error) {
    calls = 0;
    return [&calls, error]() -> Async<void> {
      ++calls;
      throw error;
      co_return;
    };
  };
  const auto options = exact().on<Busy>().on<std::system_error>();
  auto busy = fail_with(Busy(1));
  co_await outcome_of(retry(options, busy));
  CHECK(calls == 3);
  auto system_error = fail_with(std::system_error(std::make_error_code(std::errc::connection_refused)));
  co_await outcome_of(retry(options, system_error));
  CHECK(calls == 3);
  auto other = fail_with(std::invalid_argument("no"));
  const std::string outcome = co_await outcome_of(retry(options, other));
  CHECK(outcome == "error: no");
  CHECK(calls == 1);
  const auto by_code = exact().on<Busy>([](const Busy& error) { return error.code == 503; });
  auto retryable = fail_with(Busy(503));
  co_await outcome_of(retry(by_code, retryable));
  CHECK(calls == 3);
  auto final = fail_with(Busy(500));
  co_await outcome_of(retry(by_code, final));
  CHECK(calls == 1);
  auto number = fail_with(7);
  const auto anything = exact().on([](const std::exception_ptr&) { return true; });
  try {
    co_await retry(anything, number);
  } catch (int) {
  }
  CHECK(calls == 3);
}

ASYNC_TEST_CASE("retry: adding to a copy of the options leaves the original alone") {
  const RetryOptions original = exact().on<Busy>();
  RetryOptions more = original;
  more.on<std::exception>();
  int calls = 0;
  auto attempt = [&]() -> Async<void> {
    ++calls;
    throw std::runtime_error("other");
    co_return;
  };
  co_await outcome_of(retry(original, attempt));
  CHECK(calls == 1);
  co_await outcome_of(retry(more, attempt));
  CHECK(calls == 4);
}

ASYNC_TEST_CASE("retry: a cancellation is never retried, in an attempt or in a pause, whatever the predicates say") {
  const auto anything = exact().on([](const std::exception_ptr&) { return true; });
  int calls = 0;
  auto attempt = [&]() -> Async<void> {
    ++calls;
    co_await sleep(1s);
    throw Busy(calls);
  };
  Task<void> in_attempt = create_task(retry(anything, attempt));
  co_await sleep(500ms);
  in_attempt.cancel();
  const std::string first = co_await outcome_of(in_attempt);
  CHECK(first == "Cancelled(user)");
  CHECK(calls == 1);
  Task<void> in_pause = create_task(retry(anything, attempt));
  co_await sleep(1'050ms);
  in_pause.cancel(CancelReason::Shutdown);
  const std::string second = co_await outcome_of(in_pause);
  CHECK(second == "Cancelled(shutdown)");
  CHECK(calls == 2);
  const std::string limited = co_await outcome_of(timeout(1'050ms, retry(anything, attempt)));
  CHECK(limited == "TimeoutError");
  CHECK(calls == 3);
}

ASYNC_TEST_CASE("retry: an attempt that turns its cancellation into another error is the last one") {
  int calls = 0;
  auto attempt = [&]() -> Async<void> {
    ++calls;
    const std::string outcome = co_await outcome_of(sleep(1h));
    throw std::runtime_error("gave up: " + outcome);
  };
  Task<void> task = create_task(retry(exact(), attempt));
  co_await sleep(1s);
  task.cancel();
  const std::string outcome = co_await outcome_of(task);
  CHECK(outcome == "error: gave up: Cancelled(user)");
  CHECK(calls == 1);
}

ASYNC_TEST_CASE("retry: no attempt begins after the deadline; one that begins with it does") {
  for (const Clock::duration limit : {Clock::duration(300ms), Clock::duration(300ms - 1ns), Clock::duration(50ms)}) {
    Flaky flaky(5);
    const auto began = EventLoop::current().time();
    const std::string outcome = co_await outcome_of(retry(exact().attempts(9).within(limit), flaky.attempts()));
    const std::size_t attempts = limit == 300ms ? 3 : limit == 50ms ? 1 : 2;  // at 0, 100 and 300 ms
    CHECK(flaky.calls() == attempts);
    CHECK(outcome == "error: busy " + std::to_string(attempts));
    CHECK(EventLoop::current().time() - began <= limit);  // it doesn't wait in vain
  }
  const auto now = EventLoop::current().time();
  Flaky flaky(5);
  co_await outcome_of(retry(exact().attempts(9).until(now + 150ms), flaky.attempts()));
  CHECK(flaky.calls() == 2);
  Flaky past(5);
  co_await outcome_of(retry(exact().until(now - 1h), past.attempts()));
  CHECK(past.calls() == 1);
  Flaky both(5);
  co_await outcome_of(retry(exact().until(now + 1h).within(100ms), both.attempts()));
  CHECK(both.calls() == 2);
}

ASYNC_TEST_CASE("retry: `within` counts from the await, and the time that attempts take counts too") {
  int calls = 0;
  auto attempt = [&]() -> Async<void> {
    ++calls;
    co_await sleep(1s);
    throw Busy(calls);
  };
  auto later = retry(exact().attempts(9).within(1'500ms), attempt);
  co_await sleep(1h);
  const std::string outcome = co_await outcome_of(std::move(later));
  CHECK(outcome == "error: busy 2");
}

ASYNC_TEST_CASE("retry: the hook is told of each pause, and of nothing else") {
  std::vector<std::string> log;
  const auto options =
      exact().attempts(3).on_retry([&](unsigned attempt, Clock::duration pause, const std::exception_ptr& error) {
        log.push_back(std::to_string(attempt) + " " + std::to_string(pause / 1ms) + "ms " + describe_exception(error));
      });
  Flaky stays_ill(9);
  co_await outcome_of(retry(options, stays_ill.attempts()));
  CHECK(log == std::vector<std::string>{"1 100ms busy 1", "2 200ms busy 2"});
  log.clear();
  Flaky well(0);
  co_await retry(options, well.attempts());
  CHECK(log.empty());
  Flaky flaky(1);
  const auto throwing = exact().on_retry(
      [](unsigned, Clock::duration, const std::exception_ptr&) { throw std::runtime_error("from the hook"); });
  const std::string outcome = co_await outcome_of(retry(throwing, flaky.attempts()));
  CHECK(outcome == "error: from the hook");
}

ASYNC_TEST_CASE("retry: options may be written inside the await, with hooks and predicates") {
  Flaky flaky(2);
  const auto told = std::make_shared<int>(0);
  const RetryOptions::Hook hook = [told](unsigned, Clock::duration, const std::exception_ptr&) { ++*told; };
  const int result = co_await retry(
      RetryOptions().on<Busy>().on<std::system_error>().on_retry(hook).jitter(Jitter::None), flaky.attempts());
  CHECK(result == 42);
  CHECK(*told == 2);
  Flaky other(2);
  auto attempt = [&other, told]() -> Async<int> { return other.call(); };
  const int wrapped = co_await retrying(RetryOptions().on_retry(hook).jitter(Jitter::None), attempt)();
  CHECK(wrapped == 42);
  CHECK(*told == 4);
}

ASYNC_TEST_CASE("retry: the error that comes out is the one that was thrown, with its async stack") {
  Flaky flaky(9);
  std::exception_ptr error;
  int code = 0;
  try {
    co_await retry(exact(), flaky.attempts());
  } catch (const Busy& busy) {
    error = std::current_exception();
    code = busy.code;
  }
  CHECK(code == 3);
  const std::vector<StackEntry> stack = exception_stack(error);
  REQUIRE(stack.size() == 2);
  CHECK(stack[0].function.find("call") != std::string_view::npos);
  CHECK(stack[1].function.find("retry") != std::string_view::npos);
}

ASYNC_TEST_CASE("retry: what throws before it returns an awaitable is retried too; any awaitable will do") {
  int calls = 0;
  auto attempt = [&] {
    if (++calls < 3) throw Busy(calls);
    return sleep(1s);
  };
  const auto began = EventLoop::current().time();
  co_await retry(exact(), attempt);
  CHECK(calls == 3);
  CHECK(EventLoop::current().time() - began == 1'300ms);
  int value = 5;
  auto refer = [&]() -> Async<int&> { co_return value; };
  int& same = co_await retry(exact(), refer);
  CHECK(&same == &value);
  auto make = []() -> Async<std::unique_ptr<int>> { co_return std::make_unique<int>(7); };
  const std::unique_ptr<int> made = co_await retry(exact(), make);
  CHECK(*made == 7);
}

ASYNC_TEST_CASE(
    "retry: a wrapped function gives each attempt its own copy of the arguments, alive until it has ended") {
  Fetcher fetcher;
  const std::string name = "a name that is too long to be kept inside the string";
  std::optional<Async<std::string>> call;
  {
    const auto fetch_patiently = retrying(exact(), &fetch);
    call.emplace(fetch_patiently(std::ref(fetcher), name, "-suffix"));
  }  // the call keeps what it needs
  const std::string result = co_await std::move(*call);
  CHECK(result == name + "-suffix");
  CHECK(fetcher.attempts == 3);
}

ASYNC_TEST_CASE("retry: a wrapped function may be copied and called several times at once") {
  int calls = 0;
  auto flaky = [&calls](int number) -> Async<int> {
    co_await sleep(1ms);
    if (++calls <= 4) throw Busy(calls);
    co_return number;
  };
  const auto first = retrying(exact().attempts(5), flaky);
  const auto second = first;
  const auto results = co_await gather(first(1), second(2), first(3));
  CHECK(std::get<0>(results) + std::get<1>(results) + std::get<2>(results) == 6);
  CHECK(calls == 7);
}

TEST_CASE("retry: options that make no sense are refused, those at the limit are not") {
  RetryOptions options;
  CHECK_THROWS_AS(options.attempts(0), std::invalid_argument);
  CHECK_NOTHROW(options.attempts(1));
  CHECK_THROWS_AS(options.backoff(-1ns), std::invalid_argument);
  CHECK_NOTHROW(options.backoff(0s));
  CHECK_THROWS_AS(options.backoff(1s, 0.999), std::invalid_argument);
  CHECK_NOTHROW(options.backoff(1s, 1.0));
  CHECK_THROWS_AS(options.backoff(1s, std::numeric_limits<double>::quiet_NaN()), std::invalid_argument);
  CHECK_THROWS_AS(options.backoff(1s, std::numeric_limits<double>::infinity()), std::invalid_argument);
  CHECK_THROWS_AS(options.backoff(1s, 2.0, 1s - 1ns), std::invalid_argument);
  CHECK_NOTHROW(options.backoff(1s, 2.0, 1s));
  CHECK_THROWS_AS(options.on(RetryOptions::Predicate()), std::invalid_argument);
}

ASYNC_TEST_CASE("retry: begins no attempt after the deadline of the context") {
  int calls = 0;
  auto failing = [&calls]() -> Async<int> {
    ++calls;
    co_await sleep(1s);
    throw Busy(calls);
  };
  const auto began = EventLoop::current().time();
  const auto patient = RetryOptions().attempts(100).backoff(1s, 1.0, 1s).jitter(Jitter::None);
  const std::string outcome = co_await outcome_of(with_deadline(5500ms, retry(patient, failing)));
  CHECK(outcome.starts_with("error: "));  // the last one of the backend, not a time-out
  CHECK(calls == 3);                      // at 0 s, 2 s and 4 s
  CHECK(EventLoop::current().time() - began == 5s);
}

TEST_SUITE_END();
