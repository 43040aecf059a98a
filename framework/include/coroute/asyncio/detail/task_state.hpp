// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The control block of a running task, the frames it consists of, and what it waits for.
///
/// A task is a stack of coroutine frames linked by `parent`; `top` is the innermost one. Only the task's own loop
/// resumes it, through a trampoline: a frame that calls another or ends only says which frame comes next, so a chain of
/// calls uses no stack whatever the compiler does about tail calls.
#include <atomic>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coroute/asyncio/clock.hpp"
#include "coroute/asyncio/context.hpp"
#include "coroute/asyncio/detail/frame_memory.hpp"
#include "coroute/asyncio/detail/intrusive_list.hpp"
#include "coroute/asyncio/detail/runnable.hpp"
#include "coroute/asyncio/errors.hpp"

namespace coroute {

class EventLoop;
class Timeout;

/// One line of an async stack: a coroutine, and the line at which it last awaited or was declared.
struct StackEntry {
  std::string_view function;
  std::string_view file;
  unsigned line = 0;
};

/// "function (file:line)".
std::string to_string(const StackEntry& entry);

}  // namespace coroute

namespace coroute::detail {

class TaskState;

/// What every coroutine frame of an `Async` carries.
struct FrameBase {
  std::coroutine_handle<> handle;
  FrameBase* parent = nullptr;
  TaskState* task = nullptr;
  std::source_location declared;
  std::source_location awaits;  ///< Of the current or last `co_await`; line 0 before the first.

  StackEntry stack_entry() const noexcept {
    const std::source_location& at = awaits.line() != 0 ? awaits : declared;
    return {declared.function_name(), at.file_name(), static_cast<unsigned>(at.line())};
  }
};

/// How a wait takes a cancellation of its task.
enum class CancelOutcome : unsigned char {
  Aborted,        ///< The wait is over: nobody else will wake the task, `Cancelled` is thrown at the `co_await`.
  AbortedQueued,  ///< The same, and the task is in the loop's queue already.
  Forwarded,      ///< Handed on to what is waited for (an awaited task); the wait goes on.
  Refused,        ///< Already complete, or not to be interrupted: the cancellation stays pending for the next wait.
};

/// Base of every leaf awaiter: the reason why a task is suspended. Lives in the frame of the awaiting coroutine.
class Suspension {
 public:
  Suspension() noexcept = default;
  Suspension(const Suspension&) = delete;
  Suspension& operator=(const Suspension&) = delete;

  /// Called on the task's loop while the task is suspended here.
  virtual CancelOutcome cancel() noexcept = 0;
  /// What is awaited, for people: "sleep", "Semaphore.acquire".
  virtual const char* describe() const noexcept = 0;
  /// Appends the tasks whose end is waited for: what the task tree is made of.
  virtual void list_awaited(std::vector<const TaskState*>&) const {}

 protected:
  ~Suspension() = default;

  /// Starts the wait of `frame`'s task. False: a cancellation was pending and is delivered now, don't wait.
  bool begin(FrameBase& frame) noexcept;
  /// Takes back `begin` when it turns out that there is nothing to wait for.
  void withdraw() noexcept;
  /// To be called first when the task goes on: throws `Cancelled` when the wait was aborted by one.
  void finish() const {
    if (cancelled_) [[unlikely]]
      throw_cancelled();
  }
  /// Makes the task ready to run. Any thread; exactly once a wait, and not after `cancel` answered Aborted.
  void wake() noexcept;
  /// Of the last cancellation of the task.
  CancelReason cancel_reason() const noexcept;
  /// For waits that answer Refused and end early all the same: true when a cancellation is pending, which is then
  /// taken.
  bool take_pending_cancellation() const noexcept;
  /// A cancellation that was forwarded has not arrived: it is delivered at the task's next wait instead.
  void redeliver_cancellation() const noexcept;

  TaskState* task_ = nullptr;

 private:
  friend class TaskState;
  [[noreturn]] void throw_cancelled() const;

