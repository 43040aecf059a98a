// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Queues between tasks, of one loop or of several: first in first out, smallest first, last in first out.
#include <concepts>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "coroute/asyncio/detail/queue_base.hpp"
#include "coroute/asyncio/detail/queue_storage.hpp"

namespace coroute {

/// `get_nowait` found nothing.
class QueueEmpty : public std::runtime_error {
 public:
  QueueEmpty();
};

/// `put_nowait` found no room.
class QueueFull : public std::runtime_error {
 public:
  QueueFull();
};

/// The queue was shut down: it takes no items any more, and there is none left to get.
class QueueShutDown : public std::runtime_error {
 public:
  QueueShutDown();
};

namespace detail {
template <class Q>
class QueuePut;
template <class Q>
class QueueGet;
template <class Q>
class QueuePutAwaiter;
template <class Q>
class QueueGetAwaiter;
}  // namespace detail

/// What the queues share: use Queue, PriorityQueue or LifoQueue. Every loop and thread may call everything at once.
///
/// Whoever waits is served in order of arrival, and nobody overtakes: an item that is put while somebody waits goes to
/// the first of them without entering the queue, and what waits for room enters as soon as there is some. A `get` that
/// was given an item completes even when it is cancelled in the same step; nothing is lost.
///
/// Items are moved and compared under the queue's lock: neither may throw, nor use the queue. Whoever was answered by
/// the last call may destroy the queue. Tasks that still wait then go on doing so until they are cancelled.
template <class T, class Storage>
class BasicQueue : public detail::QueueBase {
  static_assert(std::is_object_v<T> && !std::is_const_v<T>, "a queue holds values");
  static_assert(
      std::is_nothrow_move_constructible_v<T>,
      "items are handed from task to task by moving, which must not throw; use std::unique_ptr for this type");

 public:
  using value_type = T;

  /// `maxsize` 0: any number of items.
  explicit BasicQueue(std::size_t maxsize = 0, Storage storage = Storage())
      : QueueBase(maxsize), storage_(std::move(storage)) {}

  /// `co_await queue.put(item);` waits for room. Throws QueueShutDown. When it throws, the item is gone with the await.
  detail::QueuePut<BasicQueue> put(T item) noexcept;
  /// `T item = co_await queue.get();` waits for an item. Throws QueueShutDown.
  detail::QueueGet<BasicQueue> get() noexcept;

  /// Throws QueueFull or QueueShutDown; then `item` has not been moved from.
  void put_nowait(T&& item);
  void put_nowait(const T& item)
    requires std::copy_constructible<T>;
  /// Throws QueueEmpty or QueueShutDown.
  T get_nowait();

  /// False when it is full or shut down; then `item` has not been moved from.
  bool try_put(T&& item);
  bool try_put(const T& item)
    requires std::copy_constructible<T>;
  /// Empty when there is nothing to get.
  std::optional<T> try_get();

  /// Ends the queue: `put` throws QueueShutDown from now on, and so does `get` when the items are used up, or at once
  /// when `immediate`, which drops the items and counts them as done. All who wait wake up; `join` waits on for items
  /// that were got before.
  void shutdown(bool immediate = false);

  /// Items in the queue, without those on their way to whoever waited.
  std::size_t size() const;
  std::size_t qsize() const { return size(); }
  bool empty() const { return size() == 0; }
  bool full() const { return maxsize_ != 0 && size() >= maxsize_; }

  /// For people: "maxsize=2 items=2 putters=1 tasks=3", with " shutdown" at the end.
  std::string describe() const;

 private:
  friend class detail::QueuePutAwaiter<BasicQueue>;
  friend class detail::QueueGetAwaiter<BasicQueue>;
  using Waiter = detail::QueueWaiter;
  using Answer = detail::QueueWaiter::Answer;
  using Getter = detail::QueueGetAwaiter<BasicQueue>;
  using Putter = detail::QueuePutAwaiter<BasicQueue>;

  Answer enter(T& item);                // under the mutex
  Answer take(std::optional<T>& item);  // under the mutex
  bool hand_to_first_getter(T& item);   // under the mutex; false: nobody waits for one
  void give_back(T& item) noexcept;

