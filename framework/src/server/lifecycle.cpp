// SPDX-License-Identifier: BSL-1.0
#include "lifecycle.hpp"

#include <string>

#include "coroute/asyncio/task.hpp"
#include "coroute/asyncio/timeout.hpp"

namespace coroute::detail {
namespace {

/// Zero: no limit.
std::optional<Clock::time_point> end_of(std::chrono::milliseconds limit) {
  if (limit == std::chrono::milliseconds::zero()) return std::nullopt;
  return EventLoop::current().time_after(limit);
}

Async<void> start_in_time(Async<void> hook, std::chrono::milliseconds limit) {
  Timeout timeout(end_of(limit));
  try {
    co_await std::move(hook);
    timeout.exit(false);
    co_return;
  } catch (const Cancelled&) {
    if (!timeout.exit(true)) {
      if (TaskState::current()->cancelling() > 0) throw;
      throw RuntimeError("the start waited for something that was cancelled");  // nobody has stopped it
    }
  }
  throw RuntimeError("the start took longer than " + std::to_string(limit.count()) + " ms");
}

}  // namespace

Async<void> Lifecycle::enter(LoopState& loop) {
  if (!hooks_) co_return;
  if (loop.is_first) {
    try {
      co_await start_in_time(hooks_->start(), timeouts_->startup);
      has_started_ = true;
    } catch (...) {
      started_.set();
      throw;
    }
    started_.set();
  } else {
    co_await started_.wait();
    if (!has_started_) throw Cancelled(CancelReason::Shutdown);
  }
  co_await start_in_time(hooks_->start_loop(), timeouts_->startup);
  loop.has_started = true;
}

Async<void> Lifecycle::leave(LoopState loop) {
  if (loop.has_started)
    co_await stop_in_time(hooks_->stop_loop(), "what runs around serving on a loop has not ended well");
  count_out(1);
  if (!loop.is_first || !hooks_) co_return;
  while (!all_left_.is_set()) {
    try {
      co_await all_left_.wait();
    } catch (const Cancelled&) {  // the others are told to end too
    }
  }
  if (has_started_) co_await stop_in_time(hooks_->stop(), "what runs around serving has not ended well");
}

void Lifecycle::count_out(std::size_t loops) noexcept {
  if (loops > 0 && present_.fetch_sub(loops) == loops) all_left_.set();
}

Async<void> Lifecycle::stop_in_time(Async<void> hook, const char* what) {
  try {
    co_await timeout_at(end_of(timeouts_->shutdown), std::move(hook));
  } catch (...) {
    call_exception_handler({what, std::current_exception(), {}});
  }
}

std::exception_ptr Lifecycle::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

void Lifecycle::fail(std::exception_ptr error) {
  const std::lock_guard lock(mutex_);
  if (!error_) error_ = std::move(error);
}

}  // namespace coroute::detail
