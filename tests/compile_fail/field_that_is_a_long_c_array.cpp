// SPDX-License-Identifier: BSL-1.0
// expect: a field of this model is a C array: make it a std::array, std::vector or std::string
#include "coroute/coroute.hpp"

using namespace coroute;

struct Person {
#ifdef CORRECT
  std::string name;
#else
  char name[64];
#endif
};

void declare(App& app) {
  app.get("/", [] { return Person(); });  // MISTAKE
}
