// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A counted number of permits, shared by all loops: how many calls may run at once.
#include <cstddef>
#include <utility>

#include "coroute/asyncio/detail/permit_queue.hpp"

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
  /// Never gives it back: from now on the semaphore has one less.
  void forget() noexcept { owner_ = nullptr; }
  explicit operator bool() const noexcept { return owner_ != nullptr; }

 private:
  Semaphore* owner_ = nullptr;
};

namespace detail {

class SemaphoreAwaiter : public PermitWait {
 public:
  explicit SemaphoreAwaiter(Semaphore& semaphore) noexcept;

  Permit await_resume() {
    take();
    return Permit(semaphore_);
  }
  const char* describe() const noexcept override { return "Semaphore.acquire"; }

 private:
  Semaphore& semaphore_;
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
/// a waiter. Uncontended, acquire and release are one atomic operation each, and cheaper still as long as a single loop
/// uses it. A waiter that is cancelled loses nothing: a permit already granted to it is kept or passed on. Must outlive
/// its waiters and permits.
class Semaphore {
 public:
  explicit Semaphore(std::size_t permits) noexcept : permits_(permits) {}
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;

  /// `auto permit = co_await semaphore.acquire();`
  detail::SemaphoreAcquire acquire() noexcept { return detail::SemaphoreAcquire(*this); }
  /// A permit if one is free and nobody waits, else an empty Permit. Any thread.
  Permit try_acquire() noexcept { return permits_.try_take() ? Permit(*this) : Permit(); }
  /// Adds a permit; for permits that are not held by a `Permit`. Any thread. std::invalid_argument, and nothing added,
  /// when a BoundedSemaphore has all of its permits.
  void release();

  /// True when an acquire would have to wait.
  bool locked() const noexcept { return available() == 0; }
  /// Permits free right now; 0 while anybody waits.
  std::size_t available() const noexcept { return permits_.available(); }
  /// Tasks that wait right now.
  std::size_t waiting() const noexcept { return permits_.waiting(); }

 protected:
  Semaphore(std::size_t permits, std::size_t bound) noexcept : permits_(permits, bound) {}

 private:
  friend class detail::SemaphoreAwaiter;
  friend class Permit;

  detail::PermitQueue permits_;
};

/// A Semaphore that never has more permits than it began with: one release too many is an error, not another permit.
class BoundedSemaphore : public Semaphore {
 public:
  explicit BoundedSemaphore(std::size_t permits) noexcept : Semaphore(permits, permits) {}
};

// Implementation

namespace detail {

inline SemaphoreAwaiter::SemaphoreAwaiter(Semaphore& semaphore) noexcept
    : PermitWait(semaphore.permits_), semaphore_(semaphore) {}

}  // namespace detail
}  // namespace coroute
