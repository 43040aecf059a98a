// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A meeting point: tasks wait there until a given number of them has arrived.
#include <concepts>
#include <cstddef>
#include <mutex>
#include <optional>

#include "coroute/asyncio/async.hpp"
#include "coroute/asyncio/detail/biased_mutex.hpp"
#include "coroute/asyncio/detail/wait_list.hpp"
#include "coroute/asyncio/errors.hpp"

namespace coroute {

class Barrier;

/// The barrier that a task waited for was reset or aborted.
class BrokenBarrierError : public RuntimeError {
 public:
  using RuntimeError::RuntimeError;
};

enum class BarrierState : unsigned char {
  Filling,    ///< Tasks arrive and wait for the others.
  Draining,   ///< All have arrived, and some have not gone on yet. Who comes now waits until the last has left.
  Resetting,  ///< The same after `reset`: those inside leave with an error.
  Broken,     ///< By `abort`: everybody gets an error, until `reset`.
};

const char* to_string(BarrierState state) noexcept;

namespace detail {

/// One attempt to pass: gives the order of arrival, or nothing when the barrier was closed and the attempt has to be
/// repeated now.
class BarrierAwaiter : public ListedWait {
 public:
  explicit BarrierAwaiter(Barrier& barrier) noexcept : barrier_(barrier) {}

  bool await_ready() noexcept;
  template <class P>
  bool await_suspend(std::coroutine_handle<P> awaiting) {
    return start(awaiting.promise());
  }
  std::optional<std::size_t> await_resume();

  CancelOutcome cancel() noexcept override;
  const char* describe() const noexcept override { return "Barrier.wait"; }

 private:
  friend class coroute::Barrier;
  bool start(FrameBase& frame) noexcept;
  bool try_pass(WakeList& woken) noexcept;

  Barrier& barrier_;
  std::size_t index_ = 0;  // all under the mutex of the barrier
  bool inside_ = false;    // counted by the barrier
  bool shut_out_ = false;  // by one that is broken
};

}  // namespace detail

/// asyncio's Barrier, usable from every loop and thread at once, and again after each round. Must outlive its waiters.
class Barrier {
 public:
  /// std::invalid_argument when `parties` is less than 1.
  explicit Barrier(std::integral auto parties) : parties_(parties < 1 ? 0 : static_cast<std::size_t>(parties)) {
    check_parties();
  }
  Barrier(const Barrier&) = delete;
  Barrier& operator=(const Barrier&) = delete;

  /// Waits until `parties` tasks have arrived; gives each of them another number from 0 to parties - 1. The last one
  /// goes on at once. BrokenBarrierError when the barrier is broken, or reset or aborted meanwhile. Cancelled before
  /// the others have arrived, the task counts as not arrived. A task that finds the barrier draining may be overtaken
  /// by one that comes when that is over.
  Async<std::size_t> wait();

  /// Back to the initial state; tasks inside get BrokenBarrierError. Any thread.
  void reset() noexcept;
  /// Breaks the barrier: whoever waits, or comes before a `reset`, gets BrokenBarrierError. Any thread.
  void abort() noexcept;

  std::size_t parties() const noexcept { return parties_; }
  /// Tasks that wait for others to arrive.
  std::size_t n_waiting() const noexcept;
  bool broken() const noexcept { return state() == BarrierState::Broken; }
  BarrierState state() const noexcept;

 private:
  friend class detail::BarrierAwaiter;
  void check_parties() const;

  // The mutex is held when these are called.
  void arrive(detail::BarrierAwaiter& task) noexcept;
  void open(detail::BarrierAwaiter& last, detail::WakeList& woken) noexcept;
  void leave(detail::WakeList& woken) noexcept;

  const std::size_t parties_;
  mutable detail::BiasedMutex mutex_;
  BarrierState state_ = BarrierState::Filling;
  std::size_t inside_ = 0;    // have arrived and not left
  detail::WaitList arrived_;  // those of them that wait for the others
  detail::WaitList outside_;  // wait for the end of Draining or Resetting, to arrive then
};

}  // namespace coroute
