// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `wait_for(awaitable, 2s)`: awaits one thing, for a limited time.
#include <optional>
#include <type_traits>
#include <utility>

#include "coroute/asyncio/task.hpp"
#include "coroute/asyncio/timeout.hpp"

namespace coroute {

namespace detail {

/// For a limit that has passed before the wait: cancels the task, if it isn't done, and waits for it.
template <class T>
Async<T> take_or_cancel(Task<T> task) {
  if (task.done()) co_return co_await task;
  check_not_current(task.state());
  const TaskState& here = *TaskState::current();
  const std::uint32_t cancelling = here.delivered_cancel_requests();
  task.cancel(CancelReason::Deadline);
  try {
    co_return co_await task;
  } catch (const Cancelled&) {
    if (here.cancelling() > cancelling) throw;
  }
  throw_timed_out();
}

template <class A>
Async<AwaitResult<A>> wait_at_most(A awaitable, std::optional<Clock::duration> limit) {
  using T = AwaitResult<A>;
  if (!limit) co_return co_await std::move(awaitable);
  if (*limit > Clock::duration::zero()) {
    co_return co_await timeout_at(EventLoop::current().time_after(*limit), std::move(awaitable));
  }
  if constexpr (std::is_same_v<A, Task<T>>) co_return co_await take_or_cancel(std::move(awaitable));
  throw_timed_out();
}

}  // namespace detail

/// As `timeout(limit, awaitable)`, which reads better where a block is bounded: at the limit, counted from the await,
/// the awaitable is cancelled, waited for, and TimeoutError is thrown, unless it ends with a value or another error all
/// the same. With a limit of zero or less it is different: a task that is done gives its result, any other is
/// cancelled, and what isn't a task is never begun. nullopt: no limit.
template <Awaitable A>
Async<AwaitResult<A>> wait_for(A awaitable, std::optional<Clock::duration> limit) {
  return detail::wait_at_most(std::move(awaitable), limit);
}

}  // namespace coroute
