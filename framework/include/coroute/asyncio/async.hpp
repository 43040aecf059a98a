// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `Async<T>`: what a coroutine function returns, C++'s `async def`. Nothing runs until it is awaited or made a task.
#include <coroutine>
#include <cstdint>
#include <exception>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

#include "coroute/asyncio/awaitable.hpp"
#include "coroute/asyncio/debug.hpp"
#include "coroute/asyncio/detail/frame_memory.hpp"
#include "coroute/asyncio/detail/task_state.hpp"

namespace coroute {

template <class T>
class Async;

namespace detail {
template <class T>
class Promise;
template <class T>
class CallAwaiter;
template <class T>
struct ReadyBox;
struct AsyncAccess;
}  // namespace detail

/// A coroutine that has not started, owned by whoever holds it; dropping it unawaited means that its body never runs.
/// Awaiting runs it in the awaiting task, so a cancellation of the task reaches it. Awaiting it twice throws
/// RuntimeError. Holds either a coroutine frame or, from `ready`, a value that costs no frame.
template <class T = void>
class [[nodiscard("an Async does nothing until it is co_awaited or given to create_task")]] Async {
 public:
  using promise_type = detail::Promise<T>;
  using value_type = T;

  Async(Async&& other) noexcept : bits_(std::exchange(other.bits_, 0)) {}
  Async& operator=(Async&& other) noexcept {
    std::swap(bits_, other.bits_);
    return *this;
  }
  ~Async() { reset(); }

  /// An Async that is complete already.
  template <class... Args>
  static Async ready(Args&&... args);

  detail::CallAwaiter<T> operator co_await() &&;
  detail::CallAwaiter<T> operator co_await() &;

 private:
  friend class detail::Promise<T>;
  friend struct detail::AsyncAccess;

  static constexpr std::uintptr_t ready_tag = 1;

  explicit Async(std::uintptr_t bits) noexcept : bits_(bits) {}
  bool is_ready_value() const noexcept { return (bits_ & ready_tag) != 0; }
  void reset() noexcept;

  std::uintptr_t bits_;
};

// Implementation

namespace detail {

template <class A>
inline constexpr bool always_false = false;

/// The parts of a promise that don't depend on the result.
class PromiseBase : public FrameBase {
 public:
  static void* operator new(std::size_t size) { return allocate_frame(size); }
  static void operator delete(void* memory, std::size_t size) noexcept { release_frame(memory, size); }

  std::suspend_always initial_suspend(std::source_location at = std::source_location::current()) noexcept {
    declared = at;
    return {};
  }

  class FinalAwaiter {
   public:
    bool await_ready() const noexcept { return false; }
    template <class P>
    void await_suspend(std::coroutine_handle<P> ended) const noexcept {
      FrameBase& frame = ended.promise();
      frame.task->top = frame.parent;
      frame.task->next = frame.parent;
    }
    void await_resume() const noexcept {}
  };
  FinalAwaiter final_suspend() const noexcept { return {}; }

  void unhandled_exception() noexcept {
    error_ = std::current_exception();
    task->note_unwind(*this, error_);
  }

  template <class A>
  auto await_transform(A&& awaitable, std::source_location at = std::source_location::current()) {
    if constexpr (Awaitable<A>) {
      awaits = at;
      return to_awaiter(std::forward<A>(awaitable));
    } else {
      static_assert(always_false<A>,
                    "co_await: this type is not awaitable here. Await an Async<T>, a Task<T> or another coroute "
                    "operation; for Asio operations include <coroute/asio.hpp>");
    }
  }

  std::exception_ptr& error() noexcept { return error_; }

 protected:
  template <class P>
  static std::coroutine_handle<P> checked_handle(P& promise) noexcept;

 private:
  std::exception_ptr error_;
};

[[noreturn]] void abort_on_corrupt_frame() noexcept;

template <class P>
std::coroutine_handle<P> PromiseBase::checked_handle(P& promise) noexcept {
  auto handle = std::coroutine_handle<P>::from_promise(promise);
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
  // g++ 12.1 and 12.2 lay the frame out wrong for a coroutine without local variables that has `co_await` in the
  // condition of an if, while or switch (GCC bug 106188): the frame then doesn't begin where it was allocated.
  if (handle.address() != last_allocated_frame()) abort_on_corrupt_frame();
#endif
  promise.handle = handle;
  return handle;
}

template <class T>
class Promise : public PromiseBase {
 public:
  Async<T> get_return_object() noexcept {
    return Async<T>(reinterpret_cast<std::uintptr_t>(checked_handle(*this).address()));
  }
  template <class U = T>
    requires std::is_constructible_v<T, U&&>
  void return_value(U&& value) {
    value_.emplace(std::forward<U>(value));
  }
  T take() { return std::move(*value_); }

