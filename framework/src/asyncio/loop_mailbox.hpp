// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What other threads see of a loop, and the list of all loops.
#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include "coroute/asyncio/event_loop.hpp"

namespace coroute {

struct alignas(64) EventLoop::Mailbox {
  std::atomic<detail::Runnable*> head{nullptr};  // newest first
  /// What the loop's thread sleeps in: 0 nothing, then it needs no waking.
  enum Sleep : std::uint32_t { awake, in_poll, in_futex };
  std::atomic<std::uint32_t> sleeping{awake};
  std::atomic<bool> stopping{false};
  std::atomic<int> thread{0};  // that runs the loop
  std::atomic<std::uint64_t> turns{0};
  std::uint64_t number = 0;
  std::atomic<unsigned> posters{0};  // threads inside `post`; the loop outlives them
};

namespace detail {

/// Every loop there is, for those whose pointer may have outlived one. Never destroyed: loops may be static.
struct LiveLoops {
  std::mutex mutex;
  std::vector<EventLoop*> loops;
  std::uint64_t made = 0;
};
LiveLoops& live_loops();

/// A loop without descriptors sleeps in a futex: cheaper to enter and to wake from than epoll. -1: without a limit.
void wait_for_futex(std::atomic<std::uint32_t>& word, std::uint32_t expected, int timeout_ms) noexcept;
void wake_futex(std::atomic<std::uint32_t>& word) noexcept;

}  // namespace detail
}  // namespace coroute