  bool cancelled_ = false;
};

/// Wakes somebody when a task is done. The node is owned by whoever waits and must live until it is called.
struct DoneNode {
  using Callback = void (*)(DoneNode&, TaskState&) noexcept;
  explicit DoneNode(Callback callback) noexcept : callback(callback) {}
  Callback callback;
  DoneNode* next = nullptr;
};

/// Tasks that belong to one unit of work, such as a request: what is created inside is joined at its end.
struct TaskScope {
  std::uint32_t running = 0;     ///< Tasks of this scope that are not done. Loop thread only.
  Suspension* joiner = nullptr;  ///< Whoever waits for `running` to become 0.
  /// Puts what the scope knows, such as the request's id, among the variables of work that leaves it; null: nothing.
  void (*carry)(TaskScope& scope, ContextRef& into) = nullptr;
};

class TaskState : public Runnable, public ListNode {
 public:
  TaskState(EventLoop& loop, std::string name);
  TaskState(const TaskState&) = delete;
  TaskState& operator=(const TaskState&) = delete;

  static TaskState* current() noexcept;

  void retain() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept;

  static void* operator new(std::size_t size) { return allocate_frame(size); }
  static void* operator new(std::size_t size, std::align_val_t alignment) { return ::operator new(size, alignment); }
  static void operator delete(void* memory, std::size_t size) noexcept { release_frame(memory, size); }
  static void operator delete(void* memory, std::size_t size, std::align_val_t alignment) noexcept {
    ::operator delete(memory, size, alignment);
  }

  /// Queues the first step of the coroutine whose outermost frame is `root`; takes the frame over. Any thread.
  void start(FrameBase& root) noexcept;
  /// Runs the first step at once, inside the step of the task that is running. The task's loop only.
  void start_eagerly(FrameBase& root) noexcept;
  /// Makes the suspended task ready. Any thread.
  void wake() noexcept;
  /// asyncio's Task.cancel(); any thread. False when the task is done already.
  bool cancel(CancelReason reason) noexcept;
  /// asyncio's Task.uncancel(); the task's loop only. At 0 a cancellation that was not delivered yet is withdrawn.
  /// Not delivered and down to `level` requests, those that a block found when it was entered: it is withdrawn too.
  std::uint32_t uncancel(std::uint32_t level = 0) noexcept;

  EventLoop& loop() const noexcept { return *loop_; }
  std::uint64_t id() const noexcept { return id_; }
  std::string name() const;
  /// Writes at most `room` characters of the name and gives their number; for signal handlers of the task's thread.
  std::size_t copy_name(char* into, std::size_t room) const noexcept;
  void set_name(std::string name) { name_ = std::move(name); }
  bool done() const noexcept { return done_nodes_.load(std::memory_order_acquire) == done_mark(); }
  bool cancelled() const noexcept { return done() && cancelled_; }
  std::uint32_t cancelling() const noexcept { return cancel_requests_; }
  /// Without the one that waits for its delivery: for a block that begins now it comes from inside.
  std::uint32_t delivered_cancel_requests() const noexcept {
    return cancel_pending_ && cancel_requests_ > 0 ? cancel_requests_ - 1 : cancel_requests_;
  }
  /// Of a task that is done: it ended before a request to cancel it arrived or could be delivered.
  bool outran_cancellation() const noexcept { return !cancelled_ && (cancel_pending_ || !cancel_arrived_); }
  /// It was cancelled before its first step.
  bool never_entered() const noexcept { return never_entered_; }
  const Suspension* waiting() const noexcept { return waiting_; }
  /// When the present wait, and when the task, began, as the loop's time.
  Clock::time_point waiting_since() const noexcept { return waiting_since_; }
  Clock::time_point created() const noexcept { return created_; }
  static bool is_task(const Runnable& node) noexcept { return node.step == &step_on_loop; }

  /// Registers `node` to be called, on the task's loop, when the task is done. False: it is done already.
  bool notify_when_done(DoneNode& node) noexcept;
  const std::exception_ptr& error() noexcept {
    error_retrieved_.store(true, std::memory_order_relaxed);
    return error_;
  }

  /// Frames from the innermost outwards, as they stand now. The task's loop only.
  std::vector<StackEntry> stack() const;
  /// Notes that `frame` is being left by the current exception, for `exception_stack`.
  void note_unwind(const FrameBase& frame, const std::exception_ptr& error) noexcept;
  /// Carries the stack of `error` over from another task in which it was thrown.
  void adopt_unwind(const TaskState& other) noexcept;
  /// Notes who creates this task; done in debug mode.
  void note_creator(const TaskState& creator) noexcept;
  /// Where it was created, innermost first: asyncio's source traceback. Empty outside of debug mode.
  std::vector<StackEntry> creation_stack() const { return creation_ ? *creation_ : std::vector<StackEntry>{}; }
  std::vector<StackEntry> unwound_stack(const std::exception_ptr& error) const;

