// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Bounded pools of threads for work that blocks, and `to_thread`, which runs a function on one.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>

#include "coroute/asyncio/async.hpp"
#include "coroute/asyncio/context.hpp"
#include "coroute/asyncio/deadline.hpp"
#include "coroute/asyncio/detail/closure_in_await.hpp"
#include "coroute/asyncio/detail/idle_spin.hpp"
#include "coroute/asyncio/detail/intrusive_list.hpp"
#include "coroute/asyncio/detail/runnable.hpp"
#include "coroute/asyncio/gather.hpp"

namespace coroute {

struct ThreadPoolOptions {
  std::string name = "default";
  /// Threads at most; 0: the cores of this process + 4, at most 32, as Python's default executor.
  std::size_t threads = 0;
  /// Jobs that may wait for a thread; one more is refused with ThreadPoolFull.
  std::size_t max_queued = 1024;
};

namespace detail {

/// Work for a ThreadPool. `step` is called on one of its threads; then, unless it is null, `after`, when that thread
/// counts as free again: whoever is woken by it finds the room that the job has left.
struct PoolJob : Runnable, ListNode {
  explicit PoolJob(Step step, Step after = nullptr) noexcept : Runnable(step), after(after) {}
  Step after;
  std::atomic<bool> taken{false};  ///< By a thread, which runs it: the pool may be gone any time later.
};

}  // namespace detail

/// Threads are started when they are needed. Shared by all loops; every member may be called by any thread. The
/// destructor runs what is queued to its end, then joins.
class ThreadPool {
 public:
  explicit ThreadPool(ThreadPoolOptions options = {});
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  /// The pool that `to_thread` uses when none is named.
  static ThreadPool& default_pool();
  /// asyncio's set_default_executor, for the whole process: `pool` must outlive its use. Null brings the built-in one
  /// back.
  static void set_default_pool(ThreadPool* pool) noexcept;

  /// Queues a job that lives until it has run; throws ThreadPoolFull.
  void submit(detail::PoolJob& job);
  /// Takes back a job that was submitted and that no thread has taken; false when one has.
  bool withdraw(detail::PoolJob& job) noexcept;

  const std::string& name() const noexcept;
  std::size_t max_threads() const noexcept;
  std::size_t max_queued() const noexcept;
  /// Jobs that wait for a thread, and jobs that run, right now.
  std::size_t queued() const noexcept;
  std::size_t running() const noexcept;

 private:
  struct Shared;
  static void work(Shared& shared);
  static void wait_for_job(Shared& shared, std::unique_lock<std::mutex>& lock, detail::IdleSpin& spin);
  std::unique_ptr<Shared> shared_;
};

namespace detail {

class AbandonableJob;

/// Context variables and deadline of a task, for a function that it has run on another thread.
class CarriedContext {
 public:
  void capture() {
    variables_ = leaving_context();
    deadline_ = CarriedDeadline::of_current_task();
  }
  template <class Call>
  void run(Call call) {
    const ContextSwap swap(variables_);
    const ThreadDeadline deadline(deadline_);
    call();
  }

 private:
  ContextRef variables_;
  CarriedDeadline deadline_;
};

template <class F, class... Args>
concept TakesStopToken = std::is_invocable_v<F, std::stop_token, Args...>;

/// How a function of this type is told to stop: not at all when it wouldn't look.
template <class F, class... Args>
std::stop_source stop_source_for() {
  if constexpr (TakesStopToken<F, Args...>) {
    return std::stop_source();
  } else {
    return std::stop_source(std::nostopstate);
  }
}

/// A function call on a pool's thread, and the task that waits for it. Once a thread has begun, it waits for the
/// function even when cancelled, since that may refer to the waiting frame; the cancellation reaches it as a stop
/// request.
class ThreadJob : public Suspension, private PoolJob {
 public:
  explicit ThreadJob(ThreadPool& pool, std::stop_source stop)
      : PoolJob(&run_on_thread, &wake_task), pool_(&pool), stop_(std::move(stop)) {}

  bool await_ready() const noexcept { return false; }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> awaiting) {
    return start(awaiting.promise());
  }
  void await_resume() const;

  CancelOutcome cancel() noexcept override;
  const char* describe() const noexcept override { return "to_thread"; }

