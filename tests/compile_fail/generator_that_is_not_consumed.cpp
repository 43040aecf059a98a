// SPDX-License-Identifier: BSL-1.0
// expect: a generator does nothing until next\(\) is awaited
#include "coroute/coroute.hpp"

using namespace coroute;

AsyncGenerator<int> numbers();

Async<void> consume() {
#ifdef CORRECT
  AsyncGenerator<int> all = numbers();
  co_await all.aclose();
#else
  numbers();  // MISTAKE
  co_return;
#endif
}
