// SPDX-License-Identifier: BSL-1.0
// Event streams between two events: heartbeats, and an end in time when the server shuts down.
#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "coroute/asyncio/context.hpp"
#include "coroute/asyncio/shutdown.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/asyncio/wait.hpp"
#include "coroute/params/server_sent_event.hpp"

namespace coroute::detail {
namespace {

constexpr std::chrono::hours longest{24 * 365};  // which is never, and no overflow

using Piece = std::optional<std::string>;
using Pieces = std::shared_ptr<AsyncGenerator<std::string>>;

/// Whose frame may be destroyed while a beat is given away: the task then ends alone, with what it refers to.
template <class T>
class OwnedTask {
 public:
  explicit OwnedTask(Task<T> task) : task_(std::move(task)) {}
  ~OwnedTask() { task_.cancel(); }
  OwnedTask(const OwnedTask&) = delete;
  OwnedTask& operator=(const OwnedTask&) = delete;

  const Task<T>& operator*() const noexcept { return task_; }

 private:
  Task<T> task_;
};

Async<Piece> next_of(Pieces pieces) {
  Piece piece = co_await pieces->next();
  co_return piece;
}

Async<void> until_shutdown() {
  co_await shutdown_requested();
}

Async<void> end_of(Task<Piece> task) {
  const std::vector<Task<Piece>> tasks{task};
  co_await wait(tasks);
}

enum class Waited : unsigned char { Done, Beat, Notice, TooLong };

/// The waits for events, which end early for a beat, and for good when none comes while the server shuts down.
class Waits {
 public:
  explicit Waits(const EventStreamOptions& options)
      : options_(options),
        notice_(create_task(until_shutdown(), TaskOptions("shutdown of a stream").without_deadline())) {}

  void begin() noexcept { ends_at_.reset(); }
  Async<Waited> wait_for(Task<Piece> next) {
    if (next.done()) co_return Waited::Done;
    const bool is_told = is_shutdown_requested();
    std::vector<AnyTask> tasks{next};
    if (!is_told) tasks.push_back(*notice_);
    const std::optional<Clock::duration> limit = limit_of_wait(is_told);
    co_await wait(tasks, ReturnWhen::FirstCompleted, limit);
    if (next.done()) co_return Waited::Done;
    if (ends_at_ && EventLoop::current().time() >= *ends_at_) co_return Waited::TooLong;
    co_return is_told == is_shutdown_requested() ? Waited::Beat : Waited::Notice;
  }

 private:
  std::optional<Clock::duration> limit_of_wait(bool is_told) {
    const EventLoop& loop = EventLoop::current();
    std::optional<Clock::duration> limit;
    if (options_.heartbeat.count() > 0) limit = options_.heartbeat;
    if (!is_told) return limit;
    if (!ends_at_) ends_at_ = loop.time_after(std::min<std::chrono::milliseconds>(options_.shutdown_grace, longest));
    const Clock::duration left = std::max(*ends_at_ - loop.time(), Clock::duration::zero());
    return limit ? std::min(*limit, left) : left;
  }

  EventStreamOptions options_;
  OwnedTask<void> notice_;
  std::optional<Clock::time_point> ends_at_;
};

}  // namespace

// The generator runs in a task, one for each piece, since the wait for it has to go on while a beat is given away. A
// task belongs to the request, which waits for its end.
AsyncGenerator<std::string> with_heartbeat(AsyncGenerator<std::string> given, EventStreamOptions options,
                                           std::string beat) {
  const Pieces pieces = std::make_shared<AsyncGenerator<std::string>>(std::move(given));
  const Context context = copy_context();  // what the generator sets stays from piece to piece
  Waits waits(options);
  std::optional<OwnedTask<Piece>> next;
  std::exception_ptr interruption;
  CancelReason reason = CancelReason::Shutdown;
  bool has_ended = false;
  while (!has_ended) {
    if (!next) {
      next.emplace(create_task(next_of(pieces), TaskOptions("next piece of a stream").context(context).eager_start()));
      waits.begin();
    }
    try {
      const Waited waited = co_await waits.wait_for(**next);
      has_ended = waited == Waited::TooLong;
      if (waited == Waited::Beat) co_yield beat;
      if (waited != Waited::Done) continue;
      Piece piece = (**next).result();
      next.reset();
      if (!piece) co_return;
      co_yield std::move(*piece);
    } catch (const Cancelled& cancelled) {
      reason = cancelled.reason();
      interruption = std::current_exception();
      has_ended = true;
    } catch (const GeneratorExit&) {
      reason = CancelReason::User;
      interruption = std::current_exception();
      has_ended = true;
    }
  }
  if (next) {
    (**next).cancel(reason);
    co_await end_of(**next);
  }
  co_await pieces->aclose();
  if (interruption) std::rethrow_exception(interruption);
}

}  // namespace coroute::detail
