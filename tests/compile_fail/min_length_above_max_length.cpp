// SPDX-License-Identifier: BSL-1.0
// expect: the min_length of this parameter is greater than its max_length
#include "coroute/coroute.hpp"

using namespace coroute;

void declare(App& app) {
#ifdef CORRECT
  app.get("/", [](Query<std::string, "q", min_length(3), max_length(5)> q) { return *q; });
#else
  app.get("/", [](Query<std::string, "q", min_length(5), max_length(3)> q) { return *q; });  // MISTAKE
#endif
}
