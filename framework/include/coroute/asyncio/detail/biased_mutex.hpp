// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A mutex that costs next to nothing as long as one thread alone takes it.
#include <atomic>
#include <cstdint>
#include <limits>
#include <mutex>

namespace coroute::detail {

/// Number of this thread, given when it first asks; 0: it hasn't. Not given to another one later.
inline constinit thread_local std::uint64_t thread_number = 0;

/// Most primitives are only ever used by one loop. The first thread that takes the mutex owns it: it enters and leaves
/// by plain loads and stores, without an atomic read-modify-write. The first other thread that wants it makes it an
/// ordinary mutex for good; that costs one membarrier(2), some microseconds, and waits until the owner is out. Where
/// the kernel doesn't have that call, it is an ordinary mutex from the start.
///
/// BasicLockable, so for std::lock_guard; not recursive. Destroying it while somebody is inside is an error, but it may
/// be destroyed as soon as the last `unlock` has let another thread in.
class BiasedMutex {
 public:
  BiasedMutex() noexcept = default;
  BiasedMutex(const BiasedMutex&) = delete;
  BiasedMutex& operator=(const BiasedMutex&) = delete;

  void lock() noexcept {
    if (!try_enter()) mutex_.lock();
  }
  void unlock() noexcept {
    if (is_inside()) {
      leave();
    } else {
      mutex_.unlock();
    }
  }

  /// For what can be done by one atomic operation when the mutex is not owned. True: this thread owns it and is inside
  /// until `leave`. False, for ever from now on and on all threads: it is an ordinary mutex.
  bool try_enter() noexcept {
    if (enter_as_owner()) [[likely]]
      return true;
    return use_.load(std::memory_order_acquire) != Use::Shared && enter_first_or_share();
  }
  void leave() noexcept { inside_.store(false, std::memory_order_release); }

 private:
  static constexpr std::uint64_t nobody = std::numeric_limits<std::uint64_t>::max();
  enum class Use : unsigned char { Owned, BecomingShared, Shared };

  bool is_owner() const noexcept { return owner_.load(std::memory_order_relaxed) == thread_number; }
  bool is_inside() const noexcept { return is_owner() && inside_.load(std::memory_order_relaxed); }

  // Dekker's handshake: the owner says that it is inside and then looks whether the mutex is still its own, the other
  // says that it isn't any more and then looks whether the owner is inside. membarrier on that side makes up for the
  // fence that is left out on this one.
  bool enter_as_owner() noexcept {
    if (!is_owner()) return false;
    inside_.store(true, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (use_.load(std::memory_order_relaxed) == Use::Owned) [[likely]]
      return true;
    leave();
    return false;
  }
  bool enter_first_or_share() noexcept;
  void share() noexcept;

  std::atomic<std::uint64_t> owner_{nobody};  // set once
  std::atomic<bool> inside_{false};           // the owner is; written by it alone
  std::atomic<Use> use_{Use::Owned};          // only ever goes on to the next
  std::mutex mutex_;
};

}  // namespace coroute::detail