  Storage storage_;
};

/// asyncio's Queue: first in, first out.
template <class T>
class Queue : public BasicQueue<T, detail::FifoStorage<T>> {
 public:
  explicit Queue(std::size_t maxsize = 0) : BasicQueue<T, detail::FifoStorage<T>>(maxsize) {}
};

/// asyncio's PriorityQueue: the item that `Compare` puts before all others comes first, with std::less the smallest;
/// equal ones come in the order in which they were put.
template <class T, class Compare = std::less<T>>
class PriorityQueue : public BasicQueue<T, detail::HeapStorage<T, Compare>> {
  using Storage = detail::HeapStorage<T, Compare>;

 public:
  explicit PriorityQueue(std::size_t maxsize = 0, Compare compare = Compare())
      : BasicQueue<T, Storage>(maxsize, Storage(std::move(compare))) {}
};

/// asyncio's LifoQueue: last in, first out.
template <class T>
class LifoQueue : public BasicQueue<T, detail::LifoStorage<T>> {
 public:
  explicit LifoQueue(std::size_t maxsize = 0) : BasicQueue<T, detail::LifoStorage<T>>(maxsize) {}
};

// Implementation

namespace detail {

template <class Q>
class QueuePutAwaiter : public QueueWaiter {
 public:
  using T = typename Q::value_type;

  QueuePutAwaiter(Q& queue, T&& item) noexcept : QueueWaiter(queue, Kind::Put), item_(std::move(item)) {}
  ~QueuePutAwaiter() { leave(); }

  // The turn is given up before the item enters, so that a cancellation delivered there means that it has not.
  bool await_ready() {
    if (!spend_ready_budget()) return false;
    const std::lock_guard lock(queue().mutex_);
    answer_ = queue().enter(item_);
    return answer_ != Answer::Wait;
  }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> awaiting) {
    if (!begin(awaiting.promise())) return false;
    try {
      const std::lock_guard lock(queue().mutex_);
      const Answer answer = queue().enter(item_);
      if (answer == Answer::Wait) {
        enlist();
      } else {
        yield_with(answer);
      }
    } catch (...) {
      withdraw();
      throw;
    }
    return true;
  }
  void await_resume() { check_answer(); }

 private:
  friend Q;
  Q& queue() const noexcept { return static_cast<Q&>(*queue_); }

  T item_;
};

template <class Q>
class QueueGetAwaiter : public QueueWaiter {
 public:
  using T = typename Q::value_type;

  explicit QueueGetAwaiter(Q& queue) noexcept : QueueWaiter(queue, Kind::Get) {}
  ~QueueGetAwaiter() {
    leave();
    if (item_) queue().give_back(*item_);  // the frame was destroyed before it could take what it was given
  }

  bool await_ready() noexcept {
    if (!spend_ready_budget()) return false;
    const std::lock_guard lock(queue().mutex_);
    answer_ = queue().take(item_);
    return answer_ != Answer::Wait;
  }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> awaiting) noexcept {
    if (!begin(awaiting.promise())) return false;
    const std::lock_guard lock(queue().mutex_);
    const Answer answer = queue().take(item_);
    if (answer == Answer::Wait) {
      enlist();
    } else {
      yield_with(answer);
    }
    return true;
  }
  T await_resume() {
    check_answer();
    T item(std::move(*item_));
    item_.reset();
    return item;
  }

 private:
  friend Q;
  Q& queue() const noexcept { return static_cast<Q&>(*queue_); }

  std::optional<T> item_;  // while the task waits, of whoever has claimed the waiter
};

template <class Q>
class [[nodiscard("put does nothing until it is awaited")]] QueuePut {
 public:
  using T = typename Q::value_type;

  QueuePut(Q& queue, T&& item) noexcept : queue_(&queue), item_(std::move(item)) {}
  QueuePutAwaiter<Q> operator co_await() && noexcept { return QueuePutAwaiter<Q>(*queue_, std::move(item_)); }

 private:
  Q* queue_;
  T item_;
};

template <class Q>
class [[nodiscard("get does nothing until it is awaited")]] QueueGet {
 public:
  explicit QueueGet(Q& queue) noexcept : queue_(&queue) {}
  QueueGetAwaiter<Q> operator co_await() const noexcept { return QueueGetAwaiter<Q>(*queue_); }

 private:
  Q* queue_;
};

}  // namespace detail

