// SPDX-License-Identifier: BSL-1.0
// expect: a mutable lambda can.t be shared by all loops
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
