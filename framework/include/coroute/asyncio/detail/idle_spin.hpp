// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Looking for work for a moment before a thread goes to sleep, where that has proved worth it.
#include <atomic>
#include <chrono>

#include "coroute/asyncio/clock.hpp"

namespace coroute::detail {

/// To put a thread to sleep and to wake it takes 5 to 50 us, most of it where the woken core was idle. A thread that
/// has got work from others several times in a row within that time looks for the next for as long; once in vain, and
/// it begins to count anew. One that waits longer, or for descriptors, so never spins. One thread's own.
class IdleSpin {
 public:
  /// How long it looks, and what counts as soon.
  static constexpr std::chrono::microseconds limit{20};
  static constexpr std::chrono::microseconds soon{50};
  static constexpr unsigned enough = 4;

  bool is_worth_it() const noexcept { return soon_in_a_row_ >= enough; }
  /// To be called after each wait, with how long it took and whether another thread ended it.
  void note(bool by_other_thread, Clock::duration waited) noexcept {
    if (!by_other_thread || waited > soon) {
      soon_in_a_row_ = 0;
    } else if (soon_in_a_row_ < enough) {
      ++soon_in_a_row_;
    }
  }

  /// True as soon as `found()` is; false after `limit`, or at once when too many look already. `poll()` is called now
  /// and then.
  template <class Found, class Poll>
  static bool look(Found found, Poll poll) {
    const Place place;
    if (!place) return found();
    const Clock::time_point end = Clock::now() + limit;
    do {
      for (int i = 0; i < looks_per_poll; ++i) {
        if (found()) return true;
        relax();
      }
      poll();
    } while (Clock::now() < end);
    return found();
  }

  /// There is another core on which somebody could work meanwhile.
  static bool is_possible() noexcept { return places() > 0; }

 private:
  /// One of those who may look at the same time.
  class Place {
   public:
    Place() noexcept : taken_(taken.fetch_add(1, std::memory_order_relaxed) < places()) {}
    ~Place() { taken.fetch_sub(1, std::memory_order_relaxed); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    explicit operator bool() const noexcept { return taken_; }

   private:
    bool taken_;
  };
  /// One for each core, none on a single one: whoever is to bring work could not run.
  static int places() noexcept;
  static inline constinit std::atomic<int> taken{0};

  static constexpr int looks_per_poll = 32;
  static void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("isb");
#endif
  }

  unsigned soon_in_a_row_ = 0;
};

}  // namespace coroute::detail
