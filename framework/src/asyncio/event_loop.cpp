// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/event_loop.hpp"

#include <linux/futex.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <ctime>
#include <mutex>
#include <system_error>

#include "coroute/asyncio/debug.hpp"
#include "coroute/asyncio/detail/io_handle.hpp"
#include "coroute/asyncio/detail/task_state.hpp"
#include "coroute/asyncio/errors.hpp"
#include "coroute/asyncio/task.hpp"

namespace coroute {
namespace {

constinit thread_local EventLoop* running_loop = nullptr;
constexpr int events_per_poll = 256;
constexpr unsigned steps_per_poll = 32;

/// Changes every few milliseconds, and costs a fraction of a reading of the clock.
long coarse_tick() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return now.tv_nsec;
}

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

/// Marks the loop as the one that runs on this thread.
class Registration {
 public:
  explicit Registration(EventLoop* loop) noexcept : previous_(std::exchange(running_loop, loop)) {}
  ~Registration() { running_loop = previous_; }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

 private:
  EventLoop* previous_;
};

/// Every loop there is, for those whose pointer may have outlived one. Never destroyed: loops may be static.
struct LiveLoops {
  std::mutex mutex;
  std::vector<EventLoop*> loops;
  std::uint64_t made = 0;
};
LiveLoops& live_loops() {
  static auto* const all = new LiveLoops;
  return *all;
}

/// A loop without descriptors sleeps in a futex: cheaper to enter and to wake from than epoll. -1: without a limit.
void wait_for_futex(std::atomic<std::uint32_t>& word, std::uint32_t expected, int timeout_ms) noexcept {
  const timespec limit{timeout_ms / 1000, timeout_ms % 1000 * 1'000'000L};
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, expected, timeout_ms < 0 ? nullptr : &limit, nullptr, 0);
}
void wake_futex(std::atomic<std::uint32_t>& word) noexcept {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

int checked(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::system_category(), what);
  return result;
}

}  // namespace

struct alignas(64) EventLoop::Mailbox {
  std::atomic<detail::Runnable*> head{nullptr};  // newest first
  /// What the loop's thread sleeps in: 0 nothing, then it needs no waking.
  enum Sleep : std::uint32_t { awake, in_poll, in_futex };
  std::atomic<std::uint32_t> sleeping{awake};
  std::atomic<bool> stopping{false};
  std::atomic<int> thread{0};  // that runs the loop
  std::atomic<std::uint64_t> turns{0};
  std::uint64_t number = 0;
  std::atomic<unsigned> posters{0};  // threads inside `post`; the loop outlives them
};

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
  LiveLoops& live = live_loops();
  const std::lock_guard lock(live.mutex);
  mailbox_->number = ++live.made;
  live.loops.push_back(this);
}

