// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/detail/task_state.hpp"

#include <charconv>
#include <cstdio>
#include <cstdlib>

#include "coroute/asyncio/event_loop.hpp"
#include "coroute/asyncio/task.hpp"

namespace coroute {

std::string to_string(const StackEntry& entry) {
  std::string text(entry.function);
  text.append(" (").append(entry.file).append(":").append(std::to_string(entry.line)).append(")");
  return text;
}

}  // namespace coroute

namespace coroute::detail {
namespace {

constinit thread_local TaskState* current_task_state = nullptr;
constexpr unsigned ready_awaits_per_step = 128;
constinit thread_local TaskState* cancel_wave_end = nullptr;  // the last task of the wave in progress
constexpr std::size_t max_unwound_entries = 64;
constinit thread_local unsigned eager_depth = 0;
constexpr unsigned max_eager_depth = 32;  // of eager tasks that start eager tasks: each is a call on the thread's stack

std::atomic<std::uint64_t> next_task_id{1};

}  // namespace

bool Suspension::begin(FrameBase& frame) noexcept {
  task_ = frame.task;
  if (task_->cancel_pending_) {
    task_->cancel_pending_ = false;
    cancelled_ = true;
    return false;
  }
  cancelled_ = false;
  task_->waiting_ = this;
  task_->waiting_since_ = task_->loop_->time();
  return true;
}

void Suspension::withdraw() noexcept {
  task_->waiting_ = nullptr;
}

void Suspension::throw_cancelled() const {
  throw Cancelled(task_->cancel_reason_);
}

CancelReason Suspension::cancel_reason() const noexcept {
  return task_->cancel_reason_;
}

bool Suspension::take_pending_cancellation() const noexcept {
  return std::exchange(task_->cancel_pending_, false);
}

void Suspension::redeliver_cancellation() const noexcept {
  if (task_->cancel_requests_ > 0) task_->cancel_pending_ = true;
}

void Suspension::wake() noexcept {
  task_->wake();
}

/// A cancellation on its way to the loop that owns the task.
struct TaskState::RemoteCancel : Runnable {
  RemoteCancel(TaskState& task, CancelReason reason) noexcept : Runnable(&run, &drop), task(&task), reason(reason) {
    task.retain();
  }
  ~RemoteCancel() { task->release(); }

  static void run(Runnable& node) noexcept {
    auto& self = static_cast<RemoteCancel&>(node);
    if (!self.task->done()) self.task->cancel_on_loop(self.reason);
    delete &self;
  }
  static void drop(Runnable& node) noexcept { delete &static_cast<RemoteCancel&>(node); }

