// SPDX-License-Identifier: BSL-1.0
// expect: this constraint does not fit the parameter's type
#include "coroute/coroute.hpp"

using namespace coroute;

void declare(App& app) {
#ifdef CORRECT
  app.get("/", [](Query<int, "limit", ge(1)> limit) { return *limit; });
#else
  app.get("/", [](Query<int, "limit", max_length(3)> limit) { return *limit; });  // MISTAKE
#endif
}
