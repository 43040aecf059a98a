// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/detail/timer_heap.hpp"

namespace coroute::detail {

void TimerHeap::add(Timer& timer) {
  timers_.push_back(&timer);
  timer.number = added_++;
  std::size_t hole = timers_.size() - 1;
  while (hole > 0) {
    const std::size_t parent = (hole - 1) / 2;
    if (timers_[parent]->is_before(timer)) break;
    timers_[hole] = timers_[parent];
    timers_[hole]->heap_index = hole;
    hole = parent;
  }
  timers_[hole] = &timer;
  timer.heap_index = hole;
}

void TimerHeap::remove(Timer& timer) noexcept {
  if (!timer.queued()) return;
  std::size_t hole = timer.heap_index;
  timer.heap_index = Timer::not_queued;
  Timer* const last = timers_.back();
  timers_.pop_back();
  if (last == &timer) return;
  while (hole > 0 && last->is_before(*timers_[(hole - 1) / 2])) {
    timers_[hole] = timers_[(hole - 1) / 2];
    timers_[hole]->heap_index = hole;
    hole = (hole - 1) / 2;
  }
  for (std::size_t child = 2 * hole + 1; child < timers_.size(); child = 2 * hole + 1) {
    if (child + 1 < timers_.size() && timers_[child + 1]->is_before(*timers_[child])) ++child;
    if (last->is_before(*timers_[child])) break;
    timers_[hole] = timers_[child];
    timers_[hole]->heap_index = hole;
    hole = child;
  }
  timers_[hole] = last;
  last->heap_index = hole;
}

}  // namespace coroute::detail
