// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A flag that tasks wait for.
#include <atomic>
#include <cstddef>
#include <mutex>

#include "coroute/asyncio/detail/biased_mutex.hpp"
#include "coroute/asyncio/detail/wait_claim.hpp"
#include "coroute/asyncio/detail/wait_list.hpp"

namespace coroute {

class Event;

namespace detail {

class EventAwaiter : public ListedWait {
 public:
  explicit EventAwaiter(Event& event) noexcept : event_(event) {}

  bool await_ready() noexcept;
  template <class P>
  bool await_suspend(std::coroutine_handle<P> awaiting) {
    return start(awaiting.promise());
  }
  void await_resume() const { finish(); }

  CancelOutcome cancel() noexcept override;
  const char* describe() const noexcept override { return "Event.wait"; }

 private:
  friend class coroute::Event;
  bool start(FrameBase& frame) noexcept;

  Event& event_;  // gone when the wait was answered or orphaned
  WaitClaim claim_;
};

class [[nodiscard("wait does nothing until it is awaited")]] EventWait {
 public:
  explicit EventWait(Event& event) noexcept : event_(&event) {}
  EventAwaiter operator co_await() const noexcept { return EventAwaiter(*event_); }

 private:
  Event* event_;
};

}  // namespace detail

/// asyncio's Event, usable from every loop and thread at once. `set` wakes all who wait at that moment, in order of
/// arrival, also when `clear` follows at once. Waiting for one that is set, and setting one that nobody waits for, is
/// one atomic operation. What happened before `set` is visible to those whom it let go on. Whoever has set it may
/// destroy it. Tasks that still wait then go on doing so until they are cancelled.
class Event {
 public:
  Event() noexcept = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event();

  /// Any thread.
  void set() noexcept;
  void clear() noexcept;
  bool is_set() const noexcept { return state_.load(std::memory_order_acquire) == State::Set; }

  /// `co_await event.wait();`
  detail::EventWait wait() noexcept { return detail::EventWait(*this); }
  /// Tasks that wait right now.
  std::size_t waiting() const noexcept { return waiting_.load(std::memory_order_relaxed); }

 private:
  friend class detail::EventAwaiter;
  enum class State : unsigned char { Clear, Set, ClearAndAwaited };

  bool try_queue(detail::EventAwaiter& waiter) noexcept;
  void remove(detail::EventAwaiter& waiter) noexcept;
  void leave(detail::EventAwaiter& waiter) noexcept;

  std::atomic<State> state_{State::Clear};  // ClearAndAwaited is set and replaced by the holder of mutex_ alone
  std::atomic<std::size_t> waiting_{0};
  detail::BiasedMutex mutex_;
  detail::WaitList waiters_;
};

}  // namespace coroute
