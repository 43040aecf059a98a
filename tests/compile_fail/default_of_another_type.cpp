// SPDX-License-Identifier: BSL-1.0
// expect: the default of this parameter is no value of its type
#include "coroute/coroute.hpp"

using namespace coroute;

void declare(App& app) {
#ifdef CORRECT
  app.get("/", [](Query<int, "limit", defaults_to(10)> limit) { return *limit; });
#else
  app.get("/", [](Query<int, "limit", defaults_to("ten")> limit) { return *limit; });  // MISTAKE
#endif
}
