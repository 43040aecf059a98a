// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/watchdog.hpp"

#include <array>
#include <condition_variable>
#include <cstdio>
#include <map>
#include <mutex>
#include <thread>

#include "coroute/asyncio/debug.hpp"
#include "coroute/asyncio/detail/signal_block.hpp"
#include "coroute/asyncio/event_loop.hpp"
#include "thread_stack.hpp"

namespace coroute {
namespace {

constexpr std::chrono::milliseconds stack_patience{100};
constexpr std::chrono::milliseconds shortest_interval{1};

void warn(const BlockedLoop& blocked) {
  call_warning_handler(to_string(blocked));
}

}  // namespace

std::string to_string(const BlockedLoop& blocked) {
  std::array<char, 64> time{};
  std::snprintf(time.data(), time.size(), "%.3f s", std::chrono::duration<double>(blocked.blocked).count());
  std::string text = "event loop " + std::to_string(blocked.loop) + " (thread " + std::to_string(blocked.thread) +
                     ") is blocked for " + time.data();
  text += blocked.task.empty() ? std::string(" by a callback") : " by task '" + blocked.task + "'";
  for (const std::string& line : blocked.thread_stack)
    text += "\n  in " + line;
  for (const StackEntry& entry : blocked.async_stack)
    text += "\n  awaited from " + to_string(entry);
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
  struct Seen {
    std::uint64_t turns = 0;
    Clock::time_point since{};
    Clock::duration report_at{};
  };

  void watch() {
    const auto interval = std::max<Clock::duration>(limit_ / 2, shortest_interval);
    std::unique_lock lock(mutex_);
    while (!end_.wait_for(lock, interval, [this] { return ending_; })) {
      lock.unlock();
      look();
      lock.lock();
    }
  }

  void look() {
    std::map<std::uint64_t, Seen> now_seen;
    for (const EventLoop* loop : EventLoop::all()) {
      const auto progress = EventLoop::progress_of(loop);
      if (!progress || progress->thread == 0 || progress->waiting) continue;
      const auto before = seen_.find(progress->number);
      const bool stands = before != seen_.end() && before->second.turns == progress->turns;
      Seen seen = stands ? before->second : Seen{progress->turns, Clock::now(), limit_};
      const Clock::duration blocked = Clock::now() - seen.since;
      if (blocked >= seen.report_at) {
        seen.report_at = 2 * blocked;
        report(*progress, blocked);
      }
      now_seen.emplace(progress->number, seen);
    }
    seen_ = std::move(now_seen);
  }

  void report(const detail::LoopProgress& progress, Clock::duration blocked) {
    BlockedLoop found;
    found.loop = progress.number;
    found.thread = progress.thread;
    found.blocked = blocked;
    if (const auto stack = sampler_.sample(progress.thread, stack_patience)) {
      found.task = stack->task.data();
      found.async_stack.assign(stack->entries.begin(),
                               stack->entries.begin() + static_cast<std::ptrdiff_t>(stack->entry_count));
      found.thread_stack = detail::symbolize(*stack);
    }
    report_(found);
  }

  const Clock::duration limit_;
  Report report_;
  detail::StackSampler sampler_;
  std::map<std::uint64_t, Seen> seen_;
  std::mutex mutex_;
  std::condition_variable end_;
  bool ending_ = false;
  std::thread thread_;
};

Watchdog::Watchdog(Clock::duration limit, Report report)
    : impl_(std::make_unique<Impl>(limit, report ? std::move(report) : Report(&warn))) {}

Watchdog::~Watchdog() = default;

}  // namespace coroute
