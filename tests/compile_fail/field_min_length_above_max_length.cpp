// SPDX-License-Identifier: BSL-1.0
// expect: error_min_length_is_greater_than_max_length
#include "coroute/coroute.hpp"

using namespace coroute;

struct Item {
  std::string name;
#ifdef CORRECT
  static constexpr auto schema = fields(field<&Item::name>(min_length(1), max_length(5)));
#else
  static constexpr auto schema = fields(field<&Item::name>(min_length(5), max_length(1)));  // MISTAKE
#endif
};

void declare(App& app) {
  app.post("/", [](const Item& item) { return item.name; });
}
