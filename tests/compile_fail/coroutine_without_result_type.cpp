// SPDX-License-Identifier: BSL-1.0
// expect: cannot be used in a function with a deduced return type
#include "coroute/coroute.hpp"

using namespace coroute;

void declare(App& app) {
#ifdef CORRECT
  app.get("/", [](Request&) -> Async<std::string> { co_return "x"; });
#else
  app.get("/", [](Request&) { co_return "x"; });  // MISTAKE
#endif
}
