// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Calls a function while the loop fires its timers, before anything that became ready runs: what arrives "in the same
/// step" as an expiry or the end of a sleep. `call_later` would run in the turn after it.
#include <utility>

#include "coroute/asyncio/event_loop.hpp"

namespace coroute::testing {

class TimerCall : private detail::Timer {
 public:
  TimerCall(Clock::time_point at, Function<void()> function) : Timer(&on_fire), function_(std::move(function)) {
    when = at;
    EventLoop::current().add_timer(*this);
  }
  ~TimerCall() { EventLoop::current().remove_timer(*this); }
  TimerCall(const TimerCall&) = delete;
  TimerCall& operator=(const TimerCall&) = delete;

 private:
  static void on_fire(Timer& timer) noexcept { static_cast<TimerCall&>(timer).function_(); }
  Function<void()> function_;
};

}  // namespace coroute::testing
