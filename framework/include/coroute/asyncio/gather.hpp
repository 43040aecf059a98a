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

/// When one of several tasks cancels the others.
enum class CancelOthers : unsigned char { OnFailure, OnEnd, Never };

/// Waits for all tasks of a group, which are of this loop; a cancellation from outside cancels them all.
class GatherSuspension : public Suspension {
 public:
  explicit GatherSuspension(std::vector<AnyTask>& tasks, CancelOthers cancel_others = CancelOthers::OnFailure);
  ~GatherSuspension();

  bool await_ready() const noexcept { return remaining_ == 0; }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> awaiting) {
    return start(awaiting.promise());
  }
  /// Throws the first failure if that cancels the others, or Cancelled.
  void await_resume() const;
  /// With `OnEnd`: the place of the task that ended first.
  std::size_t first_ended() const noexcept;

  CancelOutcome cancel() noexcept override;
  const char* describe() const noexcept override { return cancel_others_ == CancelOthers::OnEnd ? "race" : "gather"; }
  void list_awaited(std::vector<const TaskState*>& tasks) const override;

 private:
  struct Node;
  bool start(FrameBase& frame);
  void cancel_unfinished(CancelReason reason) noexcept;
  void note_end(TaskState& task) noexcept;
  void on_task_done(TaskState& task) noexcept;

  std::vector<AnyTask>& tasks_;
  std::vector<Node> nodes_;
  CancelOthers cancel_others_;
  TaskRef decisive_;  // the first that failed or, with `OnEnd`, that ended
  std::size_t remaining_ = 0;
  bool cancel_requested_ = false;
  bool suspended_ = false;
};

template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<Task<T>> = true;

/// The result of a child: moved out of one that was made here, taken as an await would of a task that others may await.
template <class G>
NonVoid<AwaitResult<G>> gather_result(AnyTask& task) {
  using T = AwaitResult<G>;
  if constexpr (std::is_void_v<T>) {
    return {};
  } else if constexpr (is_task<G>) {
    return take_task_result<T>(task.state());
  } else {
    return std::move(*static_cast<TaskResult<T>&>(task.state()).value());
  }
}

template <class... G, std::size_t... I>
std::tuple<NonVoid<AwaitResult<G>>...> gather_results(std::vector<AnyTask>& tasks, std::index_sequence<I...>) {
  return std::tuple<NonVoid<AwaitResult<G>>...>(gather_result<G>(tasks[I])...);
}

/// A coroutine that was awaited before is refused before any of the others is started; so is the task that waits.
template <class T>
void check_gatherable(const Async<T>& coroutine) {
  if (AsyncAccess::empty(coroutine)) throw_awaited_twice();
}
template <class T>
void check_gatherable(const Task<T>& task) {
  check_not_current(task.state());
}

template <class T>
AnyTask gather_task(Async<T>& coroutine) {
  return create_task(std::move(coroutine));
}
/// A task of this loop is waited for itself, so that it is cancelled however early the others fail.
template <class T>
AnyTask gather_task(Task<T>& task) {
  if (&task.state().loop() == &EventLoop::current()) return task;
  return create_task(as_async(task));
}

template <class T>
Task<T> as_gatherable(Task<T> task) noexcept {
  return task;
}
template <class A>
auto as_gatherable(A awaitable) {
  return as_async(std::move(awaitable));
}

/// Of the elements of a range, which are moved from, unless they are tasks.
template <std::ranges::input_range Range>
auto as_gatherables(Range&& range) {
  using Element = std::ranges::range_value_t<Range>;
  std::vector<decltype(as_gatherable(std::declval<Element>()))> gatherables;
  for (auto& awaitable : range) {
    if constexpr (is_task<Element>) {
      gatherables.push_back(awaitable);
    } else {
      gatherables.push_back(as_gatherable(std::move(awaitable)));
    }
  }
  return gatherables;
}

/// Starts all of them, or none when one can't be.
template <class... G>
std::vector<AnyTask> start_all(G&... gatherables) {
  (check_gatherable(gatherables), ...);
  std::vector<AnyTask> tasks;
  tasks.reserve(sizeof...(G));
  (tasks.push_back(gather_task(gatherables)), ...);
  return tasks;
}

template <class G>
std::vector<AnyTask> start_each(std::vector<G>& gatherables) {
  for (const G& gatherable : gatherables)
    check_gatherable(gatherable);
  std::vector<AnyTask> tasks;
  tasks.reserve(gatherables.size());
  for (G& gatherable : gatherables)
    tasks.push_back(gather_task(gatherable));
  return tasks;
}

template <class... G>
Async<std::tuple<NonVoid<AwaitResult<G>>...>> gather_all(G... gatherables) {
  std::vector<AnyTask> tasks = start_all(gatherables...);
  GatherSuspension all(tasks);
  co_await all;
  co_return gather_results<G...>(tasks, std::index_sequence_for<G...>{});
}

template <class G>
Async<std::vector<NonVoid<AwaitResult<G>>>> gather_range(std::vector<G> gatherables) {
  std::vector<AnyTask> tasks = start_each(gatherables);
  GatherSuspension all(tasks);
  co_await all;
  std::vector<NonVoid<AwaitResult<G>>> results;
  results.reserve(tasks.size());
  for (AnyTask& task : tasks)
    results.push_back(gather_result<G>(task));
  co_return results;
}

}  // namespace detail

/// Runs all of them concurrently, each as a task, and gives their results in the order of the arguments, `Void` for
/// those without one. The first failure cancels the others; they have all ended when it is thrown. (asyncio lets the
/// others run on; here nothing outlives the call.) Cancelling the awaiting task cancels all of them; an error that one
/// throws all the same goes before the cancellation, which is then thrown at the next await.
template <Awaitable... A>
  requires(sizeof...(A) > 0)
auto gather(A... awaitables) {
  return detail::gather_all(detail::as_gatherable(std::move(awaitables))...);
}

/// The same for a range of awaitables of one type, which are moved from, unless they are tasks; an empty one gives an
/// empty vector.
template <std::ranges::input_range Range>
  requires Awaitable<std::ranges::range_value_t<Range>>
auto gather(Range&& range) {
  return detail::gather_range(detail::as_gatherables(std::forward<Range>(range)));
}

}  // namespace coroute
