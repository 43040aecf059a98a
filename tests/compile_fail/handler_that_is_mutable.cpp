// SPDX-License-Identifier: BSL-1.0
// expect: a lambda that is not mutable, since all loops call it at once
#include "coroute/coroute.hpp"

using namespace coroute;

void declare(App& app) {
  int count = 0;
#ifdef CORRECT
  app.get("/", [count]() { return count; });
#else
  app.get("/", [count]() mutable { return ++count; });  // MISTAKE
#endif
}
