// SPDX-License-Identifier: BSL-1.0
// expect: a parameter is read from text, and no text is a value of this type
#include "coroute/coroute.hpp"

using namespace coroute;

struct Item {
  int number;
};

void declare(App& app) {
#ifdef CORRECT
  app.get("/{item}", [](Path<int, "item"> item) { return *item; });
#else
  app.get("/{item}", [](Path<Item, "item"> item) { return item->number; });  // MISTAKE
#endif
}