 private:
  std::optional<T> value_;
};

template <class T>
  requires std::is_reference_v<T>
class Promise<T> : public PromiseBase {
 public:
  Async<T> get_return_object() noexcept {
    return Async<T>(reinterpret_cast<std::uintptr_t>(checked_handle(*this).address()));
  }
  void return_value(T value) noexcept { value_ = std::addressof(value); }
  T take() noexcept { return static_cast<T>(*value_); }

 private:
  std::remove_reference_t<T>* value_ = nullptr;
};

template <>
class Promise<void> : public PromiseBase {
 public:
  Async<void> get_return_object() noexcept;
  void return_void() const noexcept {}
  void take() const noexcept {}
};

/// A value that waits to be fetched, in frame memory.
template <class T>
struct ReadyBox {
  template <class... Args>
  explicit ReadyBox(Args&&... args) : value(std::forward<Args>(args)...) {}
  static void* operator new(std::size_t size) { return allocate_frame(size); }
  static void operator delete(void* memory, std::size_t size) noexcept { release_frame(memory, size); }
  T value;
};

/// Never made: `Async<void>::ready()` is nothing but a tag.
template <>
struct ReadyBox<void> {};

[[noreturn]] void throw_awaited_twice();

struct AsyncAccess {
  template <class T>
  static std::coroutine_handle<Promise<T>> frame(const Async<T>& async) noexcept {
    return std::coroutine_handle<Promise<T>>::from_address(reinterpret_cast<void*>(async.bits_));
  }
  template <class T>
  static ReadyBox<T>* box(const Async<T>& async) noexcept {
    return reinterpret_cast<ReadyBox<T>*>(async.bits_ & ~Async<T>::ready_tag);
  }
  template <class T>
  static bool is_ready_value(const Async<T>& async) noexcept {
    return async.is_ready_value();
  }
  template <class T>
  static bool empty(const Async<T>& async) noexcept {
    return async.bits_ == 0;
  }
  /// Drops a coroutine on purpose: it doesn't count as forgotten.
  template <class T>
  static void discard(Async<T> async) noexcept {
    if (empty(async) || async.is_ready_value()) return;
    frame(async).destroy();
    async.bits_ = 0;
  }
  /// Gives the frame away; the Async is empty afterwards.
  template <class T>
  static Promise<T>& release(Async<T>& async) noexcept {
    Promise<T>& promise = frame(async).promise();
    async.bits_ = 0;
    return promise;
  }
};

/// Runs a coroutine as a call of the awaiting one, in the same task.
template <class T>
class CallAwaiter {
 public:
  explicit CallAwaiter(Async<T>&& callee) noexcept : callee_(std::move(callee)) {}

  bool await_ready() const noexcept { return AsyncAccess::is_ready_value(callee_); }

  template <class P>
  void await_suspend(std::coroutine_handle<P> caller) noexcept {
    FrameBase& parent = caller.promise();
    FrameBase& child = AsyncAccess::frame(callee_).promise();
    child.parent = &parent;
    child.task = parent.task;
    parent.task->top = &child;
    parent.task->next = &child;
  }

  T await_resume() {
    if (AsyncAccess::is_ready_value(callee_)) {
      if constexpr (std::is_void_v<T>) {
        return;
      } else {
        return static_cast<T&&>(AsyncAccess::box(callee_)->value);
      }
    }
    Promise<T>& promise = AsyncAccess::frame(callee_).promise();
    if (promise.error()) std::rethrow_exception(std::exchange(promise.error(), nullptr));
    return promise.take();
  }

 private:
  Async<T> callee_;
};

inline Async<void> Promise<void>::get_return_object() noexcept {
  return Async<void>(reinterpret_cast<std::uintptr_t>(checked_handle(*this).address()));
}

}  // namespace detail

template <class T>
template <class... Args>
Async<T> Async<T>::ready(Args&&... args) {
  if constexpr (std::is_void_v<T>) {
    return Async(ready_tag);
  } else {
    auto* box = new detail::ReadyBox<T>(std::forward<Args>(args)...);
    return Async(reinterpret_cast<std::uintptr_t>(box) | ready_tag);
  }
}

template <class T>
detail::CallAwaiter<T> Async<T>::operator co_await() && {
  if (bits_ == 0) detail::throw_awaited_twice();
  return detail::CallAwaiter<T>(std::move(*this));
}

template <class T>
detail::CallAwaiter<T> Async<T>::operator co_await() & {
  return std::move(*this).operator co_await();
}

template <class T>
void Async<T>::reset() noexcept {
  if (bits_ == 0) return;
  if (is_ready_value()) {
    delete detail::AsyncAccess::box(*this);
  } else {
    const auto frame = detail::AsyncAccess::frame(*this);
    if (!frame.promise().task) detail::note_never_awaited(frame.promise());
    frame.destroy();
  }
  bits_ = 0;
}

}  // namespace coroute
