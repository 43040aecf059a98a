// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `co_await sleep(100ms)`: lets others run for a while.
#include "coroute/asyncio/detail/task_state.hpp"
#include "coroute/asyncio/event_loop.hpp"

namespace coroute {

namespace detail {

class SleepAwaiter : public Suspension, private Timer {
 public:
  explicit SleepAwaiter(Clock::duration delay) noexcept : Timer(&on_fire), delay_(delay) {}

  bool await_ready() const noexcept { return false; }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> awaiting) {
    return start(awaiting.promise());
  }
  void await_resume() const { finish(); }

  CancelOutcome cancel() noexcept override;
  const char* describe() const noexcept override { return "sleep"; }

 private:
  static void on_fire(Timer& timer) noexcept { static_cast<SleepAwaiter&>(timer).wake(); }
  bool start(FrameBase& frame);

  Clock::duration delay_;
};

}  // namespace detail

/// An await that lasts `delay`; zero or less gives way once: whatever is ready runs first. Cancelling ends it at once.
class [[nodiscard("sleep does nothing until it is awaited")]] Sleep {
 public:
  explicit Sleep(Clock::duration delay) noexcept : delay_(delay) {}
  detail::SleepAwaiter operator co_await() const noexcept { return detail::SleepAwaiter(delay_); }

 private:
  Clock::duration delay_;
};

inline Sleep sleep(Clock::duration delay) noexcept {
  return Sleep(delay);
}

}  // namespace coroute
