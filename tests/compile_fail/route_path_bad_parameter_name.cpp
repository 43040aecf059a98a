// SPDX-License-Identifier: BSL-1.0
// expect: error_path_parameter_name_must_be_an_identifier
#include "coroute/coroute.hpp"

using namespace coroute;

#ifdef CORRECT
#define PATH "/{item_id}"
#else
#define PATH "/{item-id}"
#endif

void declare(App& app) {
  app.get(PATH, [](Request&) { return "items"; });  // MISTAKE
}
