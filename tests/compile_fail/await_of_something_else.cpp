// SPDX-License-Identifier: BSL-1.0
// expect: this type is not awaitable here
#include "coroute/coroute.hpp"

using namespace coroute;

Async<int> wait() {
#ifdef CORRECT
  co_return co_await Async<int>::ready(42);
#else
  co_return co_await 42;  // MISTAKE
#endif
}
