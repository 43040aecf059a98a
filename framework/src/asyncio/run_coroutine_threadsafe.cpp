// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/run_coroutine_threadsafe.hpp"

#include <condition_variable>
#include <mutex>

namespace coroute::detail {

struct BlockingJoin::Shared : DoneNode {
  Shared() noexcept : DoneNode(&on_done) {}
  static void on_done(DoneNode& node, TaskState&) noexcept {
    auto& self = static_cast<Shared&>(node);
    const std::shared_ptr<Shared> alive = std::move(self.itself);
    const std::lock_guard lock(self.mutex);
    self.done = true;
    self.end.notify_all();
  }

  std::mutex mutex;
  std::condition_variable end;
  bool done = false;
  std::shared_ptr<Shared> itself;  // until the task is done
};

BlockingJoin::BlockingJoin(AnyTask task) : shared_(std::make_shared<Shared>()) {
  shared_->itself = shared_;
  if (task.state().notify_when_done(*shared_)) return;
  shared_->itself.reset();
  shared_->done = true;
}

bool BlockingJoin::wait(std::optional<Clock::duration> limit) const {
  std::unique_lock lock(shared_->mutex);
  if (shared_->done) return true;
  if (EventLoop::current_or_null()) {
    throw RuntimeError("a thread that runs an event loop must not block: co_await the task instead");
  }
  const auto is_done = [this] { return shared_->done; };
  const Clock::time_point now = Clock::now();
  if (limit && *limit < Clock::time_point::max() - now) return shared_->end.wait_until(lock, now + *limit, is_done);
  shared_->end.wait(lock, is_done);
  return true;
}

}  // namespace coroute::detail
