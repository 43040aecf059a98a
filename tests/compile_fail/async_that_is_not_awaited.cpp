// SPDX-License-Identifier: BSL-1.0
// expect: an Async does nothing until it is co_awaited or given to create_task
#include "coroute/coroute.hpp"

using namespace coroute;

Async<void> work();

Async<void> forget() {
#ifdef CORRECT
  co_await work();
#else
  work();  // MISTAKE
  co_return;
#endif
}