  TaskState* task;
  CancelReason reason;
};

TaskState::TaskState(EventLoop& loop, std::string name)
    : Runnable(&step_on_loop, &drop_with_loop),
      loop_(&loop),
      id_(next_task_id.fetch_add(1, std::memory_order_relaxed)),
      name_(std::move(name)) {}

/// The last reference may go while the task still counts as the one that runs, which the watchdog's signal looks at.
TaskState::~TaskState() {
  if (current_task_state != this) return;
  current_task_state = nullptr;
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

TaskState* TaskState::current() noexcept {
  return current_task_state;
}

std::string TaskState::name() const {
  return name_.empty() ? "Task-" + std::to_string(id_) : name_;
}

std::size_t TaskState::copy_name(char* into, std::size_t room) const noexcept {
  if (!name_.empty()) return name_.copy(into, room);
  constexpr std::string_view prefix = "Task-";
  const std::size_t length = prefix.copy(into, room);
  return static_cast<std::size_t>(std::to_chars(into + length, into + room, id_).ptr - into);
}

void TaskState::release() noexcept {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  if (error_ && !error_retrieved_.load(std::memory_order_relaxed) && !cancelled_) {
    call_exception_handler({"exception of task '" + name() + "' was never retrieved", error_, unwound_stack(error_)});
  }
  destroy();
}

void TaskState::adopt(FrameBase& root) noexcept {
  root.task = this;
  root_ = top = &root;
  retain();  // held by the running coroutine until `complete`
  if (scope) {
    joins_scope = true;
    ++scope->running;
  }
}

void TaskState::start(FrameBase& root) noexcept {
  adopt(root);
  if (EventLoop::current_or_null() == loop_) loop_->attach_task(*this);
  wake();
}

void TaskState::start_eagerly(FrameBase& root) noexcept {
  if (eager_depth >= max_eager_depth) return start(root);
  adopt(root);
  const unsigned budget = ready_budget;
  ++eager_depth;
  run_step();
  --eager_depth;
  ready_budget = budget;
}

void TaskState::wake() noexcept {
  if (EventLoop::current_or_null() == loop_) {
    loop_->schedule(*this);
  } else {
    loop_->post(*this);
  }
}

void TaskState::step_on_loop(Runnable& node) noexcept {
  static_cast<TaskState&>(node).run_step();
}

/// A task that was posted to a loop which ended before it could begin.
void TaskState::drop_with_loop(Runnable& node) noexcept {
  auto& self = static_cast<TaskState&>(node);
  if (self.started_) return;
  self.cancel_on_loop(CancelReason::Shutdown);
  self.run_step();
}

void TaskState::run_step() noexcept {
  TaskState* const outer = std::exchange(current_task_state, this);
  waiting_ = nullptr;
  ready_budget = ready_awaits_per_step;
  if (!started_) {
    started_ = true;
    if (!linked()) loop_->attach_task(*this);
    if (cancel_pending_) {  // cancelled before its first step: the body is never entered
      cancel_pending_ = false;
      never_entered_ = true;
      error_ = std::make_exception_ptr(Cancelled(cancel_reason_));
      top = nullptr;
    }
  }
  next = top;
  while (next)
    std::exchange(next, nullptr)->handle.resume();
  if (!top) {
    if (!error_) take_result(*root_);
    root_->handle.destroy();
    root_ = nullptr;
    complete();
  }
  current_task_state = outer;
}

DoneNode* TaskState::done_mark() noexcept {
  static DoneNode mark{nullptr};
  return &mark;
}

void TaskState::complete() noexcept {
  if (error_) {
    try {
      std::rethrow_exception(error_);
    } catch (const Cancelled&) {
      cancelled_ = true;
    } catch (...) {
    }
  }
  loop_->detach_task(*this);
  DoneNode* node = done_nodes_.exchange(done_mark(), std::memory_order_acq_rel);
  DoneNode* in_order = nullptr;
  while (node) {
    DoneNode* const following = node->next;
    node->next = in_order;
    in_order = node;
    node = following;
  }
  while (in_order) {
    DoneNode* const following = in_order->next;  // the callback may end the node's life
    in_order->callback(*in_order, *this);
    in_order = following;
  }
  if (joins_scope && --scope->running == 0 && scope->joiner) std::exchange(scope->joiner, nullptr)->wake();
  release();
}

bool TaskState::notify_when_done(DoneNode& node) noexcept {
  DoneNode* head = done_nodes_.load(std::memory_order_acquire);
  do {
    if (head == done_mark()) return false;
    node.next = head;
  } while (!done_nodes_.compare_exchange_weak(head, &node, std::memory_order_release, std::memory_order_acquire));
  return true;
}

bool TaskState::cancel(CancelReason reason) noexcept {
  if (done()) return false;
  if (EventLoop::current_or_null() == loop_) {
    cancel_on_loop(reason);
  } else {
    auto request = std::make_unique<RemoteCancel>(*this, reason);
    if (!EventLoop::post_if_alive(loop_, *request)) return false;  // the loop, and so the task, ended meanwhile
    request.release();
  }
  return true;
}

// A request that is forwarded while another is being delivered waits its turn, so that a chain of tasks that await one
// another costs no stack; each task is asked once a wave, so that a cycle of them ends.
void TaskState::cancel_on_loop(CancelReason reason) noexcept {
  if (in_cancel_wave_) return;
  in_cancel_wave_ = true;
  cancel_arrived_ = true;
  ++cancel_requests_;
  cancel_reason_ = reason;
  if (cancel_wave_end) {
    cancel_wave_end = cancel_wave_end->next_in_cancel_wave_ = this;
    return;
  }
  cancel_wave_end = this;
  for (TaskState* task = this; task; task = task->next_in_cancel_wave_)
    task->deliver_cancellation();
  cancel_wave_end = nullptr;
  for (TaskState* task = this; task; task = std::exchange(task->next_in_cancel_wave_, nullptr)) {
    task->in_cancel_wave_ = false;
  }
}

void TaskState::deliver_cancellation() noexcept {
  if (waiting_ && waiting_->cancelled_) return;  // about to take an earlier one: both are delivered as one
  cancel_pending_ = true;
  if (!waiting_) return;  // running or about to run: delivered at the next wait
  const CancelOutcome outcome = waiting_->cancel();
  if (outcome == CancelOutcome::Refused) return;
  cancel_pending_ = false;
  if (outcome == CancelOutcome::Forwarded) return;
  waiting_->cancelled_ = true;
  if (outcome == CancelOutcome::Aborted) loop_->schedule(*this);
}

std::uint32_t TaskState::uncancel(std::uint32_t level) noexcept {
  if (done()) return cancel_requests_;
  if (cancel_requests_ > 0 && --cancel_requests_ <= level) cancel_pending_ = false;
  return cancel_requests_;
}

std::vector<StackEntry> TaskState::stack() const {
  std::vector<StackEntry> entries;
  for (const FrameBase* frame = top; frame; frame = frame->parent)
    entries.push_back(frame->stack_entry());
  return entries;
}

void TaskState::note_unwind(const FrameBase& frame, const std::exception_ptr& error) noexcept {
  try {
    if (!unwinding_) unwinding_ = std::make_unique<Unwinding>();
    if (unwinding_->error != error) {
      unwinding_->error = error;
      unwinding_->stack.clear();
    }
    if (unwinding_->stack.size() < max_unwound_entries) unwinding_->stack.push_back(frame.stack_entry());
  } catch (const std::bad_alloc&) {
    // The error itself goes on; only its stack is shorter.
  }
}

void TaskState::note_creator(const TaskState& creator) noexcept {
  try {
    creation_ = std::make_unique<std::vector<StackEntry>>(creator.stack());
  } catch (const std::bad_alloc&) {
  }
}

void TaskState::adopt_unwind(const TaskState& other) noexcept {
  if (!other.unwinding_ || &other == this) return;
  try {
    unwinding_ = std::make_unique<Unwinding>(*other.unwinding_);
  } catch (const std::bad_alloc&) {
  }
}

std::vector<StackEntry> TaskState::unwound_stack(const std::exception_ptr& error) const {
  if (!unwinding_ || unwinding_->error != error) return {};
  return unwinding_->stack;
}

void abort_on_corrupt_frame() noexcept {
  std::fputs(
      "coroute: this compiler (g++ 12.1 or 12.2) laid a coroutine frame out wrong: a coroutine without local variables "
      "has co_await in the condition of an if, while or switch (GCC bug 106188). Store the awaited value in a variable "
      "first, or build with clang or g++ 12.3 and up.\n",
      stderr);
  std::abort();
}

void throw_awaited_twice() {
  throw RuntimeError("cannot await this coroutine: it was awaited or made a task before");
}

}  // namespace coroute::detail
