// SPDX-License-Identifier: BSL-1.0
#pragma once
/// One event loop, run by one thread: ready queue, timers, file descriptors, and a mailbox for other threads.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coroute/asyncio/clock.hpp"
#include "coroute/asyncio/detail/idle_spin.hpp"
#include "coroute/asyncio/detail/intrusive_list.hpp"
#include "coroute/asyncio/detail/runnable.hpp"
#include "coroute/asyncio/detail/timer_heap.hpp"
#include "coroute/asyncio/errors.hpp"
#include "coroute/asyncio/function.hpp"

namespace coroute {

namespace detail {
class IoHandle;
class LoopGuest;
class LoopLocal;
class TaskRef;
class TaskState;
struct TaskScope;
}  // namespace detail

namespace detail {

/// How far a loop is, as other threads see it.
struct LoopProgress {
  std::uint64_t number = 0;  ///< Of the loop: 1 for the first of the process.
  std::uint64_t turns = 0;   ///< Grows with every iteration.
  int thread = 0;            ///< Kernel's id of the thread that runs it; 0: none does.
  bool waiting = false;      ///< For events: nothing to do.
};

}  // namespace detail

struct EventLoopOptions {
  /// Time stands still while anything can run and jumps to the next timer when nothing can: for tests.
  bool virtual_time = false;
};

/// Not copyable, not movable. `run`, `call_soon`, `call_at` and everything in `detail` belong to the loop's thread;
/// `stop` and `call_soon_threadsafe` may be called by any.
class EventLoop {
 public:
  explicit EventLoop(EventLoopOptions options = {});
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// The loop that runs on this thread; throws RuntimeError when there is none.
  static EventLoop& current();
  static EventLoop* current_or_null() noexcept;

  /// Runs until `stop`. In virtual time throws DeadlockError when everything waits and no timer is left.
  void run();
  /// Makes `run` return after the step in progress. Any thread.
  void stop() noexcept;

  /// The loop's time, cheap, and virtual when the loop is: read before the loop waits and after, and while it is busy
  /// every few steps or milliseconds.
  Clock::time_point time() const noexcept { return now_; }

  bool has_virtual_time() const noexcept { return virtual_time_; }

  /// `delay` from this very moment, however long the present step has lasted; at most the end of time.
  Clock::time_point time_after(Clock::duration delay) const noexcept;

  /// Callbacks run in the order in which they were added or became due, with the context variables of whoever added
  /// them; what one throws goes to the exception handler.
  void call_soon(Function<void()> callback);
  void call_at(Clock::time_point when, Function<void()> callback);
  void call_later(Clock::duration delay, Function<void()> callback) { call_at(time_after(delay), std::move(callback)); }
  /// Any thread. Dropped unrun when the loop is destroyed first.
  void call_soon_threadsafe(Function<void()> callback);

  /// Tasks of this loop that are not done. The loop's thread only.
  std::size_t task_count() const noexcept { return task_count_; }
  /// Callbacks of `call_at` and `call_later` that are not due yet. The loop's thread only.
  std::size_t timed_callback_count() const noexcept;
  /// Cancels every task of this loop and runs until they have ended: what `run` does with left-over tasks. What their
  /// cleanup starts runs along with it and is cancelled after it.
  void cancel_all_tasks();
  /// Requests the cancellation of every task of `scope`.
  void cancel_tasks_of(const detail::TaskScope& scope, CancelReason reason = CancelReason::User) noexcept;

