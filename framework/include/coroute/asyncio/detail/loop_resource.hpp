// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What has a descriptor or a process on a loop and may outlive it in the hands of its user.
#include "coroute/asyncio/detail/intrusive_list.hpp"
#include "coroute/asyncio/event_loop.hpp"

namespace coroute::detail {

/// Loop thread only.
class LoopResource : public ListNode {
 public:
  LoopResource(const LoopResource&) = delete;
  LoopResource& operator=(const LoopResource&) = delete;

  /// The loop has stopped for good and is about to be destroyed; nothing runs on it any more. May end `*this`.
  virtual void on_loop_end() noexcept = 0;

 protected:
  LoopResource() noexcept = default;
  ~LoopResource() { leave_loop(); }

  void join_loop(EventLoop& loop);
  void leave_loop() noexcept;
};

}  // namespace coroute::detail
