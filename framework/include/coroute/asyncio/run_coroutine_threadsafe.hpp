// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `run_coroutine_threadsafe(coro, loop)`: for plain threads that need something from a loop, and wait for it.
#include <memory>
#include <optional>
#include <utility>

#include "coroute/asyncio/task.hpp"

namespace coroute {

namespace detail {

/// Blocks a thread until a task is done.
class BlockingJoin {
 public:
  explicit BlockingJoin(AnyTask task);
  /// False when `limit` passed first. RuntimeError on a thread that runs a loop, which would stand still.
  bool wait(std::optional<Clock::duration> limit) const;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace detail

/// The result of a coroutine that runs on a loop of another thread: Python's concurrent.futures.Future. Any thread but
/// one that runs a loop may wait. Dropping it lets the task run on.
template <class T>
class ConcurrentFuture {
 public:
  explicit ConcurrentFuture(Task<T> task) : task_(std::move(task)), join_(task_) {}

  /// Waits for the end; gives the result or throws the error (Cancelled when the task was cancelled).
  T result() const {
    join_.wait(std::nullopt);
    return task_.result();
  }
  /// The same, at most for `limit`: then TimeoutError, and the coroutine runs on unless it is cancelled.
  T result(Clock::duration limit) const {
    if (!join_.wait(limit)) throw TimeoutError();
    return task_.result();
  }
  /// The error, or null; waits as `result` does.
  std::exception_ptr exception() const {
    join_.wait(std::nullopt);
    return task_.exception();
  }
  bool cancel() const noexcept { return task_.cancel(); }
  bool done() const noexcept { return task_.done(); }
  bool cancelled() const noexcept { return task_.cancelled(); }
  /// To await it from a loop, or to watch it.
  const Task<T>& task() const noexcept { return task_; }

 private:
  Task<T> task_;
  detail::BlockingJoin join_;
};

/// Starts `coroutine` on `loop`, which another thread runs. Any thread. It begins with a copy of the caller's context
/// variables and, in a function run by `to_thread`, under its deadline. A coroutine that has not begun when the loop
/// ends is cancelled. In virtual time it must not sleep while a thread of `to_thread` waits for it: time stands still.
template <class T>
ConcurrentFuture<T> run_coroutine_threadsafe(Async<T> coroutine, EventLoop& loop, TaskOptions options = {}) {
  return ConcurrentFuture<T>(create_task_on(loop, std::move(coroutine), std::move(options)));
}

}  // namespace coroute
