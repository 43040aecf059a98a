// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `co_await retry(RetryOptions().attempts(5), fn)`: repeats what failed, with growing random pauses.
#include <cstdint>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "coroute/asyncio/async.hpp"
#include "coroute/asyncio/detail/closure_in_await.hpp"
#include "coroute/asyncio/event_loop.hpp"
#include "coroute/asyncio/sleep.hpp"

namespace coroute {

namespace detail {
class RetryState;
}

/// How chance changes a pause of length d, so that those who failed together don't come back together.
enum class Jitter : unsigned char {
  None,   ///< d
  Full,   ///< anything from 0 to d
  Equal,  ///< anything from d/2 to d
};

/// When and how often to try again: 3 attempts, pauses of up to 100 ms and 200 ms, after every std::exception.
/// A value: copy it, keep one for all calls to a backend. Setters throw std::invalid_argument.
///
///     const auto policy = RetryOptions().attempts(5).backoff(50ms, 2.0, 2s).on<ConnectError>().within(5s);
///     auto stock = co_await retry(policy, [&] { return timeout(1s, fetch_stock(sku)); });
class RetryOptions {
 public:
  using Predicate = std::function<bool(const std::exception_ptr& error)>;
  using Hook = std::function<void(unsigned attempt, Clock::duration pause, const std::exception_ptr& error)>;
  static constexpr unsigned unlimited = std::numeric_limits<unsigned>::max();

  /// How often to try, the first time included; at least 1.
  RetryOptions& attempts(unsigned number);
  /// The pause after the first failure; it grows by `factor`, at least 1, with each further one, up to `cap`.
  RetryOptions& backoff(Clock::duration first, double factor = 2.0, Clock::duration cap = std::chrono::seconds(10));
  RetryOptions& jitter(Jitter jitter) noexcept;

  /// The first `on` replaces the default, "every std::exception", each further one adds to it: an error is worth
  /// another attempt when one of them says so. They are never asked about `Cancelled`, which is never retried.
  RetryOptions& on(Predicate predicate);
  /// Errors of this class.
  template <class E>
  RetryOptions& on();
  /// Errors of this class for which `predicate(error)` is true.
  template <class E, class P>
    requires std::is_invocable_r_v<bool, const P&, const E&>
  RetryOptions& on(P predicate);

  /// Called before each pause, for logs and metrics: the number of the attempt that failed (from 1), the pause that
  /// follows, the error. What it throws ends the retry. Called on the loop that retries, by several when they share it.
  RetryOptions& on_retry(Hook hook);

  /// No attempt begins after this, nor after the deadline of `with_deadline`; an attempt that runs is not interrupted
  /// (that is what `timeout` is for).
  RetryOptions& until(Clock::time_point deadline) noexcept;
  /// The same, from the moment in which the retry is awaited. With both the earlier one counts.
  RetryOptions& within(Clock::duration limit) noexcept;

  /// Makes the pauses of each call repeatable, for tests.
  RetryOptions& seed(std::uint64_t seed) noexcept;

 private:
  friend class detail::RetryState;

  unsigned attempts_ = 3;
  Jitter jitter_ = Jitter::Full;
  double factor_ = 2.0;
  Clock::duration first_ = std::chrono::milliseconds(100);
  Clock::duration cap_ = std::chrono::seconds(10);
  std::optional<Clock::time_point> until_;
  std::optional<Clock::duration> within_;
  std::optional<std::uint64_t> seed_;
  // Shared by the copies, each of which is only read once it is in use.
  std::shared_ptr<const std::vector<Predicate>> predicates_;
  std::shared_ptr<const Hook> hook_;
};

// Implementation

namespace detail {

/// A random generator (SplitMix64) of one word, good from its first value on whatever the seed.
class PauseRandom {
 public:
  using result_type = std::uint64_t;
  explicit PauseRandom(std::uint64_t seed) noexcept : state_(seed) {}
  static constexpr result_type min() noexcept { return 0; }
  static constexpr result_type max() noexcept { return std::numeric_limits<result_type>::max(); }
  result_type operator()() noexcept {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31U);
  }

 private:
  std::uint64_t state_;
};

/// One retry in progress: counts the attempts and decides what follows a failure.
class RetryState {
 public:
  explicit RetryState(RetryOptions options);

  /// After an attempt that ended with `error`: how long to wait before the next one. Throws the error when there is
  /// to be none.
  Clock::duration pause_after(const std::exception_ptr& error);

 private:
  bool is_worth_retrying(const std::exception_ptr& error) const;
  bool leaves_time_for(Clock::duration pause) const;
  Clock::duration next_pause();

