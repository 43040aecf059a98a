// SPDX-License-Identifier: BSL-1.0
#include "coroute/asyncio/run.hpp"

namespace coroute::detail {
namespace {

struct StopWhenDone : DoneNode {
  explicit StopWhenDone(EventLoop& loop) noexcept : DoneNode(&stop), loop(loop) {}
  static void stop(DoneNode& node, TaskState&) noexcept { static_cast<StopWhenDone&>(node).loop.stop(); }
  EventLoop& loop;
};

}  // namespace

void run_until_done(EventLoop& loop, TaskState& main) {
  if (EventLoop::current_or_null()) throw RuntimeError("an event loop is already running on this thread");
  StopWhenDone node(loop);
  if (main.notify_when_done(node)) {
    try {
      loop.run();
    } catch (...) {
      loop.cancel_all_tasks();
      throw;
    }
  }
  loop.cancel_all_tasks();
}

}  // namespace coroute::detail
