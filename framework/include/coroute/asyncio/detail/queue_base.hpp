// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a queue does whatever its items are: who waits, how many items are unfinished, and the end of it all.
#include <array>
#include <cstddef>
#include <mutex>
#include <string>

#include "coroute/asyncio/detail/biased_mutex.hpp"
#include "coroute/asyncio/detail/intrusive_list.hpp"
#include "coroute/asyncio/detail/task_state.hpp"
#include "coroute/asyncio/detail/wait_claim.hpp"

namespace coroute::detail {

class QueueBase;

/// A task that waits in `get`, `put` or `join`.
class QueueWaiter : public Suspension, public ListNode {
 public:
  enum class Kind : unsigned char { Get, Put, Join };
  enum class Answer : unsigned char {
    Wait,  ///< Not yet: nothing to get, or no room to put.
    Done,
    ShutDown,
  };

  CancelOutcome cancel() noexcept override;
  const char* describe() const noexcept override;

 protected:
  QueueWaiter(QueueBase& queue, Kind kind) noexcept : queue_(&queue), kind_(kind) {}
  ~QueueWaiter() { leave(); }

  /// Joins those who wait. Under the queue's mutex.
  void enlist() noexcept;
  /// Out of the queue, where the frame is destroyed while it waits. Afterwards nobody else touches the waiter.
  void leave() noexcept {
    if (enlisted_ && QueueWaiter::cancel() == CancelOutcome::Refused) claim_.wait_for_answer();
    enlisted_ = false;
  }
  /// Of a wait that has begun: gives others a turn, then goes on with `answer`.
  void yield_with(Answer answer) noexcept;
  /// To be called first when the task goes on: throws Cancelled or QueueShutDown.
  void check_answer() {
    finish();
    enlisted_ = false;
    if (answer_ == Answer::ShutDown) [[unlikely]]
      throw_shut_down();
  }

  QueueBase* queue_;              // gone when the wait was answered or orphaned
  Answer answer_ = Answer::Wait;  // while the task waits, of whoever has claimed the waiter

 private:
  friend class QueueBase;
  [[noreturn]] static void throw_shut_down();

  WaitClaim claim_;
  Kind kind_;
  bool enlisted_ = false;  // the task's loop only: others may still see the waiter
};

class QueueJoinAwaiter : public QueueWaiter {
 public:
  explicit QueueJoinAwaiter(QueueBase& queue) noexcept : QueueWaiter(queue, Kind::Join) {}

  bool await_ready() noexcept;
  template <class P>
  bool await_suspend(std::coroutine_handle<P> awaiting) noexcept {
    return start(awaiting.promise());
  }
  void await_resume() { check_answer(); }

 private:
  bool start(FrameBase& frame) noexcept;
};

class [[nodiscard("join does nothing until it is awaited")]] QueueJoin {
 public:
  explicit QueueJoin(QueueBase& queue) noexcept : queue_(&queue) {}
  QueueJoinAwaiter operator co_await() const noexcept { return QueueJoinAwaiter(*queue_); }

 private:
  QueueBase* queue_;
};

class QueueBase {
 public:
  explicit QueueBase(std::size_t maxsize) noexcept : maxsize_(maxsize) {}
  QueueBase(const QueueBase&) = delete;
  QueueBase& operator=(const QueueBase&) = delete;

  /// How many items it holds at most; 0: any number.
  std::size_t maxsize() const noexcept { return maxsize_; }
  /// Tasks that wait for an item, and tasks that wait for room, right now.
  std::size_t getters() const { return waiting(QueueWaiter::Kind::Get); }
  std::size_t putters() const { return waiting(QueueWaiter::Kind::Put); }
  /// Items that were put and for which `task_done` was not called.
  std::size_t unfinished() const;
  bool is_shutdown() const;

  /// Of an item that was got: it has been dealt with. std::invalid_argument when there are no unfinished items.
  void task_done();
  /// `co_await queue.join();` waits until no item is unfinished.
  QueueJoin join() noexcept { return QueueJoin(*this); }

 protected:
  ~QueueBase();

  // All of these: under the mutex.
  /// The first of those who wait; it is out of the list, can't be cancelled any more and is still to be answered.
  /// Null: nobody waits.
  QueueWaiter* claim_first(QueueWaiter::Kind kind) noexcept;
  static void reply(QueueWaiter& waiter, QueueWaiter::Answer answer) noexcept;
  void finish_tasks(std::size_t number) noexcept;
  /// Refuses everybody who waits for an item or for room, and all that come.
  void close() noexcept;
  std::string describe(std::size_t size) const;

  mutable BiasedMutex mutex_;
  const std::size_t maxsize_;
  std::size_t unfinished_ = 0;
  bool shut_down_ = false;
  bool discards_ = false;  // shut down at once: items that come back are dropped

 private:
  friend class QueueWaiter;
  friend class QueueJoinAwaiter;
  static constexpr std::size_t kinds = 3;

  std::size_t& count(QueueWaiter::Kind kind) noexcept { return counts_[static_cast<std::size_t>(kind)]; }
  std::size_t count(QueueWaiter::Kind kind) const noexcept { return counts_[static_cast<std::size_t>(kind)]; }
  void remove(QueueWaiter& waiter) noexcept;
  void reply_to_all(QueueWaiter::Kind kind, QueueWaiter::Answer answer) noexcept;
  std::size_t waiting(QueueWaiter::Kind kind) const;

  std::array<std::size_t, kinds> counts_{};
  std::array<IntrusiveList<QueueWaiter>, kinds> waiters_;
};

}  // namespace coroute::detail
