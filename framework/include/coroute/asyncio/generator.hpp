// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `AsyncGenerator<T>`: a coroutine that gives values one by one and may await in between, C++'s `async def` with
/// `yield`.
///
///     AsyncGenerator<Row> rows(Database& db) {
///       auto cursor = co_await db.open();
///       while (auto row = co_await cursor.fetch()) co_yield std::move(*row);
///     }
///     auto all = rows(db);
///     while (auto row = co_await all.next()) use(*row);
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "coroute/asyncio/async.hpp"
#include "coroute/asyncio/errors.hpp"

namespace coroute {

template <class T>
class AsyncGenerator;

/// Thrown at the `co_yield` of a generator that is closed. Not a std::exception, as in Python. Catch it to clean up
/// (cleanup may await), then end the generator; yielding again is a RuntimeError.
class GeneratorExit {
 public:
  const char* what() const noexcept { return "generator closed"; }
};

namespace detail {
template <class T>
class GeneratorPromise;
template <class T>
class NextAwaiter;
template <class T>
class CloseAwaiter;
}  // namespace detail

/// Owns a generator; nothing of it runs before the first `next`. The body runs in the task that awaits `next`, with its
/// context, time-outs and cancellation, so don't `co_yield` inside of `timeout`. An error of the body is thrown by
/// `next`, and ends the generator.
///
/// Dropping it early destroys the body where it stands: its destructors run. Where the body has to await to clean up,
/// `co_await generator.aclose()` first.
template <class T>
class [[nodiscard("a generator does nothing until next() is awaited")]] AsyncGenerator {
  static_assert(std::is_object_v<T>,
                "AsyncGenerator<T>: T must be an object type; yield pointers instead of references");

 public:
  using promise_type = detail::GeneratorPromise<T>;
  using value_type = T;