 protected:
  ~ThreadJob() = default;
  virtual void call() = 0;
  std::stop_token stop_token() const noexcept { return stop_.get_token(); }

 private:
  static void run_on_thread(Runnable& node) noexcept;
  static void wake_task(Runnable& node) noexcept { static_cast<ThreadJob&>(node).wake(); }
  bool start(FrameBase& frame);

  ThreadPool* pool_;
  EventLoop* loop_ = nullptr;
  CarriedContext context_;
  std::stop_source stop_;
  std::exception_ptr error_;
};

/// The same for a function that may be abandoned: the call owns all it needs, and lives until both sides are done.
class AbandonableCall : public PoolJob {
 public:
  explicit AbandonableCall(std::stop_source stop)
      : PoolJob(&run_on_thread, &finish_on_thread), stop_(std::move(stop)) {}
  AbandonableCall(const AbandonableCall&) = delete;
  AbandonableCall& operator=(const AbandonableCall&) = delete;
  virtual ~AbandonableCall() = default;

 protected:
  virtual void call() = 0;
  std::stop_token stop_token() const noexcept { return stop_.get_token(); }

 private:
  friend class AbandonableJob;
  enum class State : unsigned char { Waiting, Finished, Abandoned };
  static void run_on_thread(Runnable& node) noexcept;
  static void finish_on_thread(Runnable& node) noexcept;

  std::shared_ptr<AbandonableCall> itself_;  // while a thread has it
  std::atomic<State> state_{State::Waiting};
  AbandonableJob* waiter_ = nullptr;
  CarriedContext context_;
  std::stop_source stop_;
  std::exception_ptr error_;
};

class AbandonableJob : public Suspension {
 public:
  AbandonableJob(ThreadPool& pool, std::shared_ptr<AbandonableCall> call) noexcept
      : pool_(&pool), call_(std::move(call)) {}
  ~AbandonableJob();

  bool await_ready() const noexcept { return false; }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> awaiting) {
    return start(awaiting.promise());
  }
  void await_resume();

  CancelOutcome cancel() noexcept override;
  const char* describe() const noexcept override { return "to_thread"; }

 private:
  friend class AbandonableCall;
  bool start(FrameBase& frame);
  bool abandon() noexcept;

  ThreadPool* pool_;
  std::shared_ptr<AbandonableCall> call_;
  EventLoop* loop_ = nullptr;
};

/// A function with its arguments, each of them referred to or owned as its type says, and the result.
template <class R, class F, class... Args>
class BoundCall {
 public:
  explicit BoundCall(F&& function, Args&&... args)
      : function_(std::forward<F>(function)), args_(std::forward<Args>(args)...) {}

  void operator()(std::stop_token stop) {
    auto invoke = [&](auto&... args) -> R {
      if constexpr (TakesStopToken<std::remove_reference_t<F>, std::remove_reference_t<Args>...>) {
        return std::invoke(std::move(function_), std::move(stop), std::move(args)...);
      } else {
        return std::invoke(std::move(function_), std::move(args)...);
      }
    };
    if constexpr (std::is_void_v<R>) {
      std::apply(invoke, args_);
    } else {
      result_.emplace(std::apply(invoke, args_));
    }
  }
  R take() {
    if constexpr (!std::is_void_v<R>) return std::move(*result_);
  }

 private:
  F function_;
  std::tuple<Args...> args_;
  [[no_unique_address]] std::optional<NonVoid<R>> result_;
};

template <class R, class F, class... Args>
class FunctionJob final : public ThreadJob {
 public:
  FunctionJob(ThreadPool& pool, F& function, Args&... args)
      : ThreadJob(pool, stop_source_for<F, Args...>()), call_(function, args...) {}
  R take() { return call_.take(); }

 private:
  void call() override { call_(stop_token()); }
  BoundCall<R, F&, Args&...> call_;
};

template <class F, class... Args>
auto thread_result() {
  if constexpr (TakesStopToken<F, Args...>) {
    return std::type_identity<std::invoke_result_t<F, std::stop_token, Args...>>{};
  } else {
    return std::type_identity<std::invoke_result_t<F, Args...>>{};
  }
}
template <class F, class... Args>
using ThreadResult = std::decay_t<typename decltype(thread_result<F, Args...>())::type>;

