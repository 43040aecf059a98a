// SPDX-License-Identifier: BSL-1.0
// expect: a handler returns a Response, a model or other value that can be written as JSON, a generator of such
#include "coroute/coroute.hpp"

using namespace coroute;

struct Opaque {
  explicit Opaque(int number) : number(number) {}
  int number;
};

void declare(App& app) {
#ifdef CORRECT
  app.get("/", [] { return 1; });
#else
  app.get("/", [] { return Opaque(1); });  // MISTAKE
#endif
}
