// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `timeout(2s, awaitable)`: bounds an await, as asyncio.timeout does a block.
#include <optional>
#include <type_traits>
#include <utility>

#include "coroute/asyncio/async.hpp"
#include "coroute/asyncio/event_loop.hpp"

namespace coroute {

namespace detail {
/// The earliest of the task's own deadline and its active time-outs. The task's loop only.
std::optional<Clock::time_point> deadline_of(const TaskState& task) noexcept;
}  // namespace detail

/// The time limit that runs while a `timeout` is in progress. It cancels the task that is inside, and at the end turns
/// that cancellation, and no other, into TimeoutError. Loop thread only.
class Timeout : private detail::Timer {
 public:
  /// Starts the limit for the current task.
  explicit Timeout(std::optional<Clock::time_point> when);
  ~Timeout();
  Timeout(const Timeout&) = delete;
  Timeout& operator=(const Timeout&) = delete;

  /// Moves the limit; nullopt takes it away. RuntimeError when it has expired or ended.
  void reschedule(std::optional<Clock::time_point> when);
  std::optional<Clock::time_point> when() const noexcept { return when_; }
  /// The limit has passed.
  bool expired() const noexcept { return state_ == State::Expiring || state_ == State::Expired; }

  /// Ends the limit. `by_cancelled`: the block was left by `Cancelled`. True: it is to become a TimeoutError.
  bool exit(bool by_cancelled) noexcept;

 private:
  enum class State : unsigned char { Active, Expiring, Expired, Exited };
  static void on_fire(detail::Timer& timer) noexcept;
  void arm();

  /// The earliest limit of this and the ones around it in the same task.
  friend std::optional<Clock::time_point> detail::deadline_of(const detail::TaskState& task) noexcept;

  detail::TaskRef task_;  // keeps the task's block: a generator may be dropped by another task than the one it ran in
  Timeout* outer_ = nullptr;
  Timeout* inner_ = nullptr;
  std::optional<Clock::time_point> when_;
  std::uint32_t cancelling_at_entry_;
  State state_ = State::Active;
};

namespace detail {

[[noreturn]] void throw_timed_out();

template <class T, class Body>
Async<T> run_with_timeout(std::optional<Clock::time_point> when, Body body) {
  Timeout limit(when);
  bool timed_out = false;
  try {
    if constexpr (std::is_void_v<T>) {
      co_await body(limit);
      limit.exit(false);
      co_return;
    } else {
      T value = co_await body(limit);
      limit.exit(false);
      co_return value;
    }
  } catch (const Cancelled&) {
    timed_out = limit.exit(true);
    if (!timed_out) throw;
  }
  throw_timed_out();
}

template <class A>
struct AwaitBody {
  explicit AwaitBody(A awaitable) : awaitable(std::move(awaitable)) {}
  A&& operator()(Timeout&) { return std::move(awaitable); }
  A awaitable;
};

template <class F>
concept TimeoutBody = std::is_invocable_v<F&, Timeout&> && Awaitable<std::invoke_result_t<F&, Timeout&>>;

}  // namespace detail

/// Awaits `awaitable` in this task, at most until `when`; then it is cancelled and TimeoutError is thrown once its
/// cleanup is done. What ends in time although the limit has passed keeps its result. nullopt: no limit.
template <Awaitable A>
Async<AwaitResult<A>> timeout_at(std::optional<Clock::time_point> when, A awaitable) {
  return detail::run_with_timeout<AwaitResult<A>>(when, detail::AwaitBody<A>(std::move(awaitable)));
}

/// The same for the body of a block: `body(Timeout&)` returns an Async and may reschedule the limit.
template <detail::TimeoutBody Body>
auto timeout_at(std::optional<Clock::time_point> when, Body body) {
  using Result = AwaitResult<std::invoke_result_t<Body&, Timeout&>>;
  return detail::run_with_timeout<Result>(when, std::move(body));
}

template <class AwaitableOrBody>
auto timeout(Clock::duration limit, AwaitableOrBody body) {
  return timeout_at(EventLoop::current().time_after(limit), std::move(body));
}

}  // namespace coroute
