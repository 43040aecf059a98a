// SPDX-License-Identifier: BSL-1.0
// expect: the default of this parameter breaks its own constraints
#include "coroute/coroute.hpp"

using namespace coroute;

void declare(App& app) {
#ifdef CORRECT
  app.get("/", [](Query<int, "limit", defaults_to(10), ge(1)> limit) { return *limit; });
#else
  app.get("/", [](Query<int, "limit", defaults_to(0), ge(1)> limit) { return *limit; });  // MISTAKE
#endif
}
