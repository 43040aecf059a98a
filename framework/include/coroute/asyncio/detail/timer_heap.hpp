// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The timers of a loop: a binary heap that knows each one's place, so that removal is O(log n).
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "coroute/asyncio/clock.hpp"

namespace coroute::detail {

/// A moment at which `fire` is called on the loop. Owned by whoever waits; removed from the loop before it dies.
struct Timer {
  using Fire = void (*)(Timer&) noexcept;
  static constexpr std::size_t not_queued = static_cast<std::size_t>(-1);

  explicit Timer(Fire fire) noexcept : fire(fire) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  bool queued() const noexcept { return heap_index != not_queued; }

  Clock::time_point when{};
  Fire fire;
  std::size_t heap_index = not_queued;
  std::uint64_t number = 0;  ///< Set by the heap: the order of arrival.

  bool is_before(const Timer& other) const noexcept {
    return when != other.when ? when < other.when : number < other.number;
  }
};

class TimerHeap {
 public:
  bool empty() const noexcept { return timers_.empty(); }
  /// The earliest; of several with one deadline the one that was added first.
  Timer& front() const noexcept { return *timers_.front(); }
  void add(Timer& timer);
  /// Nothing happens to one that is not queued.
  void remove(Timer& timer) noexcept;

  template <class Predicate>
  std::size_t count_if(Predicate is_meant) const noexcept {
    return static_cast<std::size_t>(std::count_if(timers_.begin(), timers_.end(), is_meant));
  }
  /// Any one of those; null: there is none.
  template <class Predicate>
  Timer* find_if(Predicate is_meant) const noexcept {
    const auto found = std::find_if(timers_.begin(), timers_.end(), is_meant);
    return found == timers_.end() ? nullptr : *found;
  }

 private:
  std::vector<Timer*> timers_;
  std::uint64_t added_ = 0;
};

}  // namespace coroute::detail
