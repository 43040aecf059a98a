// SPDX-License-Identifier: BSL-1.0
// expect: the schema of this model has rules of a field that the model doesn't have
#include "coroute/coroute.hpp"

using namespace coroute;

struct NewItem {
  std::string name;
  double price;
};
struct Item {
  std::string name;
#ifdef CORRECT
  static constexpr auto schema = fields(field<&NewItem::name>(min_length(1)));
#else
  static constexpr auto schema = fields(field<&NewItem::price>(gt(0)));
#endif
};

void declare(App& app) {
  app.post("/", [](const Item& item) { return item.name; });  // MISTAKE
}
