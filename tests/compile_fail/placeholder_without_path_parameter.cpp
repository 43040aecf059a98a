// SPDX-License-Identifier: BSL-1.0
// expect: error_route_has_a_placeholder_for_which_its_handler_has_no_Path_parameter
#include "coroute/coroute.hpp"

using namespace coroute;

#ifdef CORRECT
#define PATH "/items/{item_id}"
#else
#define PATH "/items/{item_id}/{part}"
#endif

void declare(App& app) {
  app.get(PATH, [](Path<int, "item_id"> item_id) { return *item_id; });  // MISTAKE
}
