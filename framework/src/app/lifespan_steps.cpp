// SPDX-License-Identifier: BSL-1.0
#include "lifespan_steps.hpp"

#include <chrono>
#include <exception>
#include <iterator>
#include <optional>

#include "coroute/asyncio/task.hpp"
#include "coroute/asyncio/timeout.hpp"

namespace coroute::detail {
namespace {

/// For each end that comes after a cancellation: it is to end well if it can, but not to wait for ever.
constexpr std::chrono::seconds time_after_cancellation{2};

std::uint32_t cancellations() {
  return TaskState::current()->cancelling();
}

/// All of them, also after an error; the first error is thrown at the end. With more cancellations than `expected` the
/// time that all of them have is over.
Async<void> stop_all(std::vector<LifespanStepRef> steps, std::uint32_t expected) {
  std::exception_ptr error;
  while (!steps.empty()) {
    std::optional<Clock::time_point> limit;
    if (cancellations() > expected) limit = EventLoop::current().time_after(time_after_cancellation);
    try {
      co_await timeout_at(limit, steps.back()->stop());
    } catch (...) {
      if (!error) error = std::current_exception();
    }
    steps.pop_back();
  }
  if (error) std::rethrow_exception(error);
}

/// Those that have started are stopped again when one fails; its error counts.
Async<void> start_all(std::vector<LifespanStepRef> steps) {
  const std::uint32_t expected = cancellations();
  std::vector<LifespanStepRef> started;
  std::exception_ptr error;
  try {
    for (const LifespanStepRef& step : steps) {
      co_await step->start();
      started.push_back(step);
    }
    co_return;
  } catch (...) {
    error = std::current_exception();
  }
  try {
    co_await stop_all(std::move(started), expected);
  } catch (...) {
    call_exception_handler({"what had started before an error has not ended well", std::current_exception(), {}});
  }
  std::rethrow_exception(error);
}

}  // namespace

void LifespanSteps::take(LifespanSteps& other) {
  std::move(other.steps_.begin(), other.steps_.end(), std::back_inserter(steps_));
  std::move(other.loop_steps_.begin(), other.loop_steps_.end(), std::back_inserter(loop_steps_));
  other.steps_.clear();
  other.loop_steps_.clear();
}

Async<void> LifespanSteps::start() {
  return start_all(steps_);
}

Async<void> LifespanSteps::start_loop() {
  std::vector<LifespanStepRef> steps;
  for (const MakeStep& make : loop_steps_)
    steps.push_back(make());
  co_await start_all(steps);
  *started_on_loop_ = std::move(steps);
}

Async<void> LifespanSteps::stop_loop() {
  return stop_all(std::exchange(*started_on_loop_, {}), cancellations());
}

Async<void> LifespanSteps::stop() {
  return stop_all(steps_, cancellations());
}

void throw_no_lifespan_value() {
  throw RuntimeError("the value of a lifespan is there only while the application is served");
}
void throw_lifespan_without_yield() {
  throw RuntimeError("a lifespan ended without a co_yield, which stands for serving");
}
void throw_lifespan_yielded_again() {
  throw RuntimeError("a lifespan has a second co_yield: it stands for serving, which has ended");
}

}  // namespace coroute::detail
