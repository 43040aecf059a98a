// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A counted number of permits, shared by all loops: how many calls may run at once.
#include <atomic>
#include <cstddef>
#include <mutex>
#include <utility>

#include "coroute/asyncio/detail/intrusive_list.hpp"
#include "coroute/asyncio/detail/task_state.hpp"

namespace coroute {

class Semaphore;

/// A permit held; gives it back when destroyed. Movable, may be released on any thread.
class [[nodiscard("the permit is given back at once when nothing holds it")]] Permit {
 public:
  Permit() noexcept = default;
  explicit Permit(Semaphore& owner) noexcept : owner_(&owner) {}
  Permit(Permit&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
  Permit& operator=(Permit&& other) noexcept {
    std::swap(owner_, other.owner_);
    return *this;
  }
  ~Permit() { release(); }

  /// Gives it back early; once is enough.
  void release() noexcept;
  explicit operator bool() const noexcept { return owner_ != nullptr; }

 private:
  Semaphore* owner_ = nullptr;
};

namespace detail {

class SemaphoreAwaiter : public Suspension, public ListNode {
 public:
  explicit SemaphoreAwaiter(Semaphore& semaphore) noexcept : semaphore_(&semaphore) {}
  ~SemaphoreAwaiter();

  bool await_ready() noexcept;
  template <class P>
  bool await_suspend(std::coroutine_handle<P> awaiting) {
    return start(awaiting.promise());
  }
  Permit await_resume();

  CancelOutcome cancel() noexcept override;
  const char* describe() const noexcept override { return "Semaphore.acquire"; }

 private:
  friend class coroute::Semaphore;
  bool start(FrameBase& frame) noexcept;

  Semaphore* semaphore_;
  bool granted_ = false;  // under the semaphore's mutex until the task runs again
};

class [[nodiscard("acquire does nothing until it is awaited")]] SemaphoreAcquire {
 public:
  explicit SemaphoreAcquire(Semaphore& semaphore) noexcept : semaphore_(&semaphore) {}
  SemaphoreAwaiter operator co_await() const noexcept { return SemaphoreAwaiter(*semaphore_); }

 private:
  Semaphore* semaphore_;
};

}  // namespace detail

/// asyncio's Semaphore, usable from every loop and thread at once. Strictly first come, first served: nobody overtakes
/// a waiter. Uncontended, acquire and release are one atomic operation each. A waiter that is cancelled loses nothing:
/// a permit already granted to it is kept or passed on. Must outlive its waiters and permits.
class Semaphore {
 public:
  explicit Semaphore(std::size_t permits) noexcept;
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;

  /// `auto permit = co_await semaphore.acquire();`
  detail::SemaphoreAcquire acquire() noexcept { return detail::SemaphoreAcquire(*this); }
  /// A permit if one is free and nobody waits, else an empty Permit. Any thread.
  Permit try_acquire() noexcept;
  /// Adds a permit; for permits that are not held by a `Permit`. Any thread.
  void release() noexcept;

  /// True when an acquire would have to wait.
  bool locked() const noexcept;
  /// Permits free right now.
  std::size_t available() const noexcept { return permits_.load(std::memory_order_relaxed); }
  /// Tasks that wait right now.
  std::size_t waiting() const noexcept { return waiters_.load(std::memory_order_relaxed); }

 private:
  friend class detail::SemaphoreAwaiter;
  bool take_free_permit() noexcept;
  void hand_out() noexcept;

  std::atomic<std::size_t> permits_;
  std::atomic<std::size_t> waiters_{0};
  std::mutex mutex_;  // guards queue_ and the waiters' granted_
  detail::IntrusiveList<detail::SemaphoreAwaiter> queue_;
};

}  // namespace coroute
