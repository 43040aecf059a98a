// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A deadline that everything below inherits: tasks, what they await, and clients that pass it on.
///
/// `timeout` bounds one block of one task, as asyncio does. `with_deadline` also bounds every task that is created
/// inside, and what those create, wherever they run: each is cancelled when it passes, and ends with TimeoutError.
#include <algorithm>
#include <optional>
#include <utility>

#include "coroute/asyncio/timeout.hpp"

namespace coroute {

/// The moment by which what runs now has to be done: the earliest of the inherited deadline and the `timeout`s that
/// are active in this task. In a function run by `to_thread`, that of the task that waits for it.
std::optional<Clock::time_point> current_deadline() noexcept;

/// How long that is from now: zero when it has passed, nothing when there is no deadline.
std::optional<Clock::duration> time_left() noexcept;

namespace detail {

/// Narrows the deadline of the current task while it lives.
class DeadlineScope {
 public:
  explicit DeadlineScope(Clock::time_point when);
  ~DeadlineScope();
  DeadlineScope(const DeadlineScope&) = delete;
  DeadlineScope& operator=(const DeadlineScope&) = delete;

 private:
  TaskState* task_;
  Clock::time_point outer_;
};

/// The deadline of a task, for a function that it has run on another thread.
struct CarriedDeadline {
  std::optional<Clock::time_point> when;
  std::optional<Clock::time_point> virtual_now;  ///< Set when the loop's time is virtual: it stands still meanwhile.

  static CarriedDeadline of_current_task() noexcept;
};

/// The deadline that functions on a thread without a task have, while it lives.
class ThreadDeadline {
 public:
  explicit ThreadDeadline(const CarriedDeadline& deadline) noexcept;
  ~ThreadDeadline();
  ThreadDeadline(const ThreadDeadline&) = delete;
  ThreadDeadline& operator=(const ThreadDeadline&) = delete;

 private:
  CarriedDeadline outer_;
};

}  // namespace detail

/// Awaits `awaitable` in this task with `when` as the deadline of everything below, unless there is an earlier one;
/// TimeoutError when it passes, once all cleanup is done.
template <Awaitable A>
Async<AwaitResult<A>> with_deadline(Clock::time_point when, A awaitable) {
  const detail::DeadlineScope scope(when);
  co_return co_await timeout_at(when, std::move(awaitable));
}

/// The same, `limit` from now.
template <Awaitable A>
Async<AwaitResult<A>> with_deadline(Clock::duration limit, A awaitable) {
  return with_deadline(EventLoop::current().time_after(limit), std::move(awaitable));
}

}  // namespace coroute
