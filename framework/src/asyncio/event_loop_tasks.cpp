// SPDX-License-Identifier: BSL-1.0
// The part of a loop that knows its tasks.
#include <vector>

#include "coroute/asyncio/detail/task_state.hpp"
#include "coroute/asyncio/event_loop.hpp"
#include "loop_mailbox.hpp"
#include "running_loop.hpp"

namespace coroute {

void EventLoop::attach_task(detail::TaskState& task) noexcept {
  task.created_ = now_;
  tasks_.push_back(task);
  ++task_count_;
}

void EventLoop::detach_task(detail::TaskState& task) noexcept {
  detail::IntrusiveList<detail::TaskState>::remove(task);
  --task_count_;
  if (task.in_shutdown_round_) --shutdown_round_;
}

std::vector<detail::TaskRef> EventLoop::tasks() {
  std::vector<detail::TaskRef> all;
  all.reserve(task_count_);
  tasks_.for_each([&](detail::TaskState& task) {
    task.retain();
    all.emplace_back(&task);
  });
  return all;
}

void EventLoop::cancel_tasks_of(const detail::TaskScope& scope, CancelReason reason) noexcept {
  if (scope.running == 0) return;
  tasks_.for_each([&](detail::TaskState& task) {
    if (task.scope == &scope && task.joins_scope) task.cancel(reason);
  });
}

void EventLoop::cancel_all_tasks() {
  const detail::RunningLoop running(this);
  do {
    shutdown_round_ = 0;
    tasks_.for_each([this](detail::TaskState& task) {
      task.in_shutdown_round_ = true;
      ++shutdown_round_;
      task.cancel(CancelReason::Shutdown);
    });
    while (shutdown_round_ > 0) {
      mailbox_->stopping.store(false, std::memory_order_relaxed);  // the loop is stopping, and would not go to sleep
      run_iteration();
    }
    // What the last of them left to do. Tasks that were posted and begin only now are cancelled in another round.
    take_mailbox();
    run_ready();
  } while (task_count_ > 0);
}

}  // namespace coroute
