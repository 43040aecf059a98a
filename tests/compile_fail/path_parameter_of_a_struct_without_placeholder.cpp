// SPDX-License-Identifier: BSL-1.0
// expect: error_route_has_no_placeholder_for_this_Path_parameter_of_its_handler.*item_id
#include "coroute/coroute.hpp"

using namespace coroute;

#ifdef CORRECT
#define PATH "/items/{item_id}"
#else
#define PATH "/items/{id}"
#endif

struct Key {
  Path<int, "item_id"> item_id;
  Query<int, "limit", defaults_to(10)> limit;
};

void declare(App& app) {
  app.get(PATH, [](Params<Key> key) { return *key->item_id; });  // MISTAKE
}
