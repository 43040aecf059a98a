// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Coroutines that take time and then give something, for tests in virtual time.
#include <stdexcept>
#include <string>

#include "coroute/asyncio/async.hpp"
#include "coroute/asyncio/event_loop.hpp"
#include "coroute/asyncio/sleep.hpp"

namespace coroute::testing {

inline Clock::time_point now() {
  return EventLoop::current().time();
}

inline Async<int> give_after(Clock::duration delay, int value) {
  co_await sleep(delay);
  co_return value;
}

/// Throws a std::runtime_error.
template <class T = int>
Async<T> fail_after(Clock::duration delay, std::string text) {
  co_await sleep(delay);
  throw std::runtime_error(text);
}

}  // namespace coroute::testing
