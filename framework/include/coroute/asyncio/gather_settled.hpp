// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `gather_settled(a(), b())`: asyncio's `gather(..., return_exceptions=True)`.
#include <ranges>
#include <tuple>
#include <utility>
#include <vector>

#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/result.hpp"

namespace coroute {

namespace detail {

template <class G>
using SettledResult = Result<AwaitResult<G>>;

template <class G>
SettledResult<G> settled_result(AnyTask& task) {
  if (const std::exception_ptr& error = task.state().error()) {
    return SettledResult<G>(error, task.state().unwound_stack(error));
  }
  return SettledResult<G>(std::in_place, gather_result<G>(task));
}

template <class... G, std::size_t... I>
std::tuple<SettledResult<G>...> settled_results(std::vector<AnyTask>& tasks, std::index_sequence<I...>) {
  return std::tuple<SettledResult<G>...>(settled_result<G>(tasks[I])...);
}

template <class... G>
Async<std::tuple<SettledResult<G>...>> settle_all(G... gatherables) {
  std::vector<AnyTask> tasks = start_all(gatherables...);
  GatherSuspension all(tasks, CancelOthers::Never);
  co_await all;
  co_return settled_results<G...>(tasks, std::index_sequence_for<G...>{});
}

template <class G>
Async<std::vector<SettledResult<G>>> settle_range(std::vector<G> gatherables) {
  std::vector<AnyTask> tasks = start_each(gatherables);
  GatherSuspension all(tasks, CancelOthers::Never);
  co_await all;
  std::vector<SettledResult<G>> results;
  results.reserve(tasks.size());
  for (AnyTask& task : tasks)
    results.push_back(settled_result<G>(task));
  co_return results;
}

}  // namespace detail

/// Runs all of them concurrently, each as a task, waits for all and gives how each ended, in the order of the
/// arguments; a failure or a cancellation of one is a result like any other. A cancellation of the awaiting task
/// cancels all of them and is thrown when they have ended; errors of theirs are reported then, as of tasks that nobody
/// awaits.
template <Awaitable... A>
  requires(sizeof...(A) > 0)
auto gather_settled(A... awaitables) {
  return detail::settle_all(detail::as_gatherable(std::move(awaitables))...);
}

/// The same for a range of awaitables of one type, which are moved from, unless they are tasks; an empty one gives an
/// empty vector.
template <std::ranges::input_range Range>
  requires Awaitable<std::ranges::range_value_t<Range>>
auto gather_settled(Range&& range) {
  return detail::settle_range(detail::as_gatherables(std::forward<Range>(range)));
}

}  // namespace coroute
