// SPDX-License-Identifier: BSL-1.0
// expect: a field of this model is a C array: make it a std::array, std::vector or std::string
#include <array>

#include "coroute/coroute.hpp"

using namespace coroute;

struct Samples {
  std::string name;
#ifdef CORRECT
  std::array<int, 3> values;
#else
  int values[3];
#endif
};

void declare(App& app) {
  app.post("/", [](const Samples& samples) { return samples.values[0]; });  // MISTAKE
}
