// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `run(main())`: a loop for one coroutine and whatever it starts, as asyncio.run.
#include <utility>

#include "coroute/asyncio/runner.hpp"

namespace coroute {

/// Runs `main` on a new loop on this thread and gives its result or throws its error. Tasks that are left when it ends
/// are cancelled and awaited. RuntimeError when a loop runs on this thread already; KeyboardInterrupt after Ctrl-C.
template <class T>
T run(Async<T> main, EventLoopOptions options = {}) {
  Runner runner(options);
  return runner.run_last(std::move(main));
}

}  // namespace coroute
