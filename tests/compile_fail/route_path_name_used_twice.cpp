// SPDX-License-Identifier: BSL-1.0
// expect: error_path_parameter_name_is_used_twice
#include "coroute/coroute.hpp"

using namespace coroute;

#ifdef CORRECT
#define PATH "/{id}/{other}"
#else
#define PATH "/{id}/{id}"
#endif

void declare(App& app) {
  app.get(PATH, [](Request&) { return "items"; });  // MISTAKE
}
