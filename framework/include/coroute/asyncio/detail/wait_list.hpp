// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What the synchronization primitives have in common: tasks that wait in a list until another thread ends their wait.
#include <utility>

#include "coroute/asyncio/detail/intrusive_list.hpp"
#include "coroute/asyncio/detail/task_state.hpp"

namespace coroute::detail {

/// Base of awaiters that queue in an IntrusiveList guarded by the mutex of a primitive.
class ListedWait : public Suspension, public ListNode {
 protected:
  /// The wait is over, and whoever ended it wakes the task: a cancellation comes too late. Written under the mutex
  /// while the task is suspended.
  bool granted_ = false;

 private:
  friend class WakeList;
};

using WaitList = IntrusiveList<ListedWait>;

/// The waits that were ended under a mutex, whose tasks are woken in order when this is destroyed. Declare it before
/// the lock of the mutex: nothing touches the primitive after the first of them may run and end the primitive's life.
class WakeList {
 public:
  WakeList() noexcept = default;
  WakeList(const WakeList&) = delete;
  WakeList& operator=(const WakeList&) = delete;
  ~WakeList() {
    while (ListNode* const node = first_) {
      first_ = node->next;  // before the wake, which may end the node's life
      static_cast<ListedWait*>(node)->wake();
    }
  }

  /// `wait` must not be in another list.
  void grant(ListedWait& wait) noexcept {
    wait.granted_ = true;
    ListNode* const node = &wait;
    node->next = nullptr;
    (last_ ? last_->next : first_) = node;
    last_ = node;
  }
  void grant_all(WaitList& waits) noexcept {
    while (!waits.empty())
      grant(waits.pop_front());
  }

 private:
  ListNode* first_ = nullptr;
  ListNode* last_ = nullptr;
};

}  // namespace coroute::detail
