// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/deadline.hpp"

#include "coroute/asyncio/errors.hpp"

namespace coroute {
namespace {

constinit thread_local std::optional<Clock::time_point> thread_deadline;

}  // namespace

std::optional<Clock::time_point> current_deadline() noexcept {
  const detail::TaskState* const task = detail::TaskState::current();
  if (!task) return thread_deadline;
  Clock::time_point earliest = task->deadline;
  for (const Timeout* limit = task->timeouts; limit; limit = limit->outer_) {
    if (limit->state_ != Timeout::State::Exited && limit->when_) earliest = std::min(earliest, *limit->when_);
  }
  if (earliest == Clock::time_point::max()) return std::nullopt;
  return earliest;
}

std::optional<Clock::duration> time_left() noexcept {
  const std::optional<Clock::time_point> deadline = current_deadline();
  if (!deadline) return std::nullopt;
  const EventLoop* const loop = EventLoop::current_or_null();
  const Clock::time_point now = loop ? loop->time_after(Clock::duration::zero()) : Clock::now();
  return std::max(*deadline - now, Clock::duration::zero());
}

namespace detail {

DeadlineScope::DeadlineScope(Clock::time_point when) : task_(TaskState::current()) {
  if (!task_) throw RuntimeError("with_deadline must be awaited inside a task");
  outer_ = std::exchange(task_->deadline, std::min(task_->deadline, when));
}

DeadlineScope::~DeadlineScope() {
  task_->deadline = outer_;
}

ThreadDeadline::ThreadDeadline(std::optional<Clock::time_point> when) noexcept
    : outer_(std::exchange(thread_deadline, when)) {}

ThreadDeadline::~ThreadDeadline() {
  thread_deadline = outer_;
}

}  // namespace detail
}  // namespace coroute
