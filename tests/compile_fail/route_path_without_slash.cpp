// SPDX-License-Identifier: BSL-1.0
// expect: error_path_must_start_with_slash
#include "coroute/coroute.hpp"

using namespace coroute;

#ifdef CORRECT
#define PATH "/items"
#else
#define PATH "items"
#endif

void declare(App& app) {
  app.get(PATH, [](Request&) { return "items"; });  // MISTAKE
}
