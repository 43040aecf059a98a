// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `race(a(), b())`: the first to end wins, the others are cancelled.
#include <cstddef>
#include <ranges>
#include <stdexcept>
#include <utility>
#include <variant>
#include <vector>

#include "coroute/asyncio/gather.hpp"

namespace coroute {

namespace detail {

template <class... G>
using RaceResult = std::variant<NonVoid<AwaitResult<G>>...>;

template <class Result, std::size_t I, class G>
Result take_winner(AnyTask& task) {
  return Result(std::in_place_index<I>, gather_result<G>(task));
}

/// Who has won is known only now, of which type the result is then before.
template <class... G, std::size_t... I>
RaceResult<G...> race_result(std::vector<AnyTask>& tasks, std::size_t winner, std::index_sequence<I...>) {
  using Take = RaceResult<G...> (*)(AnyTask&);
  static constexpr Take takes[] = {&take_winner<RaceResult<G...>, I, G>...};
  return takes[winner](tasks[winner]);
}

template <class... G>
Async<RaceResult<G...>> race_all(G... gatherables) {
  std::vector<AnyTask> tasks = start_all(gatherables...);
  GatherSuspension all(tasks, CancelOthers::OnEnd);
  co_await all;
  co_return race_result<G...>(tasks, all.first_ended(), std::index_sequence_for<G...>{});
}

template <class G>
Async<std::pair<std::size_t, NonVoid<AwaitResult<G>>>> race_range(std::vector<G> gatherables) {
  using Winner = std::pair<std::size_t, NonVoid<AwaitResult<G>>>;
  if (gatherables.empty()) throw std::invalid_argument("race: there is nothing that could win");
  std::vector<AnyTask> tasks = start_each(gatherables);
  GatherSuspension all(tasks, CancelOthers::OnEnd);
  co_await all;
  const std::size_t place = all.first_ended();
  co_return Winner(place, gather_result<G>(tasks[place]));
}

}  // namespace detail

/// Runs all of them concurrently, each as a task. The first one to end decides, by its value or its error; the others
/// are cancelled and have ended when the value is given or the error thrown. What they have to tell then is lost, but
/// for errors, which are reported. The variant's `index()` tells who won; it holds `Void` for one without a result.
/// Cancelling the awaiting task cancels all of them; one that ends normally all the same wins, and the cancellation is
/// thrown at the next await.
///
///     auto first = co_await race(read_message(), sleep(30s));
///     if (first.index() == 1) close_idle();
template <Awaitable... A>
  requires(sizeof...(A) > 0)
auto race(A... awaitables) {
  return detail::race_all(detail::as_gatherable(std::move(awaitables))...);
}

/// The same for a range of awaitables of one type, which are moved from, unless they are tasks; gives a pair of the
/// winner's place and its value. std::invalid_argument for an empty one.
template <std::ranges::input_range Range>
  requires Awaitable<std::ranges::range_value_t<Range>>
auto race(Range&& range) {
  return detail::race_range(detail::as_gatherables(std::forward<Range>(range)));
}

}  // namespace coroute
