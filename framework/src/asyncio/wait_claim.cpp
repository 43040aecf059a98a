// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/detail/wait_claim.hpp"

#include "coroute/asyncio/detail/task_state.hpp"
#include "coroute/asyncio/event_loop.hpp"

namespace coroute::detail {

// On the task's own loop nobody can be cancelling it at the same time.
bool WaitClaim::try_answer(const TaskState& task) noexcept {
  if (EventLoop::current_or_null() == &task.loop()) {
    state_.store(State::Answering, std::memory_order_relaxed);
    return true;
  }
  return move_on_to(State::Answering);
}

bool WaitClaim::is_orphaned() const noexcept {
  State state = state_.load(std::memory_order_acquire);
  while (state == State::Orphaning) {
    std::this_thread::yield();
    state = state_.load(std::memory_order_acquire);
  }
  return state == State::Orphaned;
}

void WaitClaim::wait_for_answer() const noexcept {
  while (state_.load(std::memory_order_acquire) == State::Answering)
    std::this_thread::yield();
}

}  // namespace coroute::detail
