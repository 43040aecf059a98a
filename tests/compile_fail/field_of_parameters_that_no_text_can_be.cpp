// SPDX-License-Identifier: BSL-1.0
// expect: a field of this model of parameters has a type that no text is a value of
#include "coroute/coroute.hpp"

using namespace coroute;

struct Sort {
  std::string by;
};
struct Filter {
  int limit;
#ifndef CORRECT
  Sort sort;
#endif
};

void declare(App& app) {
  app.get("/", [](Query<Filter> filter) { return filter->limit; });  // MISTAKE
}
