// SPDX-License-Identifier: BSL-1.0
// expect: Depends<f>: f is a function, or a lambda that is not generic
#include "coroute/coroute.hpp"

using namespace coroute;

int make_number() {
  return 42;
}

void declare(App& app) {
#ifdef CORRECT
  app.get("/", [](Depends<make_number> number) { return *number; });
#else
  app.get("/", [](Depends<42> number) { return *number; });  // MISTAKE
#endif
}
