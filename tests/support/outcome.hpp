// SPDX-License-Identifier: BSL-1.0
#pragma once
/// How an await ended, as text: tests compare it after the `co_await`, never inside an assertion.
#include <string>
#include <type_traits>
#include <utility>

#include "coroute/asyncio/async.hpp"
#include "coroute/asyncio/errors.hpp"

namespace coroute::testing {

/// Awaits `awaitable` and gives "returned", "Cancelled(<reason>)", or the class and the text of what was thrown.
template <Awaitable A>
Async<std::string> outcome_of(A awaitable) {
  std::string outcome = "returned";
  try {
    if constexpr (std::is_void_v<AwaitResult<A>>) {
      co_await std::move(awaitable);
    } else {
      [[maybe_unused]] const auto result = co_await std::move(awaitable);
    }
  } catch (const Cancelled& error) {
    outcome = std::string("Cancelled(") + to_string(error.reason()) + ")";
  } catch (const TimeoutError&) {
    outcome = "TimeoutError";
  } catch (const RuntimeError& error) {
    outcome = std::string("RuntimeError: ") + error.what();
  } catch (const ThreadPoolFull& error) {
    outcome = std::string("ThreadPoolFull: ") + error.what();
  } catch (const std::exception& error) {
    outcome = std::string("error: ") + error.what();
  }
  co_return outcome;
}

}  // namespace coroute::testing
