// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/runner.hpp"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

#include "coroute/asyncio/debug.hpp"

namespace coroute {
namespace {

/// Ends `EventLoop::run` when the main task is done. Lives until that is the case, which may be after the run.
struct StopWhenDone : detail::DoneNode {
  explicit StopWhenDone(EventLoop& running) noexcept : DoneNode(&stop), loop(&running) {}
  static void stop(DoneNode& node, detail::TaskState&) noexcept {
    const std::unique_ptr<StopWhenDone> self(static_cast<StopWhenDone*>(&node));
    if (self->loop) self->loop->stop();
  }
  EventLoop* loop;  // null: the run has ended otherwise, and the next one is not to be stopped
};

bool on_first_thread() noexcept {
  return syscall(SYS_gettid) == getpid();
}

class InterruptWatch;
std::atomic<InterruptWatch*> active_watch{nullptr};
std::atomic<unsigned> handlers_in_progress{0};  // on any thread: a watch outlives them

/// The way from the signal handler to the loop. One for the process, since it may still be queued when a run ends.
struct InterruptNode : detail::Runnable {
  InterruptNode() noexcept : Runnable(&deliver, &forget) {}
  static void deliver(Runnable& node) noexcept;
  static void forget(Runnable& node) noexcept { static_cast<InterruptNode&>(node).queued = false; }
  std::atomic<bool> queued{false};
};
InterruptNode interrupt_node;

/// Turns SIGINT into a cancellation of the main task while it lives. The handler only posts to the loop, which is one
/// compare-and-swap and perhaps a write; the default action is restored first, so that a second SIGINT gets through.
class InterruptWatch {
 public:
  InterruptWatch(EventLoop& loop, const AnyTask& main, bool wanted) noexcept : loop_(loop), main_(main) {
    if (!wanted || !on_first_thread()) return;
    struct sigaction present{};
    if (sigaction(SIGINT, nullptr, &present) != 0 || present.sa_handler != SIG_DFL) return;
    active_watch = this;
    struct sigaction ours{};
    ours.sa_handler = &on_signal;
    ours.sa_flags = static_cast<int>(SA_RESETHAND);
    sigemptyset(&ours.sa_mask);
    installed_ = sigaction(SIGINT, &ours, nullptr) == 0;
  }
  ~InterruptWatch() {
    if (!installed_) return;
    struct sigaction present{};
    if (sigaction(SIGINT, nullptr, &present) == 0 && present.sa_handler == &on_signal) {  // main may have set its own
      struct sigaction standard{};
      standard.sa_handler = SIG_DFL;
      sigaction(SIGINT, &standard, nullptr);
    }
    active_watch = nullptr;
    while (handlers_in_progress != 0)
      sched_yield();
  }
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;

  void cancel_main() noexcept {
    if (main_.cancel()) interrupted_ = true;
  }
  /// The task was cancelled by SIGINT and by nothing else.
  bool interrupted() const noexcept { return interrupted_ && main_.cancelled() && main_.cancelling() == 1; }

 private:
  static void on_signal(int) {
    const int saved = errno;
    ++handlers_in_progress;
    InterruptWatch* const self = active_watch;
    if (self && !interrupt_node.queued.exchange(true)) self->loop_.post(interrupt_node);
    --handlers_in_progress;
    errno = saved;
  }

  EventLoop& loop_;
  const AnyTask& main_;
  bool interrupted_ = false;
  bool installed_ = false;
};

void InterruptNode::deliver(Runnable& node) noexcept {
  forget(node);
  if (InterruptWatch* const watch = active_watch) watch->cancel_main();
}

}  // namespace

Runner::Runner(EventLoopOptions options)
    : loop_(std::make_unique<EventLoop>(options)), virtual_time_(options.virtual_time) {}

Runner::~Runner() {
  try {
    close();
  } catch (...) {
    call_exception_handler({"exception while a Runner was closed", std::current_exception(), {}});
  }
}

EventLoop& Runner::loop() {
  if (!loop_) throw RuntimeError("the Runner is closed");
  return *loop_;
}

void Runner::check_can_run() const {
  if (!loop_) throw RuntimeError("the Runner is closed");
  if (EventLoop::current_or_null()) throw RuntimeError("an event loop is already running on this thread");
}

void Runner::run_until_done(const AnyTask& main) {
  auto* const stop_when_done = new StopWhenDone(*loop_);
  main.state().notify_when_done(*stop_when_done);  // can't be false: the task has not begun
  InterruptWatch interrupt(*loop_, main, !virtual_time_);
  try {
    loop_->run();
  } catch (...) {
    if (!main.done()) stop_when_done->loop = nullptr;
    loop_->cancel_all_tasks();
    throw;
  }
  if (!main.done()) {  // somebody stopped the loop
    stop_when_done->loop = nullptr;
    loop_->cancel_all_tasks();
  }
  if (interrupt.interrupted()) throw KeyboardInterrupt();
}

void Runner::close() {
  if (!loop_) return;
  if (EventLoop::current_or_null() == loop_.get()) throw RuntimeError("a Runner cannot be closed while it runs");
  if (debug_enabled()) detail::warn_of_left_over_tasks(*loop_);
  loop_->cancel_all_tasks();
  loop_.reset();
}

}  // namespace coroute
