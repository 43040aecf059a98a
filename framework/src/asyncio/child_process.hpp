// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Learns when a child process has ended, and reaps it.
#include <sys/types.h>

#include <memory>
#include <mutex>
#include <optional>

#include "coroute/asyncio/detail/io_handle.hpp"
#include "coroute/asyncio/detail/loop_resource.hpp"
#include "coroute/asyncio/detail/loop_wait_list.hpp"
#include "coroute/asyncio/detail/runnable.hpp"

namespace coroute::detail {

/// How the end is noticed: by a pidfd, or where the kernel or its filters refuse one by a thread that waits.
enum class ChildWatch : unsigned char { Pidfd, Thread };

/// Lives until the child was reaped. Nobody else may wait for the child.
class ChildProcess final : public std::enable_shared_from_this<ChildProcess>, public LoopResource, private Runnable {
 public:
  /// Kills and reaps the child when it can't be watched.
  static std::shared_ptr<ChildProcess> watch(EventLoop& loop, pid_t pid, ChildWatch how = ChildWatch::Pidfd);
  /// Use `watch`.
  ChildProcess(EventLoop& loop, pid_t pid) noexcept : Runnable(&run_step), pid_(pid), loop_(&loop) {}

  pid_t pid() const noexcept { return pid_; }
  const std::optional<int>& returncode() const noexcept { return returncode_; }
  LoopWaitList& ended() noexcept { return ended_; }

  /// std::system_error, ESRCH, when it was reaped.
  void send_signal(int signal);
  /// Nobody is interested any more: kills it unless it has ended.
  void abandon() noexcept;

 private:
  void start_watching(ChildWatch how);
  bool open_pidfd();
  void wait_on_thread();
  void on_loop_end() noexcept override;

  static void on_ready(void* self) noexcept { static_cast<ChildProcess*>(self)->queue_step(); }
  static void run_step(Runnable& node) noexcept { static_cast<ChildProcess&>(node).step(); }
  void queue_step() noexcept;
  void step() noexcept;
  bool try_reap() noexcept;
  int signal_child(int signal) noexcept;

  const pid_t pid_;
  std::optional<int> returncode_;
  LoopWaitList ended_;
  std::unique_ptr<IoHandle> pidfd_;
  std::shared_ptr<ChildProcess> self_;  // until it is reaped, or the loop ends
  bool step_queued_ = false;
  bool abandoned_ = false;
  std::mutex mutex_;
  EventLoop* loop_;  // guarded by mutex_ where a thread waits
};

}  // namespace coroute::detail
