// SPDX-License-Identifier: BSL-1.0
// expect: error_nothing_is_a_multiple_of_0
#include "coroute/coroute.hpp"

using namespace coroute;

void declare(App& app) {
#ifdef CORRECT
  app.get("/", [](Query<int, "n", multiple_of(2)> n) { return *n; });
#else
  app.get("/", [](Query<int, "n", multiple_of(0)> n) { return *n; });  // MISTAKE
#endif
}
