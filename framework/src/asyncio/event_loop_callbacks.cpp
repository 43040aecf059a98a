// SPDX-License-Identifier: BSL-1.0
// The part of a loop that runs callbacks.
#include <memory>
#include <utility>

#include "coroute/asyncio/context.hpp"
#include "coroute/asyncio/debug.hpp"
#include "coroute/asyncio/event_loop.hpp"
#include "coroute/asyncio/task.hpp"
#include "loop_mailbox.hpp"
#include "running_loop.hpp"

namespace coroute {
namespace {

/// call_soon: a callback as a step of the ready queue.
struct CallbackStep : detail::Runnable {
  explicit CallbackStep(Function<void()> callback)
      : Runnable(&run, &drop_step), callback(std::move(callback)), context(detail::leaving_context()) {}
  virtual ~CallbackStep() = default;

  static void run(Runnable& node) noexcept {
    std::unique_ptr<CallbackStep> self(static_cast<CallbackStep*>(&node));
    const detail::ContextSwap swap(self->context);
    try {
      self->callback();
    } catch (...) {
      call_exception_handler({"exception in a callback of the event loop", std::current_exception(), {}});
    }
  }
  static void drop_step(Runnable& node) noexcept { delete static_cast<CallbackStep*>(&node); }

  Function<void()> callback;
  detail::ContextRef context;
};

/// call_at: a callback that owns its timer, and becomes a step when it is due.
struct CallbackTimer : CallbackStep, detail::Timer {
  explicit CallbackTimer(Function<void()> callback) : CallbackStep(std::move(callback)), Timer(&on_fire) {}

  static void on_fire(Timer& timer) noexcept { EventLoop::current().schedule(static_cast<CallbackTimer&>(timer)); }
  static bool is_one(const Timer* timer) noexcept { return timer->fire == &on_fire; }
};

}  // namespace

void EventLoop::check_thread() const {
  if (detail::running_loop == this || !debug_enabled() || mailbox_->thread.load(std::memory_order_relaxed) == 0) return;
  throw RuntimeError("non-thread-safe operation: another thread runs this loop; use call_soon_threadsafe");
}

void EventLoop::call_soon(Function<void()> callback) {
  check_thread();
  schedule(*new CallbackStep(std::move(callback)));
}

void EventLoop::call_soon_threadsafe(Function<void()> callback) {
  post(*new CallbackStep(std::move(callback)));
}

bool EventLoop::call_soon_if_alive(EventLoop* loop, Function<void()> callback) {
  if (loop == detail::running_loop) {
    loop->call_soon(std::move(callback));
    return true;
  }
  auto step = std::make_unique<CallbackStep>(std::move(callback));
  if (!post_if_alive(loop, *step)) return false;
  step.release();
  return true;
}

void EventLoop::call_at(Clock::time_point when, Function<void()> callback) {
  check_thread();
  auto timer = std::make_unique<CallbackTimer>(std::move(callback));
  timer->when = when;
  add_timer(*timer);
  timer.release();
}

std::size_t EventLoop::timed_callback_count() const noexcept {
  return timers_.count_if(CallbackTimer::is_one);
}

/// What nobody will run any more: callbacks are destroyed, tasks that have not begun end as cancelled.
void EventLoop::drop_queued() noexcept {
  const detail::RunningLoop running(this);
  take_mailbox();
  while (detail::Runnable* node = ready_.pop()) {
    if (node->drop) node->drop(*node);
  }
  while (detail::Timer* const timer = timers_.find_if(CallbackTimer::is_one)) {
    timers_.remove(*timer);  // out of the heap: loop locals, which end later, remove timers of their own from it
    delete static_cast<CallbackTimer*>(timer);
  }
}

}  // namespace coroute
