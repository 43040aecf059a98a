// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/runner.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

#include "coroute/asyncio/debug.hpp"

namespace coroute {
namespace {

struct StopWhenDone : detail::DoneNode {
  explicit StopWhenDone(EventLoop& loop) noexcept : DoneNode(&stop), loop(loop) {}
  static void stop(DoneNode& node, detail::TaskState&) noexcept { static_cast<StopWhenDone&>(node).loop.stop(); }
  EventLoop& loop;
};

bool on_first_thread() noexcept {
  return syscall(SYS_gettid) == getpid();
}

class InterruptWatch;
std::atomic<InterruptWatch*> active_watch{nullptr};

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
    struct sigaction standard{};
    standard.sa_handler = SIG_DFL;
    sigaction(SIGINT, &standard, nullptr);
    active_watch = nullptr;
  }
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;

  void cancel_main() noexcept {
    interrupted_ = true;
    main_.cancel();
  }
  /// The task was cancelled by SIGINT and by nothing else.
  bool interrupted() const noexcept { return interrupted_ && main_.cancelled() && main_.cancelling() == 1; }

 private:
  static void on_signal(int) {
    const int saved = errno;
    InterruptWatch* const self = active_watch;
    if (self && !interrupt_node.queued.exchange(true)) self->loop_.post(interrupt_node);
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
  StopWhenDone node(*loop_);
  InterruptWatch interrupt(*loop_, main, !virtual_time_);
  if (main.state().notify_when_done(node)) {
    try {
      loop_->run();
    } catch (...) {
      loop_->cancel_all_tasks();
      throw;
    }
    if (!main.done()) loop_->cancel_all_tasks();  // somebody stopped the loop
  }
  if (interrupt.interrupted()) throw KeyboardInterrupt();
}

void Runner::close() {
  if (!loop_) return;
  if (debug_enabled()) detail::warn_of_left_over_tasks(*loop_);
  loop_->cancel_all_tasks();
  loop_.reset();
}

}  // namespace coroute
