// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Boost.Asio inside `Async` coroutines, and `Async` inside Asio's.
///
///     AsioSocket socket(asio_context());
///     co_await socket.async_connect(endpoint);                 // any Asio operation, no completion token
///     std::size_t n = co_await socket.async_read_some(buffer);
///     co_await some_asio_awaitable();                          // asio::awaitable<T>
///     asio::awaitable<int> a = as_awaitable(our_coroutine());  // for Asio code that runs on this loop
///
/// Errors are thrown as boost::system::system_error. Cancelling the task emits `terminal` cancellation to the
/// operation, on its loop, and throws Cancelled when the operation ends by it.
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "coroute/asyncio/async.hpp"
#include "coroute/asyncio/event_loop.hpp"
#include "coroute/asyncio/task.hpp"

namespace coroute {

/// The io_context that runs inside this loop; made when first asked for. Its handlers run on the loop's thread.
boost::asio::io_context& asio_context(EventLoop& loop);
inline boost::asio::io_context& asio_context() {
  return asio_context(EventLoop::current());
}

/// An Asio I/O object whose operations can be awaited without naming a completion token.
template <class IoObject>
using AsioObject = typename boost::asio::deferred_t::as_default_on_t<IoObject>;
using AsioSocket = AsioObject<boost::asio::ip::tcp::socket>;
using AsioAcceptor = AsioObject<boost::asio::ip::tcp::acceptor>;
using AsioResolver = AsioObject<boost::asio::ip::tcp::resolver>;
using AsioTimer = AsioObject<boost::asio::steady_timer>;

/// Runs `coroutine` as a task of the current loop; the Asio coroutine that awaits it must run on that loop's
/// `asio_context`. Cancelling the Asio coroutine cancels the task.
template <class T>
boost::asio::awaitable<T> as_awaitable(Async<T> coroutine);

// Implementation

namespace detail {

/// Waits for a completion handler to be called on the loop.
class AsioSuspension : public Suspension {
 public:
  bool await_ready() const noexcept { return false; }
  CancelOutcome cancel() noexcept override {
    signal_.emit(boost::asio::cancellation_type::terminal);
    return CancelOutcome::Refused;  // the operation tells how it ended
  }
  const char* describe() const noexcept override { return "Asio operation"; }

 protected:
  ~AsioSuspension() = default;

  bool start_waiting(FrameBase& frame) {
    if (!begin(frame)) return false;
    frame.task->loop().add_external_work();
    return true;
  }
  /// The initiation threw: there will be no completion.
  void give_up() noexcept {
    task_->loop().remove_external_work();
    withdraw();
  }
  void complete() noexcept {
    task_->loop().remove_external_work();
    wake();
  }
  /// Cancelled instead of the error when the operation was aborted by a cancellation of the task.
  void check(const boost::system::error_code& error) const {
    finish();
    if (!error) return;
    if (error == boost::asio::error::operation_aborted && take_pending_cancellation()) throw Cancelled(cancel_reason());
    throw boost::system::system_error(error);
  }
  void check(const std::exception_ptr& error) const {
    finish();
    if (!error) return;
    try {
      std::rethrow_exception(error);
    } catch (const boost::system::system_error& failure) {
      if (failure.code() == boost::asio::error::operation_aborted && take_pending_cancellation()) {
        throw Cancelled(cancel_reason());
      }
      throw;
    }
  }
  EventLoop& loop() const noexcept { return task_->loop(); }

  boost::asio::cancellation_signal signal_;
};

/// Splits a completion signature into its error and its values.
template <class Signature>
struct AsioSignature;
template <class R, class... Values>
struct AsioSignature<R(Values...)> {
  using Error = void;
  using Results = std::tuple<std::decay_t<Values>...>;
};
template <class R, class... Values>
struct AsioSignature<R(boost::system::error_code, Values...)> {
  using Error = boost::system::error_code;
  using Results = std::tuple<std::decay_t<Values>...>;
};
template <class R, class... Values>
struct AsioSignature<R(std::exception_ptr, Values...)> {
  using Error = std::exception_ptr;
  using Results = std::tuple<std::decay_t<Values>...>;
};

template <class Operation>
class AsioOperationAwaiter final : public AsioSuspension {
  using Split = AsioSignature<typename boost::asio::completion_signature_of<Operation>::type>;
  using Error = typename Split::Error;
  using Results = typename Split::Results;

 public:
  explicit AsioOperationAwaiter(Operation&& operation) : operation_(std::move(operation)) {}

  template <class P>
  bool await_suspend(std::coroutine_handle<P> awaiting) {
    if (!start_waiting(awaiting.promise())) return false;
    try {
      std::move(operation_)(Handler{this});
    } catch (...) {
      give_up();
      throw;
    }
    return true;
  }

  auto await_resume() {
    if constexpr (std::is_void_v<Error>) {
      finish();
    } else {
      check(error_);
    }
    if constexpr (std::tuple_size_v<Results> == 1) {
      return std::get<0>(std::move(*results_));
    } else if constexpr (std::tuple_size_v<Results> > 1) {
      return std::move(*results_);
    }
  }

 private:
  struct Handler {
    using executor_type = boost::asio::io_context::executor_type;
    using cancellation_slot_type = boost::asio::cancellation_slot;

    executor_type get_executor() const noexcept { return asio_context(self->loop()).get_executor(); }
    cancellation_slot_type get_cancellation_slot() const noexcept { return self->signal_.slot(); }

