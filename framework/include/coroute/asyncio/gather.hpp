// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `gather(a(), b())`: runs awaitables concurrently and waits for all of them.
#include <cstddef>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "coroute/asyncio/task.hpp"

namespace coroute {

/// What stands for `void` where a value is needed, as in the tuple of `gather`.
using Void = std::monostate;

namespace detail {

template <class T>
using NonVoid = std::conditional_t<std::is_void_v<T>, Void, T>;

/// Waits for a group of tasks of this loop; the first failure, or a cancellation from outside, cancels the others.
class GatherSuspension : public Suspension {
 public:
  explicit GatherSuspension(std::vector<AnyTask>& tasks);
  ~GatherSuspension();

  bool await_ready() const noexcept { return remaining_ == 0; }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> awaiting) {
    return start(awaiting.promise());
  }
  /// Throws the first failure, or Cancelled.
  void await_resume() const;

  CancelOutcome cancel() noexcept override;
  const char* describe() const noexcept override { return "gather"; }

 private:
  struct Node;
  bool start(FrameBase& frame);
  void cancel_unfinished(CancelReason reason) noexcept;
  void on_task_done(TaskState& task) noexcept;

  std::vector<AnyTask>& tasks_;
  std::vector<Node> nodes_;
  TaskRef first_failed_;
  std::size_t remaining_ = 0;
  bool cancel_requested_ = false;
  bool suspended_ = false;
};

template <class T>
NonVoid<T> move_task_result(AnyTask& task) {
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(*static_cast<TaskResult<T>&>(task.state()).value());
  }
}

template <class... T, std::size_t... I>
std::tuple<NonVoid<T>...> move_task_results(std::vector<AnyTask>& tasks, std::index_sequence<I...>) {
  return std::tuple<NonVoid<T>...>(move_task_result<T>(tasks[I])...);
}

template <class... T>
Async<std::tuple<NonVoid<T>...>> gather_all(Async<T>... coroutines) {
  std::vector<AnyTask> tasks;
  tasks.reserve(sizeof...(T));
  (tasks.push_back(create_task(std::move(coroutines))), ...);
  GatherSuspension all(tasks);
  co_await all;
  co_return move_task_results<T...>(tasks, std::index_sequence_for<T...>{});
}

template <class T>
Async<std::vector<NonVoid<T>>> gather_range(std::vector<Async<T>> coroutines) {
  std::vector<AnyTask> tasks;
  tasks.reserve(coroutines.size());
  for (Async<T>& coroutine : coroutines) tasks.push_back(create_task(std::move(coroutine)));
  GatherSuspension all(tasks);
  co_await all;
  std::vector<NonVoid<T>> results;
  results.reserve(tasks.size());
  for (AnyTask& task : tasks) results.push_back(move_task_result<T>(task));
  co_return results;
}

}  // namespace detail

/// Runs all of them concurrently, each as a task, and gives their results in the order of the arguments, `Void` for
/// those without one. The first failure cancels the others; they have all ended when it is thrown. (asyncio lets the
/// others run on; here nothing outlives the call.) Cancelling the awaiting task cancels all of them.
template <Awaitable... A>
  requires(sizeof...(A) > 0)
auto gather(A... awaitables) {
  return detail::gather_all<AwaitResult<A>...>(detail::as_async(std::move(awaitables))...);
}

/// The same for a range of awaitables of one type, which are moved from; an empty one gives an empty vector.
template <std::ranges::input_range Range>
  requires Awaitable<std::ranges::range_value_t<Range>>
auto gather(Range&& range) {
  using T = AwaitResult<std::ranges::range_value_t<Range>>;
  std::vector<Async<T>> coroutines;
  for (auto& awaitable : range) coroutines.push_back(detail::as_async(std::move(awaitable)));
  return detail::gather_range<T>(std::move(coroutines));
}

}  // namespace coroute
