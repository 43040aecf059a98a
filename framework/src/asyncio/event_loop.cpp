// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/event_loop.hpp"

#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <ctime>
#include <system_error>

#include "coroute/asyncio/debug.hpp"
#include "coroute/asyncio/detail/io_handle.hpp"
#include "coroute/asyncio/detail/task_state.hpp"
#include "coroute/asyncio/task.hpp"
#include "loop_mailbox.hpp"
#include "running_loop.hpp"

namespace coroute {

constinit thread_local EventLoop* detail::running_loop = nullptr;

namespace {

constexpr int events_per_poll = 256;
constexpr unsigned steps_per_poll = 32;

/// Changes every few milliseconds, and costs a fraction of a reading of the clock.
long coarse_tick() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return now.tv_nsec;
}

int checked(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::system_category(), what);
  return result;
}

}  // namespace

EventLoop::EventLoop(EventLoopOptions options)
    : now_(options.virtual_time ? Clock::time_point{} : Clock::now()),
      poll_fd_(checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      wake_fd_(checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")),
      virtual_time_(options.virtual_time),
      mailbox_(std::make_unique<Mailbox>()) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;  // each write wakes, so that nobody has to read
  event.data.ptr = nullptr;
  checked(epoll_ctl(poll_fd_, EPOLL_CTL_ADD, wake_fd_, &event), "epoll_ctl");
  detail::LiveLoops& live = detail::live_loops();
  const std::lock_guard lock(live.mutex);
  mailbox_->number = ++live.made;
  live.loops.push_back(this);
}

EventLoop::~EventLoop() {
  {
    detail::LiveLoops& live = detail::live_loops();
    const std::lock_guard lock(live.mutex);
    std::erase(live.loops, this);
  }
  while (mailbox_->posters.load(std::memory_order_acquire) != 0)
    sched_yield();
  drop_queued();
  if (debug_enabled()) detail::warn_of_lost_tasks(*this);
  while (!locals_.empty())
    remove_local(locals_.back().key);
  guest_.reset();
  close(wake_fd_);
  close(poll_fd_);
}

EventLoop& EventLoop::current() {
  if (!detail::running_loop) throw RuntimeError("no running event loop on this thread");
  return *detail::running_loop;
}

EventLoop* EventLoop::current_or_null() noexcept {
  return detail::running_loop;
}

void EventLoop::run() {
  if (detail::running_loop) throw RuntimeError("an event loop is already running on this thread");
  const detail::RunningLoop running(this);
  mailbox_->thread.store(static_cast<int>(syscall(SYS_gettid)), std::memory_order_relaxed);
  struct End {  // by an error too
    Mailbox& mailbox;
    ~End() {
      mailbox.thread.store(0, std::memory_order_relaxed);
      mailbox.stopping.store(false, std::memory_order_relaxed);
    }
  } const end{*mailbox_};
  refresh_time();
  // A stop that came before `run` ends it at once; it is used up either way.
  while (!mailbox_->stopping.load(std::memory_order_acquire))
    run_iteration();
}

void EventLoop::run_iteration() {
  mailbox_->turns.store(mailbox_->turns.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  take_mailbox();
  if (ready_.empty() || poll_is_due()) {
    const bool idle = ready_.empty();
    const Clock::time_point before = now_;
    if (idle) {
      wait_for_events();
    } else if (has_descriptors_) {
      poll_once(0);
      if (guest_) guest_->poll();
    }
    steps_since_poll_ = 0;
    refresh_time();
    if (idle) spin_.note(got_mail_, now_ - before);
    fire_timers();
  }
  run_ready();
}

/// While something is ready, descriptors, timers and the time are looked at every so many steps, or sooner when these
/// take long: asking the kernel costs as much as several short ones.
bool EventLoop::poll_is_due() noexcept {
  if (virtual_time_ || steps_since_poll_ >= steps_per_poll) return true;
  return coarse_tick() != tick_of_poll_;
}

/// One batch: what is queued while it runs waits for the next iteration, so that I/O and timers are never starved.
void EventLoop::run_ready() {
  detail::RunQueue batch;
  batch.append(ready_);
  const bool debug = debug_enabled();
  while (detail::Runnable* node = batch.pop()) {
    ++steps_since_poll_;
    if (debug) [[unlikely]] {
      run_timed(*node);
    } else {
      node->step(*node);
    }
  }
}

/// asyncio's slow callback warning: who held the loop up, between which of its lines.
void EventLoop::run_timed(detail::Runnable& node) noexcept {
  detail::TaskRef task;
  StackEntry before;
  if (detail::TaskState::is_task(node)) {
    auto& state = static_cast<detail::TaskState&>(node);
    state.retain();
    task = detail::TaskRef(&state);
    before = state.top->stack_entry();
  }
  const Clock::time_point began = Clock::now();
  node.step(node);
  const Clock::duration took = Clock::now() - began;
  if (took >= slow_step_limit()) detail::warn_of_slow_step(took, task.get(), before);
}

void EventLoop::refresh_time() noexcept {
  if (virtual_time_) return;
  tick_of_poll_ = coarse_tick();
  now_ = Clock::now();
}

Clock::time_point EventLoop::time_after(Clock::duration delay) const noexcept {
  const Clock::time_point now = virtual_time_ ? now_ : Clock::now();
  return delay > Clock::time_point::max() - now ? Clock::time_point::max() : now + delay;
}

void EventLoop::wait_for_events() {
  if (virtual_time_ && external_work_ == 0) {
    if (poll_once(0) > 0) return;
    if (guest_) guest_->poll();
    if (ready_.empty() && !take_mailbox()) advance_virtual_time();
    return;
  }
  if (spin_.is_worth_it() && look_for_work()) return;
  const int timeout_ms = timeout_until_next_timer();
  mailbox_->sleeping.store(has_descriptors_ ? Mailbox::in_poll : Mailbox::in_futex, std::memory_order_seq_cst);
  // A post that came before `sleeping` was set did not wake.
  const bool mail = mailbox_->head.load(std::memory_order_seq_cst) != nullptr;
  if (has_descriptors_) {
    block(mail ? 0 : timeout_ms);
  } else if (!mail && !mailbox_->stopping.load(std::memory_order_seq_cst)) {
    detail::wait_for_futex(mailbox_->sleeping, Mailbox::in_futex, timeout_ms);
  }
  mailbox_->sleeping.store(Mailbox::awake, std::memory_order_relaxed);
  got_mail_ = take_mailbox();
}

/// Without going to sleep, for a moment; true when there is something to do.
bool EventLoop::look_for_work() {
  if (guest_ || virtual_time_ || !detail::IdleSpin::is_possible()) return false;
  const auto arrived = [this] {
    return !ready_.empty() || mailbox_->head.load(std::memory_order_relaxed) ||
           mailbox_->stopping.load(std::memory_order_relaxed);
  };
  const bool found = detail::IdleSpin::look(arrived, [this] {
    if (has_descriptors_) poll_once(0);
  });
  // What comes from now on is seen by whoever goes to sleep: taking it here would hide it.
  if (!found) return false;
  got_mail_ = take_mailbox();
  return true;
}

void EventLoop::block(int timeout_ms) {
  if (!guest_) {
    poll_once(timeout_ms);
    return;
  }
  guest_->block(timeout_ms);
  poll_once(0);
}

int EventLoop::poll_once(int timeout_ms) {
  std::array<epoll_event, events_per_poll> events;
  const int count = epoll_wait(poll_fd_, events.data(), events_per_poll, timeout_ms);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.ptr) static_cast<detail::IoHandle*>(event.data.ptr)->on_events(event.events);
  }
  return count;
}

