// SPDX-License-Identifier: BSL-1.0
// expect: a field of this model has a type that has no JSON: use another one
// expect: Grade
// expect: letter
#include "coroute/coroute.hpp"

using namespace coroute;

struct Grade {
#ifdef CORRECT
  std::string letter;
#else
  char letter;
#endif
};

void declare(App& app) {
  app.get("/", [] { return Grade{}; });  // MISTAKE
}