EventLoop::~EventLoop() {
  {
    LiveLoops& live = live_loops();
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
  if (!running_loop) throw RuntimeError("no running event loop on this thread");
  return *running_loop;
}

EventLoop* EventLoop::current_or_null() noexcept {
  return running_loop;
}

void EventLoop::run() {
  if (running_loop) throw RuntimeError("an event loop is already running on this thread");
  const Registration registration(this);
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

void EventLoop::stop() noexcept {
  mailbox_->posters.fetch_add(1, std::memory_order_relaxed);
  mailbox_->stopping.store(true, std::memory_order_seq_cst);
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_fd_, &one, sizeof one);
  if (mailbox_->sleeping.exchange(Mailbox::awake, std::memory_order_seq_cst) == Mailbox::in_futex) {
    wake_futex(mailbox_->sleeping);
  }
  mailbox_->posters.fetch_sub(1, std::memory_order_release);
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
    wait_for_futex(mailbox_->sleeping, Mailbox::in_futex, timeout_ms);
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
  if (virtual_time_) return timers_.front()->when <= now_ ? 0 : -1;
  const auto left = timers_.front()->when - Clock::now();
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
  now_ = std::max(now_, timers_.front()->when);
}

void EventLoop::post(detail::Runnable& node) noexcept {
  mailbox_->posters.fetch_add(1, std::memory_order_relaxed);
  detail::Runnable* head = mailbox_->head.load(std::memory_order_relaxed);
  do {
    node.next = head;
  } while (!mailbox_->head.compare_exchange_weak(head, &node, std::memory_order_seq_cst, std::memory_order_relaxed));
  if (mailbox_->sleeping.load(std::memory_order_seq_cst) != Mailbox::awake) {
    const std::uint32_t in = mailbox_->sleeping.exchange(Mailbox::awake, std::memory_order_relaxed);
    if (in == Mailbox::in_futex) {
      wake_futex(mailbox_->sleeping);
    } else if (in == Mailbox::in_poll) {
      const std::uint64_t one = 1;
      [[maybe_unused]] const ssize_t written = write(wake_fd_, &one, sizeof one);
    }
  }
  mailbox_->posters.fetch_sub(1, std::memory_order_release);
}

bool EventLoop::post_if_alive(EventLoop* loop, detail::Runnable& node) noexcept {
  LiveLoops& live = live_loops();
  const std::lock_guard lock(live.mutex);  // held while posting: the loop can't end meanwhile
  if (std::find(live.loops.begin(), live.loops.end(), loop) == live.loops.end()) return false;
  loop->post(node);
  return true;
}

std::vector<EventLoop*> EventLoop::all() {
  LiveLoops& live = live_loops();
  const std::lock_guard lock(live.mutex);
  return live.loops;
}

std::optional<detail::LoopProgress> EventLoop::progress_of(const EventLoop* loop) noexcept {
  LiveLoops& live = live_loops();
  const std::lock_guard lock(live.mutex);
  if (std::find(live.loops.begin(), live.loops.end(), loop) == live.loops.end()) return std::nullopt;
  const Mailbox& box = *loop->mailbox_;
  detail::LoopProgress progress;
  progress.number = box.number;
  progress.turns = box.turns.load(std::memory_order_relaxed);
  progress.thread = box.thread.load(std::memory_order_relaxed);
  progress.waiting = box.sleeping.load(std::memory_order_relaxed);
  return progress;
}

bool EventLoop::call_soon_if_alive(EventLoop* loop, Function<void()> callback) {
  if (loop == running_loop) {
    loop->call_soon(std::move(callback));
    return true;
  }
  auto step = std::make_unique<CallbackStep>(std::move(callback));
  if (!post_if_alive(loop, *step)) return false;
  step.release();
  return true;
}

/// What nobody will run any more: callbacks are destroyed, tasks that have not begun end as cancelled.
void EventLoop::drop_queued() noexcept {
  const Registration registration(this);
  take_mailbox();
  while (detail::Runnable* node = ready_.pop()) {
    if (node->drop) node->drop(*node);
  }
  while (true) {
    const auto found = std::find_if(timers_.begin(), timers_.end(), CallbackTimer::is_one);
    if (found == timers_.end()) return;
    detail::Timer* const timer = *found;
    remove_timer(*timer);  // out of the heap: loop locals, which end later, remove timers of their own from it
    delete static_cast<CallbackTimer*>(timer);
  }
}

void EventLoop::check_thread() const {
  if (running_loop == this || !debug_enabled() || mailbox_->thread.load(std::memory_order_relaxed) == 0) return;
  throw RuntimeError("non-thread-safe operation: another thread runs this loop; use call_soon_threadsafe");
}

void EventLoop::call_soon(Function<void()> callback) {
  check_thread();
  schedule(*new CallbackStep(std::move(callback)));
}

void EventLoop::call_soon_threadsafe(Function<void()> callback) {
  post(*new CallbackStep(std::move(callback)));
}

void EventLoop::call_at(Clock::time_point when, Function<void()> callback) {
  check_thread();
  auto timer = std::make_unique<CallbackTimer>(std::move(callback));
  timer->when = when;
  add_timer(*timer);
  timer.release();
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

// --- timers: a binary heap that knows each timer's place, so that removal is O(log n) ---

void EventLoop::add_timer(detail::Timer& timer) {
  timers_.push_back(&timer);
  timer.number = timers_added_++;
  std::size_t hole = timers_.size() - 1;
  while (hole > 0) {
    const std::size_t parent = (hole - 1) / 2;
    if (timers_[parent]->is_before(timer)) break;
    timers_[hole] = timers_[parent];
    timers_[hole]->heap_index = hole;
    hole = parent;
  }
  timers_[hole] = &timer;
  timer.heap_index = hole;
}

void EventLoop::remove_timer(detail::Timer& timer) noexcept {
  if (!timer.queued()) return;
  std::size_t hole = timer.heap_index;
  timer.heap_index = detail::Timer::not_queued;
  detail::Timer* const last = timers_.back();
  timers_.pop_back();
  if (last == &timer) return;
  while (hole > 0 && last->is_before(*timers_[(hole - 1) / 2])) {
    timers_[hole] = timers_[(hole - 1) / 2];
    timers_[hole]->heap_index = hole;
    hole = (hole - 1) / 2;
  }
  for (std::size_t child = 2 * hole + 1; child < timers_.size(); child = 2 * hole + 1) {
    if (child + 1 < timers_.size() && timers_[child + 1]->is_before(*timers_[child])) ++child;
    if (last->is_before(*timers_[child])) break;
    timers_[hole] = timers_[child];
    timers_[hole]->heap_index = hole;
    hole = child;
  }
  timers_[hole] = last;
  last->heap_index = hole;
}

std::size_t EventLoop::timed_callback_count() const noexcept {
  return static_cast<std::size_t>(std::count_if(timers_.begin(), timers_.end(), CallbackTimer::is_one));
}

void EventLoop::fire_timers() {
  while (!timers_.empty() && timers_.front()->when <= now_) {
    detail::Timer& timer = *timers_.front();
    remove_timer(timer);
    timer.fire(timer);
  }
}

// --- tasks ---

void EventLoop::attach_task(detail::TaskState& task) noexcept {
  task.created_ = now_;
  tasks_.push_back(task);
  ++task_count_;
}

void EventLoop::detach_task(detail::TaskState& task) noexcept {
  detail::IntrusiveList<detail::TaskState>::remove(task);
  --task_count_;
  if (task.in_shutdown_round_) --shutdown_round_;
}

std::vector<detail::TaskRef> EventLoop::tasks() {
  std::vector<detail::TaskRef> all;
  all.reserve(task_count_);
  tasks_.for_each([&](detail::TaskState& task) {
    task.retain();
    all.emplace_back(&task);
  });
  return all;
}

void EventLoop::cancel_tasks_of(const detail::TaskScope& scope, CancelReason reason) noexcept {
  if (scope.running == 0) return;
  tasks_.for_each([&](detail::TaskState& task) {
    if (task.scope == &scope && task.joins_scope) task.cancel(reason);
  });
}

void EventLoop::cancel_all_tasks() {
  const Registration registration(this);
  do {
    shutdown_round_ = 0;
    tasks_.for_each([this](detail::TaskState& task) {
      task.in_shutdown_round_ = true;
      ++shutdown_round_;
      task.cancel(CancelReason::Shutdown);
    });
    while (shutdown_round_ > 0)
      run_iteration();
    // What the last of them left to do. Tasks that were posted and begin only now are cancelled in another round.
    take_mailbox();
    run_ready();
  } while (task_count_ > 0);
}

}  // namespace coroute