  ContextRef context;                                     ///< The task's variables. Loop thread only.
  Clock::time_point deadline = Clock::time_point::max();  ///< Bounds the task and those it creates; max: none.
  Timeout* timeouts = nullptr;                            ///< Those that are active in this task, innermost first.

  TaskScope* scope = nullptr;  ///< Inherited by the tasks that this one creates; null: none.
  bool joins_scope = false;    ///< Counts as running in `scope`, as opposed to the task that owns it.

  /// Runs `callee`, the innermost frame now, as an ordinary call in `caller`'s step, if there is stack left for that;
  /// else the trampoline does it. True: `caller` is the innermost frame again and goes on at once.
  bool run_directly(FrameBase& callee, FrameBase& caller) noexcept {
    const unsigned depth = direct_calls_;
    if (depth == max_direct_calls) {
      next = &callee;
      return false;
    }
    direct_calls_ = depth + 1;
    callee.handle.resume();
    direct_calls_ = depth;
    if (next != &caller) return false;
    next = nullptr;
    return true;
  }

  FrameBase* top = nullptr;   ///< Innermost frame. For frames and awaiters only.
  FrameBase* next = nullptr;  ///< What the trampoline resumes next. For frames and awaiters only.

 protected:
  ~TaskState();

  /// The outermost frame has ended: keep its result or error, then destroy it.
  virtual void take_result(FrameBase& root) noexcept = 0;
  virtual void destroy() noexcept = 0;

  std::exception_ptr error_;

 private:
  friend class Suspension;
  friend class coroute::EventLoop;
  struct RemoteCancel;

  static void step_on_loop(Runnable& node) noexcept;
  static void drop_with_loop(Runnable& node) noexcept;
  static DoneNode* done_mark() noexcept;
  void adopt(FrameBase& root) noexcept;
  void run_step() noexcept;
  void complete() noexcept;
  void cancel_on_loop(CancelReason reason) noexcept;
  void deliver_cancellation() noexcept;

  static constexpr unsigned max_direct_calls = 16;

  EventLoop* loop_;
  unsigned direct_calls_ = 0;
  std::uint64_t id_;
  std::string name_;
  FrameBase* root_ = nullptr;
  Suspension* waiting_ = nullptr;
  Clock::time_point waiting_since_{};
  Clock::time_point created_{};
  std::atomic<DoneNode*> done_nodes_{nullptr};
  std::atomic<std::uint32_t> references_{1};
  std::uint32_t cancel_requests_ = 0;
  CancelReason cancel_reason_ = CancelReason::User;
  bool cancel_pending_ = false;
  bool cancel_arrived_ = false;
  bool cancelled_ = false;
  bool started_ = false;
  bool never_entered_ = false;
  bool in_shutdown_round_ = false;  // for EventLoop::cancel_all_tasks
  bool in_cancel_wave_ = false;
  TaskState* next_in_cancel_wave_ = nullptr;
  std::atomic<bool> error_retrieved_{false};  // several loops may fetch it at once

  struct Unwinding {
    std::exception_ptr error;
    std::vector<StackEntry> stack;
  };
  std::unique_ptr<std::vector<StackEntry>> creation_;
  std::unique_ptr<Unwinding> unwinding_;  // only tasks in which something was thrown pay for it
};

/// Counted reference to a task.
class TaskRef {
 public:
  TaskRef() noexcept = default;
  /// Takes over one reference that the caller holds.
  explicit TaskRef(TaskState* adopted) noexcept : state_(adopted) {}
  TaskRef(const TaskRef& other) noexcept : state_(other.state_) {
    if (state_) state_->retain();
  }
  TaskRef(TaskRef&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  TaskRef& operator=(TaskRef other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~TaskRef() {
    if (state_) state_->release();
  }

  TaskState* get() const noexcept { return state_; }
  TaskState* operator->() const noexcept { return state_; }
  explicit operator bool() const noexcept { return state_ != nullptr; }

 private:
  TaskState* state_ = nullptr;
};

/// Awaits that the step in progress may still make without suspending.
inline constinit thread_local unsigned ready_budget = 0;

/// Lets loops that are always ready give way to others: after so many awaits that did not suspend, one does.
/// True: go on without suspending.
inline bool spend_ready_budget() noexcept {
  if (ready_budget == 0) return false;
  --ready_budget;
  return true;
}

}  // namespace coroute::detail
