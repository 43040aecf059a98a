// SPDX-License-Identifier: BSL-1.0
// expect: an Async does nothing until it is co_awaited or given to create_task
#include "coroute/coroute.hpp"

using namespace coroute;

Async<void> work();

Async<void> bound() {
#ifdef CORRECT
  co_await with_deadline(std::chrono::seconds(1), work());
#else
  with_deadline(std::chrono::seconds(1), work());  // MISTAKE
  co_return;
#endif
}
