// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/watchdog.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstdio>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "coroute/asyncio/debug.hpp"
#include "coroute/asyncio/detail/signal_block.hpp"
#include "coroute/asyncio/event_loop.hpp"
#include "coroute/asyncio/task.hpp"
#include "loop_watch.hpp"
#include "thread_stack.hpp"

namespace coroute {
namespace {

constexpr std::chrono::milliseconds stack_patience{100};
constexpr std::chrono::milliseconds shortest_interval{1};

void warn(const BlockedLoop& blocked) {
  call_warning_handler(to_string(blocked));
}

std::vector<detail::LoopProgress> progress_of_all() {
  std::vector<detail::LoopProgress> all;
  for (const EventLoop* loop : EventLoop::all()) {
    if (const auto progress = EventLoop::progress_of(loop)) all.push_back(*progress);
  }
  return all;
}

/// Whether the loop is still in the same iteration.
bool still_stands(const detail::LoopProgress& then) {
  for (const detail::LoopProgress& now : progress_of_all()) {
    if (now.number == then.number) return now.turns == then.turns && now.thread == then.thread && !now.waiting;
  }
  return false;
}

}  // namespace

std::string to_string(const ThreadStackEntry& entry) {
  if (entry.file.empty()) return entry.function;
  return entry.function + " (" + entry.file + ":" + std::to_string(entry.line) + ")";
}

std::string to_string(const BlockedLoop& blocked) {
  std::array<char, 64> time{};
  std::snprintf(time.data(), time.size(), "%.3f s", std::chrono::duration<double>(blocked.blocked).count());
  std::string text = "event loop " + std::to_string(blocked.loop) + " (thread " + std::to_string(blocked.thread) +
                     ") is blocked for " + time.data();
  if (!blocked.task.empty()) text += " by task '" + blocked.task + "'";
  for (const ThreadStackEntry& entry : blocked.thread_stack)
    text += "\n  in " + to_string(entry);
  for (const StackEntry& entry : blocked.async_stack)
    text += "\n  in coroutine " + to_string(entry);
  return text;
}

class Watchdog::Impl {
 public:
  Impl(Clock::duration limit, Report report) : limit_(limit), report_(std::move(report)) {
    const detail::SignalBlock signals_blocked;
    thread_ = std::thread([this] { watch(); });
  }
  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    end_.notify_all();
    thread_.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

 private:
  void watch() {
    detail::LoopWatch loops(limit_);
    if (!wait()) return;
    detail::prepare_samples();
    while (wait()) {
      try {
        for (const detail::LoopWatch::Blocked& found : loops.look(progress_of_all(), Clock::now()))
          report(found.loop, found.time);
      } catch (...) {
        call_exception_handler({"the report of a blocked loop failed", std::current_exception(), {}});
      }
    }
  }

  /// False: the end.
  bool wait() {
    const auto interval = std::max<Clock::duration>(limit_ / 2, shortest_interval);
    std::unique_lock lock(mutex_);
    return !end_.wait_for(lock, interval, [this] { return ending_; });
  }

  void report(const detail::LoopProgress& loop, Clock::duration blocked) {
    BlockedLoop found;
    found.loop = loop.number;
    found.thread = loop.thread;
    found.blocked = blocked;
    const auto stack = detail::sample_stack(loop.thread, stack_patience);
    // The stack of a loop that has just gone on would accuse the wrong ones.
    if (stack && still_stands(loop)) {
      found.task = stack->task.data();
      found.async_stack.assign(stack->entries.begin(),
                               stack->entries.begin() + static_cast<std::ptrdiff_t>(stack->entry_count));
      found.thread_stack = detail::symbolize(*stack);
    }
    report_(found);
  }

  const Clock::duration limit_;
  Report report_;
  std::mutex mutex_;
  std::condition_variable end_;
  bool ending_ = false;
  std::thread thread_;
};

Watchdog::Watchdog(Clock::duration limit, Report report) {
  if (limit <= Clock::duration::zero()) throw std::invalid_argument("a watchdog needs a limit above 0");
  impl_ = std::make_unique<Impl>(limit, report ? std::move(report) : Report(&warn));
}

Watchdog::~Watchdog() = default;

}  // namespace coroute
