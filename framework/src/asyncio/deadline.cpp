// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/deadline.hpp"

#include "coroute/asyncio/errors.hpp"

namespace coroute {
namespace {

constinit thread_local detail::CarriedDeadline thread_deadline{};

}  // namespace

std::optional<Clock::time_point> detail::deadline_of(const TaskState& task) noexcept {
  Clock::time_point earliest = task.deadline;
  for (const Timeout* limit = task.timeouts; limit; limit = limit->outer_) {
    if (limit->state_ != Timeout::State::Exited && limit->when_) earliest = std::min(earliest, *limit->when_);
  }
  if (earliest == Clock::time_point::max()) return std::nullopt;
  return earliest;
}

std::optional<Clock::time_point> current_deadline() noexcept {
  const detail::TaskState* const task = detail::TaskState::current();
  return task ? detail::deadline_of(*task) : thread_deadline.when;
}

std::optional<Clock::duration> time_left() noexcept {
  const std::optional<Clock::time_point> deadline = current_deadline();
  if (!deadline) return std::nullopt;
  Clock::time_point now;
  if (const EventLoop* const loop = EventLoop::current_or_null()) {
    now = loop->time_after(Clock::duration::zero());
  } else {
    now = thread_deadline.virtual_now ? *thread_deadline.virtual_now : Clock::now();
  }
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

CarriedDeadline CarriedDeadline::of_current_task() noexcept {
  const EventLoop& loop = TaskState::current()->loop();
  CarriedDeadline carried{current_deadline(), std::nullopt};
  if (loop.has_virtual_time()) carried.virtual_now = loop.time();
  return carried;
}

ThreadDeadline::ThreadDeadline(const CarriedDeadline& deadline) noexcept
    : outer_(std::exchange(thread_deadline, deadline)) {}

ThreadDeadline::~ThreadDeadline() {
  thread_deadline = outer_;
}

Clock::time_point inherited_deadline(const EventLoop& loop) noexcept {
  constexpr Clock::time_point none = Clock::time_point::max();
  if (const TaskState* const creator = TaskState::current()) {
    return creator->loop().has_virtual_time() == loop.has_virtual_time() ? creator->deadline : none;
  }
  return thread_deadline.virtual_now.has_value() == loop.has_virtual_time() ? thread_deadline.when.value_or(none)
                                                                            : none;
}

}  // namespace detail
}  // namespace coroute
