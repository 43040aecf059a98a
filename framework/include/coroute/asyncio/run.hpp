// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `run(main())`: a loop for one coroutine and whatever it starts, as asyncio.run.
#include <utility>

#include "coroute/asyncio/event_loop.hpp"
#include "coroute/asyncio/task.hpp"

namespace coroute {

namespace detail {
void run_until_done(EventLoop& loop, TaskState& main);
}

/// Runs `main` on a new loop on this thread and gives its result or throws its error. Tasks that are left when it ends
/// are cancelled and awaited. RuntimeError when a loop runs on this thread already.
template <class T>
T run(Async<T> main, EventLoopOptions options = {}) {
  EventLoop loop(options);
  Task<T> task = create_task_on(loop, std::move(main), "main");
  detail::run_until_done(loop, task.state());
  return task.result();
}

}  // namespace coroute
