// SPDX-License-Identifier: BSL-1.0
// expect: a handler takes Request&, Response&, Path<>
#include "coroute/coroute.hpp"

using namespace coroute;

void declare(App& app) {
#ifdef CORRECT
  app.get("/", [](Request&) { return "x"; });
#else
  app.get("/", [](std::string&) { return "x"; });  // MISTAKE
#endif
}