    template <class... Args>
    void operator()(Args&&... args) {
      self->store(std::forward<Args>(args)...);
      self->complete();
    }

    AsioOperationAwaiter* self;
  };

  template <class First, class... Rest>
  void store(First&& first, Rest&&... rest) {
    if constexpr (std::is_void_v<Error>) {
      results_.emplace(std::forward<First>(first), std::forward<Rest>(rest)...);
    } else {
      error_ = std::forward<First>(first);
      results_.emplace(std::forward<Rest>(rest)...);
    }
  }
  void store() {}

  Operation operation_;
  std::conditional_t<std::is_void_v<Error>, char, Error> error_{};
  std::optional<Results> results_;
};

template <class Operation>
  requires boost::asio::is_async_operation<Operation>::value
struct AwaitTraits<Operation> {
  static AsioOperationAwaiter<Operation> to_awaiter(Operation operation) {
    return AsioOperationAwaiter<Operation>(std::move(operation));
  }
};

/// Runs an asio::awaitable. Boost 1.81 lets a cancellation that arrives before the coroutine's first step or after its
/// last escape from the io_context, so it is emitted only in between.
template <class T, class Executor>
class AsioAwaitableAwaiter final : public AsioSuspension {
  using AsioCoroutine = boost::asio::awaitable<T, Executor>;
  static constexpr bool returns_value = !std::is_void_v<T>;
  using Value = std::conditional_t<returns_value, T, char>;

 public:
  explicit AsioAwaitableAwaiter(AsioCoroutine&& coroutine) : state_(std::make_shared<State>(std::move(coroutine))) {}

  template <class P>
  bool await_suspend(std::coroutine_handle<P> awaiting) {
    if (!start_waiting(awaiting.promise())) return false;
    Executor executor = asio_context(loop()).get_executor();
    boost::asio::co_spawn(executor, guard(state_),
                          boost::asio::bind_cancellation_slot(signal_.slot(), [this](std::exception_ptr failure) {
                            if (failure) state_->error = failure;
                            complete();
                          }));
    return true;
  }

  T await_resume() {
    check(state_->error);
    if constexpr (returns_value) return std::move(*state_->value);
  }

  CancelOutcome cancel() noexcept override {
    state_->cancelled = true;
    if (state_->started && !state_->ending) signal_.emit(boost::asio::cancellation_type::terminal);
    return CancelOutcome::Refused;
  }

 private:
  struct State {
    explicit State(AsioCoroutine&& coroutine) : coroutine(std::move(coroutine)) {}
    AsioCoroutine coroutine;
    std::exception_ptr error;
    std::optional<Value> value;
    bool started = false;
    bool ending = false;
    bool cancelled = false;
  };

  static boost::asio::awaitable<void, Executor> guard(std::shared_ptr<State> state) {
    auto cancellation = co_await boost::asio::this_coro::cancellation_state;
    state->started = true;
    try {
      if (state->cancelled) throw boost::system::system_error(boost::asio::error::operation_aborted);
      if constexpr (returns_value) {
        state->value.emplace(co_await std::move(state->coroutine));
      } else {
        co_await std::move(state->coroutine);
      }
    } catch (...) {
      state->error = std::current_exception();
    }
    state->ending = true;
    cancellation.clear();
  }

  std::shared_ptr<State> state_;
};

template <class T, class Executor>
struct AwaitTraits<boost::asio::awaitable<T, Executor>> {
  static AsioAwaitableAwaiter<T, Executor> to_awaiter(boost::asio::awaitable<T, Executor>&& coroutine) {
    return AsioAwaitableAwaiter<T, Executor>(std::move(coroutine));
  }
};

/// Calls an Asio completion handler when a task is done.
template <class Handler>
struct AsioDoneNode : DoneNode {
  AsioDoneNode(Handler&& handler, EventLoop& loop)
      : DoneNode(&on_done), handler(std::move(handler)), executor(asio_context(loop).get_executor()) {}

  static void on_done(DoneNode& node, TaskState&) noexcept {
    std::unique_ptr<AsioDoneNode> self(static_cast<AsioDoneNode*>(&node));
    boost::asio::post(self->executor, std::move(self->handler));
  }

  Handler handler;
  boost::asio::io_context::executor_type executor;
};

/// The Asio operation "this task is done".
class AsioJoin {
 public:
  explicit AsioJoin(AnyTask& task) noexcept : task_(&task) {}

  template <class Handler>
  void operator()(Handler&& handler) const {
    using Node = AsioDoneNode<std::decay_t<Handler>>;
    TaskState& state = task_->state();
    auto slot = boost::asio::get_associated_cancellation_slot(handler);
    auto node = std::make_unique<Node>(std::forward<Handler>(handler), state.loop());
    if (slot.is_connected()) {
      slot.assign([task = *task_](boost::asio::cancellation_type) { task.cancel(); });
    }
    if (state.notify_when_done(*node)) {
      node.release();
    } else {
      Node::on_done(*node.release(), state);
    }
  }

 private:
  AnyTask* task_;
};

}  // namespace detail

template <class T>
boost::asio::awaitable<T> as_awaitable(Async<T> coroutine) {
  Task<T> task = create_task(std::move(coroutine));
  auto join =
      boost::asio::async_initiate<const boost::asio::deferred_t, void()>(detail::AsioJoin(task), boost::asio::deferred);
  co_await std::move(join);
  if constexpr (std::is_void_v<T>) {
    task.result();
  } else {
    co_return task.result();
  }
}

}  // namespace coroute
