// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/as_completed.hpp"

#include <utility>

#include "coroute/asyncio/wait.hpp"

namespace coroute::detail {

Completions::Completions(std::vector<AnyTask> tasks, std::optional<Clock::duration> timeout)
    : Timer(&on_fire), loop_(EventLoop::current()) {
  if (tasks.empty()) return;
  for (AnyTask& task : distinct_tasks(std::move(tasks))) {
    Watch& watch = watches_.emplace_back(*this, task);
    ++running_;
    if (task.done()) {
      on_task_done(watch);
    } else if (&task.state().loop() == &loop_) {
      watch.start(task.state());
    } else {
      watch.start(followers_.emplace_back(follow_on_this_loop(task)).state());
    }
  }
  if (!timeout || running_ == 0) return;
  Timer::when = loop_.time_after(*timeout);
  loop_.add_timer(*this);
}

Completions::~Completions() {
  if (queued()) loop_.remove_timer(*this);
  for (const AnyTask& follower : followers_)
    follower.cancel();
}

void Completions::on_task_done(Watch& watch) noexcept {
  --running_;
  if (hand_over(watch)) return;
  watch.next = nullptr;
  (last_finished_ ? last_finished_->next : first_finished_) = &watch;
  last_finished_ = &watch;
}

/// To the first who waits.
bool Completions::hand_over(Watch& watch) noexcept {
  if (waiting_.empty()) return false;
  CompletionAwaiterBase& first = waiting_.pop_front();
  --waiting_count_;
  first.given_ = &watch;
  first.wake();
  return true;
}

/// It was taken, and comes first again.
void Completions::give_back(Watch& watch) noexcept {
  if (hand_over(watch)) return;
  watch.next = first_finished_;
  first_finished_ = &watch;
  if (!last_finished_) last_finished_ = &watch;
}

Completions::Watch& Completions::pop_finished() noexcept {
  Watch& watch = *first_finished_;
  first_finished_ = watch.next;
  if (!first_finished_) last_finished_ = nullptr;
  return watch;
}

void Completions::expire() noexcept {
  expired_steps_ = running_;
  running_ = 0;
  for (Watch& watch : watches_)
    watch.stop();
  while (!waiting_.empty()) {
    CompletionAwaiterBase& first = waiting_.pop_front();
    --waiting_count_;
    --expired_steps_;
    first.expired_ = true;
    first.wake();
  }
}

CompletionAwaiterBase::~CompletionAwaiterBase() {
  if (linked()) {
    IntrusiveList<CompletionAwaiterBase>::remove(*this);
    --completions_->waiting_count_;
  }
  // Cancelled while it only gave way, or its frame was destroyed before it could take what it was given.
  if (given_) completions_->give_back(*given_);
  if (expired_) ++completions_->expired_steps_;
}

bool CompletionAwaiterBase::take_what_is_there() noexcept {
  Completions& all = *completions_;
  if (all.first_finished_) {
    given_ = &all.pop_finished();
  } else if (all.expired_steps_ > 0) {
    --all.expired_steps_;
    expired_ = true;
  } else {
    return !all.has_unclaimed();
  }
  return true;
}

bool CompletionAwaiterBase::await_ready() {
  if (EventLoop::current_or_null() != &completions_->loop_) {
    throw RuntimeError("an AsCompleted belongs to the loop on which it was made");
  }
  return take_what_is_there() && spend_ready_budget();
}

bool CompletionAwaiterBase::start(FrameBase& frame) noexcept {
  if (!begin(frame)) return false;
  if (given_ || expired_ || !completions_->has_unclaimed()) {  // only gives others a turn
    wake();
    return true;
  }
  completions_->waiting_.push_back(*this);
  ++completions_->waiting_count_;
  return true;
}

TaskState* CompletionAwaiterBase::take() {
  finish();
  if (std::exchange(expired_, false)) throw TimeoutError();
  Completions::Watch* const watch = std::exchange(given_, nullptr);
  return watch ? &watch->task.state() : nullptr;
}

CancelOutcome CompletionAwaiterBase::cancel() noexcept {
  if (!linked()) return CancelOutcome::Refused;  // on its way
  IntrusiveList<CompletionAwaiterBase>::remove(*this);
  --completions_->waiting_count_;
  return CancelOutcome::Aborted;
}

void CompletionAwaiterBase::list_awaited(std::vector<const TaskState*>& tasks) const {
  for (const Completions::Watch& watch : completions_->watches_) {
    if (!watch.task.done()) tasks.push_back(&watch.task.state());
  }
}

}  // namespace coroute::detail
