// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Mutual exclusion between tasks: the others wait without blocking their loops.
#include <cstddef>
#include <utility>

#include "coroute/asyncio/detail/permit_queue.hpp"

namespace coroute {

class Lock;

/// A lock held; releases it when destroyed. Movable, may be released on any thread.
class [[nodiscard("the lock is released at once when nothing holds it")]] LockGuard {
 public:
  LockGuard() noexcept = default;
  /// Takes over a lock that is acquired and not held by another guard.
  explicit LockGuard(Lock& acquired) noexcept : lock_(&acquired) {}
  LockGuard(LockGuard&& other) noexcept : lock_(std::exchange(other.lock_, nullptr)) {}
  LockGuard& operator=(LockGuard&& other) noexcept {
    std::swap(lock_, other.lock_);
    return *this;
  }
  ~LockGuard() { release(); }

  /// Releases it early; once is enough.
  void release() noexcept;
  /// Gives the lock away, still acquired: whoever takes it calls `Lock::release()`. Null when nothing is held.
  Lock* detach() noexcept { return std::exchange(lock_, nullptr); }
  /// The lock that is held, or null.
  const Lock* held() const noexcept { return lock_; }
  explicit operator bool() const noexcept { return lock_ != nullptr; }

 private:
  Lock* lock_ = nullptr;
};

namespace detail {

class ConditionAwaiter;

class LockAwaiter : public PermitWait {
 public:
  explicit LockAwaiter(Lock& lock) noexcept;

  LockGuard await_resume() {
    take();
    return LockGuard(lock_);
  }
  const char* describe() const noexcept override { return "Lock.acquire"; }

 private:
  Lock& lock_;
};

class [[nodiscard("acquire does nothing until it is awaited")]] LockAcquire {
 public:
  explicit LockAcquire(Lock& lock) noexcept : lock_(&lock) {}
  LockAwaiter operator co_await() const noexcept { return LockAwaiter(*lock_); }

 private:
  Lock* lock_;
};

}  // namespace detail

/// asyncio's Lock, usable from every loop and thread at once. Strictly first come, first served: released, it goes
/// straight to the first who waits. Uncontended, acquire and release are one atomic operation each, and cheaper still
/// as long as a single loop uses it. It has no owner: acquiring it twice in one task waits for ever, and any task or
/// thread may release it. Must outlive its waiters and guards.
class Lock {
 public:
  Lock() noexcept = default;
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  /// `auto guard = co_await lock.acquire();`
  detail::LockAcquire acquire() noexcept { return detail::LockAcquire(*this); }
  /// The lock if it is free, else an empty guard. Any thread.
  LockGuard try_acquire() noexcept { return permits_.try_take() ? LockGuard(*this) : LockGuard(); }
  /// For a lock that is not held by a guard; RuntimeError when it is not acquired. Any thread.
  void release();

  bool locked() const noexcept { return permits_.available() == 0; }
  /// Tasks that wait right now.
  std::size_t waiting() const noexcept { return permits_.waiting(); }

 private:
  friend class LockGuard;
  friend class detail::LockAwaiter;
  friend class detail::ConditionAwaiter;
  friend class Condition;

  detail::PermitQueue permits_{1, 1};
};

// Implementation

namespace detail {

inline LockAwaiter::LockAwaiter(Lock& lock) noexcept : PermitWait(lock.permits_), lock_(lock) {}

}  // namespace detail
}  // namespace coroute
