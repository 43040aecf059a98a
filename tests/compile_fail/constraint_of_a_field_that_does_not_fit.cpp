// SPDX-License-Identifier: BSL-1.0
// expect: this constraint does not fit the field's type
#include "coroute/coroute.hpp"

using namespace coroute;

struct Item {
  std::string name;
  double price;
#ifdef CORRECT
  static constexpr auto schema = fields(field<&Item::price>(gt(0)));
#else
  static constexpr auto schema = fields(field<&Item::name>(gt(0)));  // MISTAKE
#endif
};