  // --- for the library's own awaiters ---
  void schedule(detail::Runnable& node) noexcept { ready_.push(node); }
  /// From any thread; wakes the loop when it sleeps.
  void post(detail::Runnable& node) noexcept;
  /// For whoever can't know whether `loop` has been destroyed meanwhile; false, and not posted, when it has.
  static bool post_if_alive(EventLoop* loop, detail::Runnable& node) noexcept;
  static bool call_soon_if_alive(EventLoop* loop, Function<void()> callback);
  /// The loops there are. A pointer may be dangling by the time it is used: for `post_if_alive` and `progress_of`.
  static std::vector<EventLoop*> all();
  /// Any thread; nothing when the loop has been destroyed.
  static std::optional<detail::LoopProgress> progress_of(const EventLoop* loop) noexcept;
  /// Timers with one deadline fire in the order in which they were added.
  void add_timer(detail::Timer& timer) { timers_.add(timer); }
  void remove_timer(detail::Timer& timer) noexcept { timers_.remove(timer); }
  /// Work that ends on another thread or in Asio: while there is some, virtual time stands still.
  void add_external_work() noexcept { ++external_work_; }
  void remove_external_work() noexcept { --external_work_; }
  void attach_task(detail::TaskState& task) noexcept;
  void detach_task(detail::TaskState& task) noexcept;
  /// The tasks that are not done, in the order in which they began. The loop's thread only.
  std::vector<detail::TaskRef> tasks();
  detail::LoopGuest* guest() const noexcept { return guest_.get(); }
  void set_guest(std::unique_ptr<detail::LoopGuest> guest);
  /// What was set for `key` on this loop, or null.
  detail::LoopLocal* local(const void* key) const noexcept;
  /// Keeps `value` until `remove_local` or the end of the loop, where the last one set is destroyed first.
  void set_local(const void* key, std::unique_ptr<detail::LoopLocal> value);
  void remove_local(const void* key) noexcept;
  /// For whoever has it watch descriptors: from then on the loop sleeps in epoll.
  int poll_descriptor() noexcept {
    has_descriptors_ = true;
    return poll_fd_;
  }

 private:
  friend class detail::IoHandle;

  void check_thread() const;
  void run_iteration();
  bool poll_is_due() noexcept;
  void run_ready();
  void run_timed(detail::Runnable& node) noexcept;
  void fire_timers();
  void drop_queued() noexcept;
  void wait_for_events();
  bool look_for_work();
  void block(int timeout_ms);
  int poll_once(int timeout_ms);
  int timeout_until_next_timer() const;
  bool take_mailbox() noexcept;
  void advance_virtual_time();
  void refresh_time() noexcept;

  detail::RunQueue ready_;
  Clock::time_point now_;
  detail::TimerHeap timers_;
  detail::IntrusiveList<detail::TaskState> tasks_;
  std::size_t task_count_ = 0;
  std::size_t shutdown_round_ = 0;  // tasks that the round of cancel_all_tasks in progress waits for
  std::size_t external_work_ = 0;
  bool has_descriptors_ = false;
  bool got_mail_ = false;  // in the last wait
  detail::IdleSpin spin_;
  unsigned steps_since_poll_ = 0;
  long tick_of_poll_ = 0;
  int poll_fd_ = -1;
  int wake_fd_ = -1;
  bool virtual_time_;
  std::unique_ptr<detail::LoopGuest> guest_;
  struct LocalEntry {
    const void* key;
    std::unique_ptr<detail::LoopLocal> value;
  };
  std::vector<LocalEntry> locals_;  // few: searched from front to back

  // Written by other threads; on a cache line of its own.
  struct alignas(64) Mailbox;
  std::unique_ptr<Mailbox> mailbox_;
};

namespace detail {

/// Another event source run inside the loop's thread (Asio's io_context), attached when it is first used.
class LoopGuest {
 public:
  LoopGuest() = default;
  LoopGuest(const LoopGuest&) = delete;
  LoopGuest& operator=(const LoopGuest&) = delete;
  virtual ~LoopGuest() = default;

  /// Runs what is ready, without waiting.
  virtual void poll() = 0;
  /// Waits until the guest or the loop's own descriptor has something, at most `timeout_ms` (-1: for ever).
  virtual void block(int timeout_ms) = 0;
};

/// What something that is used by all loops keeps on each of them, such as a client its connections. Destroyed on the
/// loop's thread, or with the loop once that has stopped.
class LoopLocal {
 public:
  LoopLocal() = default;
  LoopLocal(const LoopLocal&) = delete;
  LoopLocal& operator=(const LoopLocal&) = delete;
  virtual ~LoopLocal() = default;
};

}  // namespace detail
}  // namespace coroute