  AsyncGenerator(AsyncGenerator&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  AsyncGenerator& operator=(AsyncGenerator&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~AsyncGenerator() {
    if (frame_) frame_.promise().leave();
  }

  /// The next value, or nothing once the body has ended. RuntimeError while another `next` is in progress.
  [[nodiscard]] detail::NextAwaiter<T> next() { return detail::NextAwaiter<T>(frame_); }
  /// Throws GeneratorExit at the `co_yield` where the body stands, and waits for its end. Does nothing when it has not
  /// begun or has ended.
  [[nodiscard]] detail::CloseAwaiter<T> aclose() {
    return detail::CloseAwaiter<T>(frame_, std::make_exception_ptr(GeneratorExit()));
  }
  /// Throws `error` at the `co_yield` where the body stands; gives what it yields next, as `next` does.
  [[nodiscard]] detail::NextAwaiter<T> athrow(std::exception_ptr error) {
    return detail::NextAwaiter<T>(frame_, std::move(error));
  }

 private:
  friend class detail::GeneratorPromise<T>;
  explicit AsyncGenerator(std::coroutine_handle<detail::GeneratorPromise<T>> frame) noexcept : frame_(frame) {}

  std::coroutine_handle<detail::GeneratorPromise<T>> frame_;
};

namespace detail {
template <class T>
inline constexpr bool is_generator = false;
template <class T>
inline constexpr bool is_generator<AsyncGenerator<T>> = true;
}  // namespace detail

/// The rest of the generator's values.
template <class T>
Async<std::vector<T>> collect(AsyncGenerator<T> generator) {
  std::vector<T> values;
  while (std::optional<T> value = co_await generator.next())
    values.push_back(std::move(*value));
  co_return values;
}

// Implementation

namespace detail {

[[noreturn]] void throw_generator_running();
[[noreturn]] void throw_generator_ignored_exit();
[[noreturn]] void throw_generator_empty();
/// Throws `error` and leaves it empty; apart, so that what doesn't throw stays short.
[[noreturn]] void rethrow_taken(std::exception_ptr& error);
bool is_generator_exit(const std::exception_ptr& error) noexcept;

/// What does not depend on the type of the values.
class GeneratorPromiseBase : public PromiseBase {
 public:
  class YieldAwaiter {
   public:
    explicit YieldAwaiter(GeneratorPromiseBase& promise) noexcept : promise_(promise) {}
    bool await_ready() const noexcept { return false; }
    template <class P>
    void await_suspend(std::coroutine_handle<P>) const noexcept {
      promise_.task->top = promise_.parent;
      promise_.task->next = promise_.parent;
    }
    void await_resume() const {
      if (promise_.injected_) rethrow_taken(promise_.injected_);
    }

   private:
    GeneratorPromiseBase& promise_;
  };

  void return_void() const noexcept {}

  /// The owner or an awaiter needs the frame no more; the last one destroys it.
  void leave() noexcept {
    if (--users_ == 0) handle.destroy();
  }

 protected:
  template <class T>
  friend class NextAwaiter;
  template <class T>
  friend class CloseAwaiter;

  std::exception_ptr injected_;
  unsigned users_ = 1;
  bool started_ = false;
  bool running_ = false;
  bool closed_ = false;  // before it began
};

template <class T>
class GeneratorPromise : public GeneratorPromiseBase {
 public:
  AsyncGenerator<T> get_return_object() noexcept { return AsyncGenerator<T>(checked_handle(*this)); }

  YieldAwaiter yield_value(T&& value) noexcept {
    value_ = std::addressof(value);  // lives in the frame until the body goes on
    return YieldAwaiter(*this);
  }
  YieldAwaiter yield_value(const T& value)
    requires std::is_copy_constructible_v<T>
  {
    copy_.emplace(value);
    value_ = std::addressof(*copy_);
    return YieldAwaiter(*this);
  }

 private:
  friend class NextAwaiter<T>;
  friend class CloseAwaiter<T>;
  T* value_ = nullptr;  // null after the body has ended
  std::optional<T> copy_;
};

/// Runs the body to its next `co_yield` or its end, as a call of the awaiting coroutine.
template <class T>
class NextAwaiter {
 public:
  explicit NextAwaiter(std::coroutine_handle<GeneratorPromise<T>> frame, std::exception_ptr injected = nullptr)
      : frame_(frame) {
    if (!frame_) throw_generator_empty();
    GeneratorPromise<T>& promise = frame_.promise();
    if (promise.running_) throw_generator_running();
    ++promise.users_;
    injected_ = std::move(injected);
  }
  NextAwaiter(NextAwaiter&& other) noexcept
      : frame_(std::exchange(other.frame_, nullptr)), injected_(std::move(other.injected_)) {}
  ~NextAwaiter() {
    if (frame_) frame_.promise().leave();
  }

  bool await_ready() {
    GeneratorPromise<T>& promise = frame_.promise();
    if (promise.running_) throw_generator_running();
    if (has_ended()) return true;
    if (injected_ && !promise.started_) {  // nothing in there could catch it
      promise.closed_ = true;
      std::rethrow_exception(injected_);
    }
    return false;
  }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> awaiting) noexcept {
    GeneratorPromise<T>& promise = frame_.promise();
    FrameBase& caller = awaiting.promise();
    promise.started_ = promise.running_ = true;
    promise.value_ = nullptr;
    if (injected_) promise.injected_ = std::move(injected_);
    promise.parent = &caller;
    promise.task = caller.task;
    caller.task->top = &promise;
    return !caller.task->run_directly(promise, caller);
  }
  std::optional<T> await_resume() {
    GeneratorPromise<T>& promise = frame_.promise();
    promise.running_ = false;
    if (promise.error()) rethrow_taken(promise.error());
    if (T* value = std::exchange(promise.value_, nullptr)) return std::optional<T>(std::move(*value));
    return std::nullopt;
  }

 protected:
  bool has_ended() const noexcept { return frame_.promise().closed_ || frame_.done(); }

  std::coroutine_handle<GeneratorPromise<T>> frame_;
  std::exception_ptr injected_;
};

template <class T>
class CloseAwaiter : private NextAwaiter<T> {
 public:
  using NextAwaiter<T>::NextAwaiter;
  using NextAwaiter<T>::await_suspend;

  bool await_ready() {
    GeneratorPromise<T>& promise = this->frame_.promise();
    if (promise.running_) throw_generator_running();
    if (!promise.started_) promise.closed_ = true;
    return this->has_ended();
  }
  void await_resume() {
    GeneratorPromise<T>& promise = this->frame_.promise();
    if (promise.closed_) return;
    promise.running_ = false;
    if (std::exchange(promise.value_, nullptr)) throw_generator_ignored_exit();
    const std::exception_ptr error = std::exchange(promise.error(), nullptr);
    if (error && !is_generator_exit(error)) std::rethrow_exception(error);
  }
};

}  // namespace detail
}  // namespace coroute
