// SPDX-License-Identifier: BSL-1.0
// expect: a handler returns a Response, something that can become Json, or nothing
#include "coroute/coroute.hpp"

using namespace coroute;

struct Opaque {};

void declare(App& app) {
#ifdef CORRECT
  app.get("/", [] { return 1; });
#else
  app.get("/", [] { return Opaque(); });  // MISTAKE
#endif
}