  RetryOptions options_;
  unsigned attempt_ = 1;
  std::uint32_t cancelling_at_entry_;
  double nominal_;  // pause without jitter, in ticks of the clock
  std::optional<Clock::time_point> deadline_;
  PauseRandom random_;
};

template <class F, class... Args>
using CallResult = decltype(std::declval<const F&>()(std::declval<Args>()...));

/// A function and its arguments, of which each attempt gets a copy.
template <class F, class... Args>
class RetriedCall {
  static_assert((std::is_copy_constructible_v<Args> && ...),
                "each attempt gets a copy of the arguments; pass what can't be copied by std::ref");
  using Result = AwaitResult<CallResult<F, Args...>>;

 public:
  template <class... Given>
  explicit RetriedCall(std::shared_ptr<const F> function, Given&&... args)
      : function_(std::move(function)), args_(std::forward<Given>(args)...) {}

  Async<Result> operator()() {
    return std::apply([this](auto&... args) { return call(*function_, args...); }, args_);
  }

 private:
  // A coroutine, so that the callee may refer to its arguments, and to what they were converted to, until it has ended.
  static Async<Result> call(const F& function, Args... args) {
    co_return co_await function(std::forward<Args>(args)...);  // std::invoke would end the converted ones too early
  }

  std::shared_ptr<const F> function_;
  std::tuple<Args...> args_;
};

template <class F>
using RetryResult = AwaitResult<std::invoke_result_t<F&>>;

template <class F>
Async<RetryResult<F>> run_retry(RetryOptions options, F attempt) {
  RetryState state(std::move(options));
  while (true) {
    std::exception_ptr error;
    try {
      co_return co_await attempt();
    } catch (...) {
      error = std::current_exception();
    }
    const Clock::duration pause = state.pause_after(error);
    error = nullptr;
    co_await sleep(pause);
  }
}

}  // namespace detail

/// Calls `attempt()` and awaits what it returns, until that succeeds; gives the result. Throws the error of the last
/// attempt, unchanged, when it is not worth another one, when there have been enough attempts, when the next one would
/// begin after the deadline (that of the options or of the context), or when the task was cancelled meanwhile.
template <class F>
  requires Awaitable<std::invoke_result_t<std::decay_t<F>&>>
Async<detail::RetryResult<std::decay_t<F>>> retry(RetryOptions options, F&& attempt) {
  static_assert(detail::survives_await_expression<F>,
                "retry: with g++ before 13 a lambda whose captures have destructors must not be written inside the "
                "co_await expression. Name it first, auto attempt = [..]{..}; co_await retry(options, attempt), or "
                "capture by [&]");
  return detail::run_retry<std::decay_t<F>>(std::move(options), std::forward<F>(attempt));
}

/// A function that retries another one; made by `retrying`. Copies share the function, which any number of calls on
/// any loops may use at once.
template <class F>
class Retrying {
 public:
  Retrying(RetryOptions options, F function)
      : options_(std::move(options)), function_(std::make_shared<const F>(std::move(function))) {}

  /// Keeps the arguments, and passes each attempt a copy of its own; std::ref passes a reference.
  template <class... Args>
    requires Awaitable<detail::CallResult<F, std::unwrap_ref_decay_t<Args>...>>
  auto operator()(Args&&... args) const {
    using Call = detail::RetriedCall<F, std::unwrap_ref_decay_t<Args>...>;
    return detail::run_retry<Call>(options_, Call(function_, std::forward<Args>(args)...));
  }

 private:
  RetryOptions options_;
  std::shared_ptr<const F> function_;
};

/// `const auto fetch = retrying(RetryOptions().attempts(5), fetch_once); co_await fetch(a, b);` as a decorator.
template <class F>
Retrying<std::decay_t<F>> retrying(RetryOptions options, F&& function) {
  static_assert(detail::survives_await_expression<F>,
                "retrying: with g++ before 13 a lambda whose captures have destructors must be named first");
  return Retrying<std::decay_t<F>>(std::move(options), std::forward<F>(function));
}

template <class E>
RetryOptions& RetryOptions::on() {
  return on<E>([](const E&) { return true; });
}

template <class E, class P>
  requires std::is_invocable_r_v<bool, const P&, const E&>
RetryOptions& RetryOptions::on(P predicate) {
  static_assert(!std::is_base_of_v<Cancelled, E>, "a cancellation is never retried");
  return on(Predicate([predicate = std::move(predicate)](const std::exception_ptr& error) -> bool {
    try {
      std::rethrow_exception(error);
    } catch (const E& expected) {
      return predicate(expected);
    } catch (...) {
      return false;
    }
  }));
}

}  // namespace coroute