template <class T, class Storage>
detail::QueuePut<BasicQueue<T, Storage>> BasicQueue<T, Storage>::put(T item) noexcept {
  return detail::QueuePut<BasicQueue>(*this, std::move(item));
}

template <class T, class Storage>
detail::QueueGet<BasicQueue<T, Storage>> BasicQueue<T, Storage>::get() noexcept {
  return detail::QueueGet<BasicQueue>(*this);
}

// Somebody waits for an item only while there is none, and for room only while there is none: each change below keeps
// that, so that nobody has to be looked for later.

template <class T, class Storage>
auto BasicQueue<T, Storage>::enter(T& item) -> Answer {
  if (shut_down_) return Answer::ShutDown;
  if (!hand_to_first_getter(item)) {
    if (maxsize_ != 0 && storage_.size() >= maxsize_) return Answer::Wait;
    storage_.push(std::move(item));
  }
  ++unfinished_;
  return Answer::Done;
}

template <class T, class Storage>
auto BasicQueue<T, Storage>::take(std::optional<T>& item) -> Answer {
  if (storage_.size() == 0) return shut_down_ ? Answer::ShutDown : Answer::Wait;
  item.emplace(storage_.pop());
  if (storage_.size() < maxsize_) {
    if (auto* const putter = static_cast<Putter*>(claim_first(Waiter::Kind::Put))) {
      storage_.push(std::move(putter->item_));  // into the slot that was left just now: doesn't allocate
      ++unfinished_;
      reply(*putter, Answer::Done);
    }
  }
  storage_.trim();
  return Answer::Done;
}

template <class T, class Storage>
bool BasicQueue<T, Storage>::hand_to_first_getter(T& item) {
  auto* const getter = static_cast<Getter*>(claim_first(Waiter::Kind::Get));
  if (!getter) return false;
  getter->item_.emplace(std::move(item));
  reply(*getter, Answer::Done);
  return true;
}

template <class T, class Storage>
void BasicQueue<T, Storage>::give_back(T& item) noexcept {
  const std::lock_guard lock(mutex_);
  if (discards_) {
    finish_tasks(1);
  } else if (!hand_to_first_getter(item)) {
    storage_.give_back(std::move(item));
  }
}

template <class T, class Storage>
void BasicQueue<T, Storage>::put_nowait(T&& item) {
  Answer answer;
  {
    const std::lock_guard lock(mutex_);
    answer = enter(item);
  }
  if (answer == Answer::ShutDown) throw QueueShutDown();
  if (answer == Answer::Wait) throw QueueFull();
}

template <class T, class Storage>
void BasicQueue<T, Storage>::put_nowait(const T& item)
  requires std::copy_constructible<T>
{
  put_nowait(T(item));
}

template <class T, class Storage>
T BasicQueue<T, Storage>::get_nowait() {
  std::optional<T> item;
  Answer answer;
  {
    const std::lock_guard lock(mutex_);
    answer = take(item);
  }
  if (answer == Answer::ShutDown) throw QueueShutDown();
  if (answer == Answer::Wait) throw QueueEmpty();
  return std::move(*item);
}

template <class T, class Storage>
bool BasicQueue<T, Storage>::try_put(T&& item) {
  const std::lock_guard lock(mutex_);
  return enter(item) == Answer::Done;
}

template <class T, class Storage>
bool BasicQueue<T, Storage>::try_put(const T& item)
  requires std::copy_constructible<T>
{
  return try_put(T(item));
}

template <class T, class Storage>
std::optional<T> BasicQueue<T, Storage>::try_get() {
  std::optional<T> item;
  const std::lock_guard lock(mutex_);
  take(item);
  return item;
}

template <class T, class Storage>
void BasicQueue<T, Storage>::shutdown(bool immediate) {
  decltype(storage_.take_all()) dropped;  // destroyed after the lock is released: destructors may use the queue
  const std::lock_guard lock(mutex_);
  if (immediate) {
    discards_ = true;
    dropped = storage_.take_all();
    finish_tasks(dropped.size());
  }
  close();
}

template <class T, class Storage>
std::size_t BasicQueue<T, Storage>::size() const {
  const std::lock_guard lock(mutex_);
  return storage_.size();
}

template <class T, class Storage>
std::string BasicQueue<T, Storage>::describe() const {
  const std::lock_guard lock(mutex_);
  return QueueBase::describe(storage_.size());
}

}  // namespace coroute
