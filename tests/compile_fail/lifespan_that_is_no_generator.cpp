// SPDX-License-Identifier: BSL-1.0
// expect: a lifespan is a generator: it returns Lifespan or AsyncGenerator<T> and has one co_yield
#include "coroute/coroute.hpp"

using namespace coroute;

#ifdef CORRECT
Lifespan around() {
  co_yield {};
}
#else
Async<void> around() {
  co_return;
}
#endif

void declare(App& app) {
  app.lifespan(around);  // MISTAKE
}
