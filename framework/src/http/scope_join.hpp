// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Waits until the tasks of a scope are done; a cancellation is forwarded to them.
#include "coroute/asyncio/detail/task_state.hpp"
#include "coroute/asyncio/event_loop.hpp"

namespace coroute::detail {

class ScopeJoin : public Suspension {
 public:
  ScopeJoin(TaskScope& scope, EventLoop& loop) noexcept : scope_(scope), loop_(loop) {}

  bool await_ready() const noexcept { return scope_.running == 0; }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> awaiting) {
    FrameBase& frame = awaiting.promise();
    if (!begin(frame)) {
      loop_.cancel_tasks_of(scope_, cancel_reason());
      begin(frame);
    }
    scope_.joiner = this;
    return true;
  }
  void await_resume() const noexcept {}

  CancelOutcome cancel() noexcept override {
    loop_.cancel_tasks_of(scope_, cancel_reason());
    return CancelOutcome::Forwarded;
  }
  const char* describe() const noexcept override { return "tasks of the request"; }

 private:
  TaskScope& scope_;
  EventLoop& loop_;
};

}  // namespace coroute::detail
