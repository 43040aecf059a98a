// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Waiting, with a lock released meanwhile, until somebody says that what the lock protects has changed.
#include <atomic>
#include <concepts>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

#include "coroute/asyncio/async.hpp"
#include "coroute/asyncio/lock.hpp"

namespace coroute {

class Condition;

namespace detail {

/// Waits in the condition's list, then, notified or cancelled, in the queue of the lock: the task runs again only when
/// it holds the lock.
class ConditionAwaiter : public PermitWait {
 public:
  ConditionAwaiter(Condition& condition, LockGuard& guard) noexcept;

  bool await_ready() const;
  template <class P>
  bool await_suspend(std::coroutine_handle<P> awaiting) {
    return start(awaiting.promise());
  }
  void await_resume();

  CancelOutcome cancel() noexcept override;
  const char* describe() const noexcept override { return "Condition.wait"; }

 private:
  friend class coroute::Condition;
  bool start(FrameBase& frame) noexcept;

  Condition& condition_;
  LockGuard& guard_;
  bool notified_ = false;     // both under the mutex of the lock's queue
  bool interrupted_ = false;  // by a cancellation, before it held the lock again
};

class [[nodiscard("wait does nothing until it is awaited")]] ConditionWait {
 public:
  ConditionWait(Condition& condition, LockGuard& guard) noexcept : condition_(&condition), guard_(&guard) {}
  ConditionAwaiter operator co_await() const noexcept { return ConditionAwaiter(*condition_, *guard_); }

 private:
  Condition* condition_;
  LockGuard* guard_;
};

}  // namespace detail

/// asyncio's Condition, usable from every loop and thread at once.
///
///     auto guard = co_await condition.acquire();
///     co_await condition.wait_for(guard, [&] { return !items.empty(); });
///
/// A notified waiter goes straight to the lock's queue, before those who ask for the lock later, and runs when it has
/// it. Must outlive its waiters, as must the lock.
class Condition {
 public:
  /// With a lock of its own.
  Condition() : lock_(own_lock_.emplace()) {}
  /// With one that is shared, with other conditions for instance.
  explicit Condition(Lock& lock) noexcept : lock_(lock) {}
  Condition(const Condition&) = delete;
  Condition& operator=(const Condition&) = delete;

  Lock& lock() noexcept { return lock_; }
  /// `auto guard = co_await condition.acquire();`
  detail::LockAcquire acquire() noexcept { return lock_.acquire(); }
  bool locked() const noexcept { return lock_.locked(); }

  /// Releases the lock, waits for a notification and gives `guard` the lock back; the guard is empty meanwhile. May
  /// return without one: check what is waited for again. Cancelled, it throws only once it has the lock, and passes a
  /// notification that it was given on to the next. RuntimeError when `guard` doesn't hold the lock.
  detail::ConditionWait wait(LockGuard& guard) noexcept { return detail::ConditionWait(*this, guard); }

  /// Waits until `predicate()`, called with the lock held, is true, and gives what it returned.
  template <std::invocable Predicate>
    requires std::constructible_from<bool, std::invoke_result_t<Predicate&>>
  Async<std::decay_t<std::invoke_result_t<Predicate&>>> wait_for(LockGuard& guard, Predicate predicate);

  /// Ends the wait of the first `n` who wait. The lock must be held, and those who wait go on when it is released;
  /// RuntimeError when it is not.
  void notify(std::size_t n = 1);
  void notify_all();

  /// Tasks that wait for a notification right now.
  std::size_t waiting() const noexcept { return waiting_.load(std::memory_order_relaxed); }

 private:
  friend class detail::ConditionAwaiter;
  void notify_first(detail::WakeList& woken) noexcept;

  std::optional<Lock> own_lock_;
  Lock& lock_;
  detail::WaitList waiters_;  // guarded by the mutex of the lock's queue
  std::atomic<std::size_t> waiting_{0};
};

// Implementation

template <std::invocable Predicate>
  requires std::constructible_from<bool, std::invoke_result_t<Predicate&>>
Async<std::decay_t<std::invoke_result_t<Predicate&>>> Condition::wait_for(LockGuard& guard, Predicate predicate) {
  while (true) {
    std::decay_t<std::invoke_result_t<Predicate&>> result = predicate();
    if (result) co_return result;
    co_await wait(guard);
  }
}

}  // namespace coroute
