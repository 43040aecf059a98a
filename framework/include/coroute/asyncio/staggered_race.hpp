// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `staggered_race(attempts, 250ms)`: tries one after the other without waiting for one that hangs, as Happy Eyeballs
/// (RFC 8305) does with the addresses of a host.
#include <cstddef>
#include <deque>
#include <exception>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

#include "coroute/asyncio/event_loop.hpp"
#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/task.hpp"

namespace coroute {

template <class T>
struct StaggeredRaceResult {
  std::optional<detail::NonVoid<T>> value;  ///< Of the winner; none when all have failed.
  std::optional<std::size_t> index;         ///< Which one that was.
  /// Of each attempt that was begun, in their order: its error, `Cancelled` for one that lost, null for the winner.
  std::vector<std::exception_ptr> exceptions;
};

namespace detail {

/// Waits until another attempt may begin or all have ended; awaited again and again.
class StaggeredWait : public Suspension, private Timer {
 public:
  explicit StaggeredWait(std::optional<Clock::duration> delay) noexcept : Timer(&on_fire), delay_(delay) {}
  ~StaggeredWait();

  /// Of this loop. `is_last`: no other will be added.
  void add(AnyTask attempt, bool is_last);
  /// Somebody has won or the race was cancelled: nothing more is to begin.
  bool is_decided() const noexcept { return winner_.has_value() || cancel_requested_; }
  bool is_over() const noexcept { return running_ == 0 && (is_decided() || last_added_); }
  std::optional<std::size_t> winner() const noexcept { return winner_; }
  AnyTask& attempt(std::size_t index) noexcept { return attempts_[index].task; }
  std::vector<std::exception_ptr> exceptions() const;
  /// Throws Cancelled when the race was cancelled and nobody has won.
  void check_cancelled() const;

  bool await_ready() const noexcept { return is_over() || (!is_decided() && may_add_); }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> awaiting) {
    return start(awaiting.promise());
  }
  void await_resume() const noexcept {}
  CancelOutcome cancel() noexcept override;
  const char* describe() const noexcept override { return "staggered_race"; }
  void list_awaited(std::vector<const TaskState*>& tasks) const override;

 private:
  struct Attempt : DoneNode {
    Attempt(StaggeredWait& owner, AnyTask task) noexcept : DoneNode(&on_done), owner(owner), task(std::move(task)) {}
    static void on_done(DoneNode& node, TaskState&) noexcept {
      auto& self = static_cast<Attempt&>(node);
      self.owner.on_attempt_done(self);
    }
    StaggeredWait& owner;
    AnyTask task;
  };

  static void on_fire(Timer& timer) noexcept { static_cast<StaggeredWait&>(timer).allow_next(); }
  bool start(FrameBase& frame) noexcept;
  void on_attempt_done(Attempt& attempt) noexcept;
  void allow_next() noexcept;
  void cancel_attempts(CancelReason reason) noexcept;
  void wake_when_ready() noexcept;

  std::optional<Clock::duration> delay_;
  std::deque<Attempt> attempts_;
  std::optional<std::size_t> winner_;
  std::size_t running_ = 0;
  bool last_added_ = false;
  bool may_add_ = true;
  bool cancel_requested_ = false;
  bool waiting_ = false;
};

/// Keeps the function for as long as the coroutine that it returns may refer to it.
template <class T, class F>
Async<T> call_attempt(F function) {
  co_return co_await function();
}

template <class T, class F>
Async<StaggeredRaceResult<T>> run_staggered_race(std::vector<F> functions, std::optional<Clock::duration> delay) {
  StaggeredRaceResult<T> result;
  if (functions.empty()) co_return result;
  StaggeredWait race(delay);
  std::size_t begun = 0;
  while (!race.is_over()) {
    if (!race.is_decided() && begun < functions.size()) {
      F& function = functions[begun++];
      race.add(create_task(call_attempt<T>(std::move(function))), begun == functions.size());
    }
    co_await race;
  }
  race.check_cancelled();
  result.exceptions = race.exceptions();
  result.index = race.winner();
  if (result.index) result.value.emplace(gather_result<Async<T>>(race.attempt(*result.index)));
  co_return result;
}

}  // namespace detail

/// Calls the functions of a range, which are moved from, one after the other, each as a task: the next one when the one
/// begun last has failed, or after `delay` (nullopt: only then). The first to succeed wins; the others are cancelled
/// and awaited. That all have failed is a result too. Cancelling the awaiting task cancels those that run; one that
/// succeeds all the same wins, and the cancellation is thrown at the next await.
template <std::ranges::input_range Range>
  requires Awaitable<std::invoke_result_t<std::ranges::range_value_t<Range>&>>
auto staggered_race(Range&& functions, std::optional<Clock::duration> delay) {
  using F = std::ranges::range_value_t<Range>;
  using T = AwaitResult<std::invoke_result_t<F&>>;
  std::vector<F> owned;
  for (auto& function : functions)
    owned.push_back(std::move(function));
  return detail::run_staggered_race<T, F>(std::move(owned), delay);
}

}  // namespace coroute
