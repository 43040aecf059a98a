// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `as_completed(tasks)`: gives tasks in the order in which they end.
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <ranges>
#include <utility>
#include <vector>

#include "coroute/asyncio/detail/intrusive_list.hpp"
#include "coroute/asyncio/detail/task_watch.hpp"
#include "coroute/asyncio/event_loop.hpp"
#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/task.hpp"

namespace coroute {

namespace detail {

class CompletionAwaiterBase;

/// What an AsCompleted and the awaits of its `next` share. Loop thread only.
class Completions : private Timer {
 public:
  Completions(std::vector<AnyTask> tasks, std::optional<Clock::duration> timeout);
  ~Completions();

 private:
  friend class CompletionAwaiterBase;
  struct Watch : TaskWatch {
    Watch(Completions& owner, AnyTask task) noexcept : TaskWatch(&on_done), owner(owner), task(std::move(task)) {}
    static void on_done(TaskWatch& base, TaskState&) noexcept {
      auto& watch = static_cast<Watch&>(base);
      watch.owner.on_task_done(watch);
    }
    Completions& owner;
    AnyTask task;  // as given, also when a follower is watched
    Watch* next = nullptr;
  };

  static void on_fire(Timer& timer) noexcept { static_cast<Completions&>(timer).expire(); }
  void on_task_done(Watch& watch) noexcept;
  void expire() noexcept;
  /// Tasks that will still end and that nobody waits for yet.
  bool has_unclaimed() const noexcept { return running_ > waiting_count_; }
  Watch& pop_finished() noexcept;
  bool hand_over(Watch& watch) noexcept;
  void give_back(Watch& watch) noexcept;

  EventLoop& loop_;
  std::deque<Watch> watches_;
  std::vector<AnyTask> followers_;   // of tasks of other loops
  Watch* first_finished_ = nullptr;  // in the order in which they ended
  Watch* last_finished_ = nullptr;
  std::size_t running_ = 0;
  std::size_t expired_steps_ = 0;  // how many TimeoutErrors are left to throw
  IntrusiveList<CompletionAwaiterBase> waiting_;
  std::size_t waiting_count_ = 0;
};

class CompletionAwaiterBase : public Suspension, public ListNode {
 public:
  explicit CompletionAwaiterBase(std::shared_ptr<Completions> completions) noexcept
      : completions_(std::move(completions)) {}
  ~CompletionAwaiterBase();

  bool await_ready();
  template <class P>
  bool await_suspend(std::coroutine_handle<P> awaiting) {
    return start(awaiting.promise());
  }
  CancelOutcome cancel() noexcept override;
  const char* describe() const noexcept override { return "as_completed"; }
  void list_awaited(std::vector<const TaskState*>& tasks) const override;

 protected:
  /// Null at the end; throws TimeoutError.
  TaskState* take();

 private:
  friend class Completions;
  bool take_what_is_there() noexcept;
  bool start(FrameBase& frame) noexcept;

  std::shared_ptr<Completions> completions_;
  Completions::Watch* given_ = nullptr;
  bool expired_ = false;
};

template <class T>
class CompletionAwaiter : public CompletionAwaiterBase {
 public:
  using CompletionAwaiterBase::CompletionAwaiterBase;
  std::optional<Task<T>> await_resume() {
    TaskState* const state = take();
    if (!state) return std::nullopt;
    state->retain();
    return Task<T>(TaskRef(state));
  }
};

template <class T>
class [[nodiscard("next does nothing until it is awaited")]] NextCompleted {
 public:
  explicit NextCompleted(std::shared_ptr<Completions> completions) noexcept : completions_(std::move(completions)) {}
  CompletionAwaiter<T> operator co_await() const noexcept { return CompletionAwaiter<T>(completions_); }

 private:
  std::shared_ptr<Completions> completions_;
};

template <class T>
Task<T> as_task(Async<T>& coroutine) {
  return create_task(std::move(coroutine));
}
template <class T>
Task<T> as_task(Task<T>& task) noexcept {
  return task;
}

}  // namespace detail

/// Tasks in the order in which they end. Belongs to the loop on which it was made; dropping it leaves the tasks alone.
template <class T>
class AsCompleted {
 public:
  AsCompleted(const std::vector<Task<T>>& tasks, std::optional<Clock::duration> timeout)
      : completions_(std::make_shared<detail::Completions>(std::vector<AnyTask>(tasks.begin(), tasks.end()), timeout)) {
  }

  /// The next task that has ended, however it did; nullopt when all were given. TimeoutError once for each task that
  /// had not ended in time. May be awaited by several at once, each gets another task; a cancelled wait loses none.
  detail::NextCompleted<T> next() const noexcept { return detail::NextCompleted<T>(completions_); }

 private:
  std::shared_ptr<detail::Completions> completions_;
};

/// Runs awaitables of one type concurrently, beginning now, and gives them in the order in which they end: tasks that
/// were given, each once, or the tasks made of anything else. `timeout` counts from now; the tasks run on after it.
///
///     auto finished = as_completed(std::move(downloads), 10s);
///     while (auto task = co_await finished.next())
///       use(co_await *task);
template <std::ranges::input_range Range>
  requires Awaitable<std::ranges::range_value_t<Range>>
auto as_completed(Range&& range, std::optional<Clock::duration> timeout = std::nullopt) {
  using T = AwaitResult<std::ranges::range_value_t<Range>>;
  auto gatherables = detail::as_gatherables(std::forward<Range>(range));
  for (const auto& gatherable : gatherables)
    detail::check_gatherable(gatherable);
  std::vector<Task<T>> tasks;
  for (auto& gatherable : gatherables)
    tasks.push_back(detail::as_task(gatherable));
  return AsCompleted<T>(tasks, timeout);
}

}  // namespace coroute
