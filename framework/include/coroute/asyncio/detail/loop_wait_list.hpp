// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Tasks of one loop that wait for something to happen to an object.
#include "coroute/asyncio/detail/intrusive_list.hpp"
#include "coroute/asyncio/detail/task_state.hpp"

namespace coroute::detail {

class LoopWaitList;

class LoopWaitListAwaiter : public Suspension, public ListNode {
 public:
  LoopWaitListAwaiter(LoopWaitList& list, const char* what) noexcept : list_(&list), what_(what) {}
  ~LoopWaitListAwaiter();

  bool await_ready() const noexcept { return false; }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> awaiting) {
    return start(awaiting.promise());
  }
  void await_resume() const { finish(); }

  CancelOutcome cancel() noexcept override;
  const char* describe() const noexcept override { return what_; }

 private:
  friend class LoopWaitList;
  bool start(FrameBase& frame) noexcept;

  LoopWaitList* list_;
  const char* what_;
};

/// Loop thread only; outlives those who wait. Who is woken looks for himself whether what he waits for is true.
class LoopWaitList {
 public:
  /// `what`: for people, such as "StreamWriter.drain".
  LoopWaitListAwaiter wait(const char* what) noexcept { return LoopWaitListAwaiter(*this, what); }
  void wake_all() noexcept;

 private:
  friend class LoopWaitListAwaiter;
  IntrusiveList<LoopWaitListAwaiter> waiters_;
};

}  // namespace coroute::detail
