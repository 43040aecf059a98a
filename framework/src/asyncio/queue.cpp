// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/queue.hpp"

#include <algorithm>

namespace coroute {

QueueEmpty::QueueEmpty() : std::runtime_error("the queue is empty") {}

QueueFull::QueueFull() : std::runtime_error("the queue is full") {}

QueueShutDown::QueueShutDown() : std::runtime_error("the queue has been shut down") {}

namespace detail {

CancelOutcome QueueWaiter::cancel() noexcept {
  if (!claim_.try_cancel()) {
    return claim_.is_orphaned() ? CancelOutcome::Aborted
                                : CancelOutcome::Refused;  // answered: the task is about to run
  }
  const std::lock_guard lock(queue_->mutex_);
  queue_->remove(*this);
  enlisted_ = false;
  return CancelOutcome::Aborted;
}

const char* QueueWaiter::describe() const noexcept {
  switch (kind_) {
    case Kind::Get:
      return "Queue.get";
    case Kind::Put:
      return "Queue.put";
    case Kind::Join:
      return "Queue.join";
  }
  return "Queue";
}

void QueueWaiter::enlist() noexcept {
  enlisted_ = true;
  queue_->waiters_[static_cast<std::size_t>(kind_)].push_back(*this);
  ++queue_->count(kind_);
}

void QueueWaiter::yield_with(Answer answer) noexcept {
  claim_.answer_at_once();
  answer_ = answer;
  wake();
}

void QueueWaiter::throw_shut_down() {
  throw QueueShutDown();
}

bool QueueJoinAwaiter::await_ready() noexcept {
  if (!spend_ready_budget()) return false;
  const std::lock_guard lock(queue_->mutex_);
  return queue_->unfinished_ == 0;
}

bool QueueJoinAwaiter::start(FrameBase& frame) noexcept {
  if (!begin(frame)) return false;
  const std::lock_guard lock(queue_->mutex_);
  if (queue_->unfinished_ == 0) {
    yield_with(Answer::Done);
  } else {
    enlist();
  }
  return true;
}

// Whoever was woken by the last call may destroy the queue while that call is still on its way out. Tasks may still
// wait, as those that `run` cancels when the coroutine that owned the queue has ended.
QueueBase::~QueueBase() {
  for (IntrusiveList<QueueWaiter>& waiters : waiters_)
    orphan_all(waiters, mutex_, [](QueueWaiter& waiter) -> WaitClaim& { return waiter.claim_; });
}

std::size_t QueueBase::unfinished() const {
  const std::lock_guard lock(mutex_);
  return unfinished_;
}

bool QueueBase::is_shutdown() const {
  const std::lock_guard lock(mutex_);
  return shut_down_;
}

std::size_t QueueBase::waiting(QueueWaiter::Kind kind) const {
  const std::lock_guard lock(mutex_);
  return count(kind);
}

void QueueBase::task_done() {
  {
    const std::lock_guard lock(mutex_);
    if (unfinished_ > 0) return finish_tasks(1);
  }
  throw std::invalid_argument("task_done() called more often than items were put into the queue");
}

void QueueBase::finish_tasks(std::size_t number) noexcept {
  unfinished_ -= std::min(number, unfinished_);
  if (unfinished_ == 0) reply_to_all(QueueWaiter::Kind::Join, QueueWaiter::Answer::Done);
}

QueueWaiter* QueueBase::claim_first(QueueWaiter::Kind kind) noexcept {
  if (count(kind) == 0) return nullptr;
  QueueWaiter* const first = waiters_[static_cast<std::size_t>(kind)].find(
      [](QueueWaiter& waiter) { return waiter.claim_.try_answer(*waiter.task_); });
  if (first) remove(*first);
  return first;
}

void QueueBase::remove(QueueWaiter& waiter) noexcept {
  IntrusiveList<QueueWaiter>::remove(waiter);
  --count(waiter.kind_);
}

void QueueBase::reply(QueueWaiter& waiter, QueueWaiter::Answer answer) noexcept {
  TaskState& task = *waiter.task_;
  waiter.answer_ = answer;
  waiter.claim_.answered();
  task.wake();
}

void QueueBase::reply_to_all(QueueWaiter::Kind kind, QueueWaiter::Answer answer) noexcept {
  while (QueueWaiter* const waiter = claim_first(kind))
    reply(*waiter, answer);
}

void QueueBase::close() noexcept {
  shut_down_ = true;
  reply_to_all(QueueWaiter::Kind::Get, QueueWaiter::Answer::ShutDown);
  reply_to_all(QueueWaiter::Kind::Put, QueueWaiter::Answer::ShutDown);
}

std::string QueueBase::describe(std::size_t size) const {
  std::string text = "maxsize=" + std::to_string(maxsize_);
  const auto append = [&text](const char* name, std::size_t number) {
    if (number != 0) text.append(name).append(std::to_string(number));
  };
  append(" items=", size);
  append(" getters=", count(QueueWaiter::Kind::Get));
  append(" putters=", count(QueueWaiter::Kind::Put));
  append(" tasks=", unfinished_);
  if (shut_down_) text += " shutdown";
  return text;
}

}  // namespace detail
}  // namespace coroute
