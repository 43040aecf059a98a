// SPDX-License-Identifier: BSL-1.0
// expect: this model inherits, so that the names of its fields are not known: describe it with BOOST_DESCRIBE_STRUCT
#include "coroute/coroute.hpp"

using namespace coroute;

struct Entity {
  int id;
};
#ifdef CORRECT
struct Item {
  Entity entity;
  std::string name;
};
#else
struct Item : Entity {
  std::string name;
};
#endif

void declare(App& app) {
  app.post("/", [](const Item& item) { return item.name; });  // MISTAKE
}
