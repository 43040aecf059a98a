// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Runs what an application wants around serving, in step over all loops of a server.
#include <atomic>
#include <exception>
#include <memory>
#include <mutex>

#include "coroute/asyncio/event.hpp"
#include "coroute/http/service.hpp"
#include "coroute/server/options.hpp"

namespace coroute::detail {

class Lifecycle {
 public:
  /// Null hooks: nothing is run. `timeouts` must outlive it.
  Lifecycle(std::shared_ptr<ServingHooks> hooks, const ServerTimeouts& timeouts)
      : hooks_(std::move(hooks)), timeouts_(&timeouts) {}
  Lifecycle(const Lifecycle&) = delete;
  Lifecycle& operator=(const Lifecycle&) = delete;

  /// How far one loop is; belongs to that loop.
  struct LoopState {
    bool is_first = false;
    bool has_started = false;
  };

  /// Before the loops run.
  void set_loop_count(std::size_t count) noexcept { present_ = count; }
  /// So many of them will not run: nobody is to wait for them. Any thread.
  void count_out(std::size_t loops) noexcept;

  /// Returns when the loop may serve. Throws what the hooks throw, and on the other loops Cancelled.
  Async<void> enter(LoopState& loop);
  /// After the loop's last request, or when `enter` has thrown; to be awaited by each loop exactly once. Throws
  /// nothing: errors go to the exception handler.
  Async<void> leave(LoopState loop);

  /// Why a loop couldn't start; the first of them. Null: none failed so far. Any thread.
  std::exception_ptr error() const;
  void fail(std::exception_ptr error);

 private:
  Async<void> stop_in_time(Async<void> hook, const char* what);

  const std::shared_ptr<ServingHooks> hooks_;
  const ServerTimeouts* timeouts_;
  bool has_started_ = false;  // of the first loop, and of others once started_ is set
  Event started_;             // or has failed
  Event all_left_;
  std::atomic<std::size_t> present_{0};
  mutable std::mutex mutex_;
  std::exception_ptr error_;
};

}  // namespace coroute::detail
