// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Permits, and those who wait for one in order of arrival: what Semaphore and Lock are made of.
#include <atomic>
#include <cstddef>
#include <limits>
#include <mutex>

#include "coroute/asyncio/detail/biased_mutex.hpp"
#include "coroute/asyncio/detail/wait_list.hpp"

namespace coroute::detail {

class PermitWait;

/// Any thread may call anything. Taking a free permit and giving one back for which nobody waits are one atomic
/// operation each, or plain ones as long as a single thread uses the queue. While somebody waits no permit is free, so
/// that a newcomer never overtakes: what is given back goes to the first in the queue.
class PermitQueue {
 public:
  static constexpr std::size_t max_permits = std::numeric_limits<std::size_t>::max() - 1;

  explicit PermitQueue(std::size_t permits, std::size_t bound = max_permits) noexcept
      : free_(permits < max_permits ? permits : max_permits), bound_(bound) {}

  bool try_take() noexcept {
    if (!mutex_.try_enter()) return try_take_shared();
    const std::size_t free = available();
    if (free != 0) free_.store(free - 1, std::memory_order_relaxed);
    mutex_.leave();
    return free != 0;
  }
  /// False, and nothing given back, when as many as `bound` are free.
  bool give_back() noexcept {
    if (mutex_.try_enter()) {
      const std::size_t free = free_.load(std::memory_order_relaxed);
      const bool room = free < bound_;
      if (room) free_.store(free + 1, std::memory_order_relaxed);
      mutex_.leave();
      if (room) return true;
    }
    return give_back_shared();
  }

  std::size_t available() const noexcept {
    const std::size_t free = free_.load(std::memory_order_relaxed);
    return free == somebody_waits ? 0 : free;
  }
  std::size_t waiting() const noexcept { return waiting_.load(std::memory_order_relaxed); }

  // --- for a primitive that keeps lists of its own under this mutex; held when the others are called ---
  BiasedMutex& mutex() noexcept { return mutex_; }
  /// A free permit at once, or the last place in the queue.
  void take_or_queue(PermitWait& wait, WakeList& woken) noexcept;
  void give_back_locked(WakeList& woken) noexcept;

 private:
  friend class PermitWait;
  static constexpr std::size_t somebody_waits = max_permits + 1;

  enum class Added : unsigned char { Yes, Full, SomebodyWaits };
  bool try_take_shared() noexcept;
  bool give_back_shared() noexcept;
  Added add_free() noexcept;
  bool try_queue(PermitWait& wait) noexcept;
  void leave(PermitWait& wait) noexcept;
  void hand_over(WakeList& woken) noexcept;

  std::atomic<std::size_t> free_;  // or somebody_waits, which only the holder of mutex_ sets and replaces
  std::atomic<std::size_t> waiting_{0};
  const std::size_t bound_;
  BiasedMutex mutex_;
  WaitList waiters_;
};

/// Awaiter of a permit. One that was granted and then not taken goes back.
class PermitWait : public ListedWait {
 public:
  explicit PermitWait(PermitQueue& permits) noexcept : permits_(permits) {}
  ~PermitWait() {
    if (granted_) permits_.give_back();
  }

  bool await_ready() noexcept {
    granted_ = permits_.try_take();
    return granted_ && spend_ready_budget();
  }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> awaiting) {
    return start(awaiting.promise());
  }
  CancelOutcome cancel() noexcept override;

 protected:
  /// Of await_resume: the permit is the caller's from now on.
  void take() {
    finish();
    granted_ = false;
  }

  PermitQueue& permits_;

 private:
  bool start(FrameBase& frame) noexcept;
};

}  // namespace coroute::detail
