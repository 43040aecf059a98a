// SPDX-License-Identifier: BSL-1.0
// expect: several bodies are members of one object: give each its name, Body<Item, "item">
#include "coroute/coroute.hpp"

using namespace coroute;

struct Item {
  std::string name;
};
struct Owner {
  std::string name;
};

void declare(App& app) {
#ifdef CORRECT
  app.post("/", [](Body<Item, "item"> item, Body<Owner, "owner"> owner) { return item->name + owner->name; });
#else
  app.post("/", [](const Item& item, const Owner& owner) { return item.name + owner.name; });  // MISTAKE
#endif
}
