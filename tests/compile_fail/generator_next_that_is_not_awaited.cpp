// SPDX-License-Identifier: BSL-1.0
// expect: ignoring return value of .*nodiscard
#include "coroute/coroute.hpp"

using namespace coroute;

Async<void> consume(AsyncGenerator<int> numbers) {
#ifdef CORRECT
  co_await numbers.next();
#else
  numbers.next();  // MISTAKE
  co_return;
#endif
}
