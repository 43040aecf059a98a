// SPDX-License-Identifier: BSL-1.0
// expect: the bounds of this parameter, ge, gt, le and lt, leave no value
#include "coroute/coroute.hpp"

using namespace coroute;

void declare(App& app) {
#ifdef CORRECT
  app.get("/", [](Query<int, "n", ge(1), le(10)> n) { return *n; });
#else
  app.get("/", [](Query<int, "n", ge(10), le(1)> n) { return *n; });  // MISTAKE
#endif
}
