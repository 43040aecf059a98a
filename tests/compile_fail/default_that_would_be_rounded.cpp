// SPDX-License-Identifier: BSL-1.0
// expect: the default of this parameter is no value of its type
#include "coroute/coroute.hpp"

using namespace coroute;

void declare(App& app) {
#ifdef CORRECT
  app.get("/", [](Query<double, "ratio", defaults_to(1.5)> ratio) { return *ratio; });
#else
  app.get("/", [](Query<int, "ratio", defaults_to(1.5)> ratio) { return *ratio; });  // MISTAKE
#endif
}