template <class R, class F, class... Args>
class OwnedCall final : public AbandonableCall {
 public:
  explicit OwnedCall(F&& function, Args&&... args)
      : AbandonableCall(stop_source_for<F, Args...>()), call_(std::move(function), std::move(args)...) {}
  R take() { return call_.take(); }

 private:
  void call() override { call_(stop_token()); }
  BoundCall<R, F, Args...> call_;
};

template <class F, class... Args>
Async<ThreadResult<F, Args...>> run_abandonable(ThreadPool* pool, F function, Args... args) {
  using Call = OwnedCall<ThreadResult<F, Args...>, F, Args...>;
  const auto call = std::make_shared<Call>(std::move(function), std::move(args)...);
  AbandonableJob job(*pool, call);
  co_await job;
  co_return call->take();
}

template <class F, class... Args>
Async<ThreadResult<F, Args...>> run_in_pool(ThreadPool* pool, F function, Args... args) {
  FunctionJob<ThreadResult<F, Args...>, F, Args...> job(*pool, function, args...);
  co_await job;
  co_return job.take();
}

template <class F>
constexpr void check_closure() {
  static_assert(
      survives_await_expression<F>,
      "to_thread: with g++ before 13 a lambda whose captures have destructors must not be written inside the "
      "co_await expression. Name it first, auto work = [..]{..}; co_await to_thread(work), or capture by [&]");
}

template <class T>
inline constexpr bool is_reference_wrapper = false;
template <class T>
inline constexpr bool is_reference_wrapper<std::reference_wrapper<T>> = true;

template <class F, class... Args>
constexpr void check_owned() {
  static_assert(!(is_reference_wrapper<std::decay_t<F>> || ... || is_reference_wrapper<std::decay_t<Args>>),
                "to_thread(abandon_on_cancel, ...): an abandoned function outlives its caller, so it can't take "
                "std::ref. Pass values, or a std::shared_ptr");
}

}  // namespace detail

/// `to_thread(abandon_on_cancel, function, args...)`: a cancellation ends the wait at once, as in asyncio, and the
/// function, if a thread has begun it, runs on alone; its result is dropped, an error is reported to the exception
/// handler. For functions that own all they use: nothing of the waiting coroutine may be referred to.
struct AbandonOnCancel {
  explicit AbandonOnCancel() = default;
};
inline constexpr AbandonOnCancel abandon_on_cancel{};

/// Runs `function(args...)` on a thread of `pool`, while the loop goes on; gives its result or throws its error.
/// Function and arguments are moved or copied into the call (`std::ref` for references). Cancelled while it waits for a
/// thread, it ends at once and the function is never called. A function that a thread has begun learns of a
/// cancellation when its first parameter is a `std::stop_token`; the call waits for its end all the same. It sees the
/// context variables and the deadline of the task. ThreadPoolFull when the queue is full.
template <class F, class... Args>
  requires(!std::is_same_v<std::remove_cvref_t<F>, ThreadPool> &&
           !std::is_same_v<std::remove_cvref_t<F>, AbandonOnCancel>)
auto to_thread(F&& function, Args&&... args) {
  detail::check_closure<F>();
  return detail::run_in_pool<std::decay_t<F>, std::decay_t<Args>...>(
      &ThreadPool::default_pool(), std::forward<F>(function), std::forward<Args>(args)...);
}

template <class F, class... Args>
auto to_thread(ThreadPool& pool, F&& function, Args&&... args) {
  detail::check_closure<F>();
  return detail::run_in_pool<std::decay_t<F>, std::decay_t<Args>...>(&pool, std::forward<F>(function),
                                                                     std::forward<Args>(args)...);
}

template <class F, class... Args>
auto to_thread(AbandonOnCancel, ThreadPool& pool, F&& function, Args&&... args) {
  detail::check_closure<F>();
  detail::check_owned<F, Args...>();
  return detail::run_abandonable<std::decay_t<F>, std::decay_t<Args>...>(&pool, std::forward<F>(function),
                                                                         std::forward<Args>(args)...);
}

template <class F, class... Args>
  requires(!std::is_same_v<std::remove_cvref_t<F>, ThreadPool>)
auto to_thread(AbandonOnCancel, F&& function, Args&&... args) {
  return to_thread(abandon_on_cancel, ThreadPool::default_pool(), std::forward<F>(function),
                   std::forward<Args>(args)...);
}

}  // namespace coroute
