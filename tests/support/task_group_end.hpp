// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Children for task groups, and how a block that has some ended, as text.
#include <doctest/doctest.h>

#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task_group.hpp"
#include "support/outcome.hpp"

namespace coroute::testing {

using namespace std::chrono_literals;

/// Stands for KeyboardInterrupt: no std::exception.
struct BaseError {
  int number;
};

inline Clock::time_point now() {
  return EventLoop::current().time();
}

inline Async<int> give_after(Clock::duration delay, int value) {
  co_await sleep(delay);
  co_return value;
}

inline Async<void> fail_after(Clock::duration delay, std::string text) {
  co_await sleep(delay);
  throw std::runtime_error(text);
}

inline Async<void> base_fail_after(Clock::duration delay, int number) {
  co_await sleep(delay);
  throw BaseError{number};
}

/// Sleeps; counts the cancellation it ends with.
inline Async<void> count_cancel(int& cancels, int weight = 1) {
  try {
    co_await sleep(1h);
  } catch (const Cancelled&) {
    cancels += weight;
    throw;
  }
}

/// Waits to be cancelled, then throws instead.
inline Async<void> fail_in_cleanup(std::string text) {
  const std::string outcome = co_await outcome_of(sleep(1h));
  throw std::runtime_error(text + " after " + outcome);
}

inline Async<void> base_fail_in_cleanup(int number) {
  co_await outcome_of(sleep(1h));
  throw BaseError{number};
}

/// "group[a; group[b]]" in place of the text of a group.
inline std::string shape_of(const ExceptionGroup& group) {
  std::string shape = "group[";
  for (const std::exception_ptr& error : group.exceptions()) {
    if (shape.back() != '[') shape += "; ";
    try {
      std::rethrow_exception(error);
    } catch (const ExceptionGroup& inner) {
      shape += shape_of(inner);
    } catch (const std::exception& exception) {
      shape += exception.what();
    }
  }
  return shape + "]";
}

/// How a block ended, and what is left of it: "cancelling 1" when requests to cancel the task remain.
inline Async<std::string> end_of(Async<void> block) {
  std::string end = "returned";
  try {
    co_await block;
  } catch (const ExceptionGroup& group) {
    end = shape_of(group);
  } catch (const BaseError& error) {
    end = "BaseError " + std::to_string(error.number);
  } catch (const Cancelled& error) {
    end = std::string("Cancelled(") + to_string(error.reason()) + ")";
  } catch (const std::exception& error) {
    end = std::string("error: ") + error.what();
  }
  const unsigned requests = current_task()->cancelling();
  if (requests != 0) end += ", cancelling " + std::to_string(requests);
  co_return end;
}

/// The same in a task of its own, which gets a cancellation at `when`.
inline Async<std::string> end_of_cancelled(Clock::duration when, Async<void> block,
                                           CancelReason reason = CancelReason::User) {
  Task<std::string> task = create_task(end_of(std::move(block)));
  co_await sleep(when);
  CHECK_FALSE(task.done());
  task.cancel(reason);
  co_return co_await task;
}

}  // namespace coroute::testing
