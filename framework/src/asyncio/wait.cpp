// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/wait.hpp"

#include <algorithm>
#include <stdexcept>
#include <unordered_set>

namespace coroute::detail {
namespace {

Async<void> follow(AnyTask task) {
  TaskEnd end(std::move(task));
  co_await end;
}

}  // namespace

AnyTask follow_on_this_loop(const AnyTask& task) {
  // It ends when the other one does: neither with the deadline nor with the request of whoever waits.
  return start_task(EventLoop::current(), follow(task), TaskOptions().without_deadline(), nullptr);
}

std::vector<AnyTask> distinct_tasks(std::vector<AnyTask> tasks) {
  if (tasks.empty()) throw std::invalid_argument("wait: there is no task to wait for");
  std::unordered_set<const TaskState*> seen;
  std::erase_if(tasks, [&seen](const AnyTask& task) { return !seen.insert(&task.state()).second; });
  return tasks;
}

WaitSuspension::WaitSuspension(const std::vector<AnyTask>& tasks, ReturnWhen when,
                               std::optional<Clock::duration> timeout)
    : Timer(&on_fire), timeout_(timeout), return_when_(when) {
  EventLoop& loop = EventLoop::current();
  for (const AnyTask& task : tasks)
    check_not_current(task.state());
  for (const AnyTask& task : tasks) {
    if (task.done()) {
      count(task.state());
      continue;
    }
    const bool is_remote = &task.state().loop() != &loop;
    if (is_remote) followers_.push_back(follow_on_this_loop(task));
    watches_.emplace_back(*this, task.state()).start(is_remote ? followers_.back().state() : task.state());
    ++remaining_;
  }
}

WaitSuspension::~WaitSuspension() {
  if (queued()) task_->loop().remove_timer(*this);
  for (const AnyTask& follower : followers_)
    follower.cancel();
}

void WaitSuspension::count(TaskState& task) noexcept {
  satisfied_ = satisfied_ || return_when_ == ReturnWhen::FirstCompleted ||
               (return_when_ == ReturnWhen::FirstException && !task.cancelled() && task.error());
}

void WaitSuspension::on_task_done(TaskState& task) noexcept {
  --remaining_;
  count(task);
  if (is_over()) wake_once();
}

void WaitSuspension::wake_once() noexcept {
  if (std::exchange(waiting_, false)) wake();
}

bool WaitSuspension::start(FrameBase& frame) {
  if (!begin(frame)) return false;
  if (is_over()) {  // only gives others a turn
    wake();
    return true;
  }
  if (timeout_) {
    Timer::when = task_->loop().time_after(*timeout_);
    try {
      task_->loop().add_timer(*this);
    } catch (...) {
      withdraw();
      throw;
    }
  }
  waiting_ = true;
  return true;
}

CancelOutcome WaitSuspension::cancel() noexcept {
  return std::exchange(waiting_, false) ? CancelOutcome::Aborted : CancelOutcome::Refused;
}

void WaitSuspension::list_awaited(std::vector<const TaskState*>& tasks) const {
  for (const Watch& watch : watches_) {
    if (!watch.task.done()) tasks.push_back(&watch.task);
  }
}

}  // namespace coroute::detail