int EventLoop::timeout_until_next_timer() const {
  if (timers_.empty()) return -1;
  if (virtual_time_) return timers_.front().when <= now_ ? 0 : -1;
  const auto left = timers_.front().when - Clock::now();
  if (left <= Clock::duration::zero()) return 0;
  // Rounded up: waking a little early would spin until the timer is due.
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return static_cast<int>(std::min<decltype(ms)>(ms, INT_MAX));
}

bool EventLoop::take_mailbox() noexcept {
  if (!mailbox_->head.load(std::memory_order_relaxed)) return false;
  detail::Runnable* node = mailbox_->head.exchange(nullptr, std::memory_order_acquire);
  detail::Runnable* in_order = nullptr;
  while (node) {
    detail::Runnable* const following = node->next;
    node->next = in_order;
    in_order = node;
    node = following;
  }
  while (in_order) {
    detail::Runnable* const following = in_order->next;
    ready_.push(*in_order);
    in_order = following;
  }
  return true;
}

void EventLoop::advance_virtual_time() {
  if (timers_.empty()) {
    if (mailbox_->stopping.load(std::memory_order_relaxed)) return;
    throw DeadlockError("deadlock: every task waits, and no timer or event is left that could wake one");
  }
  now_ = std::max(now_, timers_.front().when);
}

void EventLoop::set_guest(std::unique_ptr<detail::LoopGuest> guest) {
  guest_ = std::move(guest);
}

detail::LoopLocal* EventLoop::local(const void* key) const noexcept {
  for (const LocalEntry& entry : locals_) {
    if (entry.key == key) return entry.value.get();
  }
  return nullptr;
}

void EventLoop::set_local(const void* key, std::unique_ptr<detail::LoopLocal> value) {
  locals_.push_back({key, std::move(value)});
}

void EventLoop::remove_local(const void* key) noexcept {
  const auto found = std::find_if(locals_.begin(), locals_.end(), [&](const LocalEntry& e) { return e.key == key; });
  if (found == locals_.end()) return;
  // Out of the list first: its destructor may look into it.
  const std::unique_ptr<detail::LoopLocal> value = std::move(found->value);
  locals_.erase(found);
}

void EventLoop::fire_timers() {
  while (!timers_.empty() && timers_.front().when <= now_) {
    detail::Timer& timer = timers_.front();
    timers_.remove(timer);
    timer.fire(timer);
  }
}

}  // namespace coroute
