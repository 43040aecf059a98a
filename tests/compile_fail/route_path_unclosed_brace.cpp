// SPDX-License-Identifier: BSL-1.0
// expect: error_path_brace_is_never_closed
#include "coroute/coroute.hpp"

using namespace coroute;

#ifdef CORRECT
#define PATH "/items/{id}"
#else
#define PATH "/items/{id"
#endif

void declare(App& app) {
  app.get(PATH, [](Request&) { return "items"; });  // MISTAKE
}
