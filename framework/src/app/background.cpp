// SPDX-License-Identifier: BSL-1.0
#include "coroute/app/background.hpp"

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <utility>

#include "asyncio/random_pause.hpp"
#include "coroute/app/lifespan.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "coroute/observe/logging.hpp"

namespace coroute::detail {
namespace {

using Run = std::shared_ptr<const Function<Async<void>()>>;

void log_failure(const std::string& name, const char* message) {
  log_error(message, {{"task", name}, {"error", describe_exception(std::current_exception())}});
}

bool is_being_cancelled() {
  return TaskState::current()->cancelling() > 0;
}

bool runs_again(Restart restart, bool failed, bool is_stopping) noexcept {
  return restart == Restart::Always ? failed || !is_stopping : restart == Restart::OnFailure && failed;
}

/// Runs it until it is not to be run again. Ends by Cancelled when serving ends, unless it is told of that.
Async<void> supervise(std::string name, Run run, BackgroundOptions options, const bool& is_stopping) {
  std::chrono::milliseconds pause = options.pause;
  while (true) {
    const Clock::time_point began = EventLoop::current().time();
    bool failed = false;
    try {
      co_await (*run)();
    } catch (const Cancelled&) {
      if (is_being_cancelled()) throw;
      failed = true;  // something that it waited for was cancelled
      log_failure(name, "background task failed");
    } catch (...) {
      failed = true;
      log_failure(name, "background task failed");
    }
    if (!runs_again(options.restart, failed, is_stopping)) co_return;
    if (EventLoop::current().time() - began >= options.max_pause) pause = options.pause;
    co_await sleep(pause);
    pause = std::min(pause * 2, options.max_pause);
  }
}

class BackgroundStep final : public LifespanStep {
 public:
  BackgroundStep(std::string name, Run run, const BackgroundOptions& options)
      : name_(std::move(name)), run_(std::move(run)), options_(options) {}

  Async<void> start() override {
    is_stopping_ = false;
    task_ = create_task(supervise(name_, run_, options_, is_stopping_), name_);
    co_return;
  }
  Async<void> stop() override {
    const Task<void> task = *std::exchange(task_, std::nullopt);
    const std::uint32_t cancelling = TaskState::current()->cancelling();
    is_stopping_ = true;
    std::exception_ptr error;
    try {
      if (options_.on_stop) options_.on_stop();
    } catch (...) {
      error = std::current_exception();
    }
    if (error || !options_.on_stop) task.cancel(CancelReason::Shutdown);
    try {
      co_await task;
    } catch (const Cancelled&) {
      if (TaskState::current()->cancelling() > cancelling) throw;  // this one is cancelled, not only the task
    }
    if (error) std::rethrow_exception(error);
  }

 private:
  std::string name_;
  Run run_;
  BackgroundOptions options_;
  std::optional<Task<void>> task_;
  bool is_stopping_ = false;
};

Async<void> run_once(const std::string& name, const Run& run, std::optional<std::chrono::milliseconds> limit) {
  try {
    if (limit) {
      co_await timeout(*limit, (*run)());
    } else {
      co_await (*run)();
    }
  } catch (const Cancelled&) {
    if (is_being_cancelled()) throw;
    log_failure(name, "periodic task failed");
  } catch (...) {
    log_failure(name, "periodic task failed");
  }
}

}  // namespace

std::shared_ptr<LifespanStep> make_background_step(std::string name, Run run, const BackgroundOptions& options) {
  return std::make_shared<BackgroundStep>(std::move(name), std::move(run), options);
}

/// At fixed times, counted from the first: a run that takes longer than the period skips those it misses.
Async<void> run_periodically(std::string name, std::chrono::milliseconds period, Run run, PeriodicOptions options) {
  const EventLoop& loop = EventLoop::current();
  Clock::time_point next = loop.time();
  if (!options.at_once) next += period;
  while (true) {
    co_await sleep(next - loop.time() + random_pause(options.jitter));
    co_await run_once(name, run, options.timeout);
    const auto missed = (loop.time() - next) / period;
    next += period * (missed + 1);
  }
}

}  // namespace coroute::detail
