// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Who ends a wait: somebody who answers it, or a cancellation.
#include <atomic>
#include <mutex>
#include <thread>

namespace coroute::detail {

class TaskState;

/// Part of a waiter in the list of a primitive that may die as soon as it has answered. It is answered on any thread,
/// under the primitive's mutex, and cancelled on the loop of its task, where no mutex is held yet; one atomic operation
/// decides between the two. So a wait that has been answered never touches the primitive again, which may be gone.
/// Whoever loses passes the waiter over; whoever wins takes it out of the list, under the mutex.
class WaitClaim {
 public:
  /// Under the mutex. False: it is being cancelled.
  bool try_answer(const TaskState& task) noexcept;
  /// What the answer says is written; the waiter may die from now on.
  void answered() noexcept { state_.store(State::Answered, std::memory_order_release); }
  /// The wait ends before the waiter came to the list.
  void answer_at_once() noexcept { state_.store(State::Answered, std::memory_order_relaxed); }

  /// Without the mutex.
  bool try_cancel() noexcept { return move_on_to(State::Cancelled); }

  /// Under the mutex, by a primitive that dies. False: it is being cancelled.
  bool try_orphan() noexcept { return move_on_to(State::Orphaning); }
  /// The waiter is out of the list: its task waits on until it is cancelled, and may then end at once.
  void orphaned() noexcept { state_.store(State::Orphaned, std::memory_order_release); }
  /// Of a wait that could not be cancelled: the primitive has died.
  bool is_orphaned() const noexcept;

  /// Until whoever is answering has written the answer. For a waiter that dies without having gone on.
  void wait_for_answer() const noexcept;

 private:
  enum class State : unsigned char { Waiting, Answering, Answered, Cancelled, Orphaning, Orphaned };
  bool move_on_to(State next) noexcept {
    State waiting = State::Waiting;
    return state_.compare_exchange_strong(waiting, next, std::memory_order_acq_rel, std::memory_order_relaxed);
  }

  std::atomic<State> state_{State::Waiting};
};

/// Of a primitive that dies: leaves those in `waiters` to themselves. `mutex` must not be held. A cancellation that is
/// on its way to the list is waited for.
template <class List, class Mutex, class Claim>
void orphan_all(List& waiters, Mutex& mutex, Claim claim_of) noexcept {
  while (true) {
    {
      const std::lock_guard lock(mutex);
      waiters.for_each([&](auto& waiter) {
        if (!claim_of(waiter).try_orphan()) return;
        List::remove(waiter);
        claim_of(waiter).orphaned();
      });
      if (waiters.empty()) return;
    }
    std::this_thread::yield();
  }
}

}  // namespace coroute::detail
