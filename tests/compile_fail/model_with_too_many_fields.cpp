// SPDX-License-Identifier: BSL-1.0
// expect: this model has more than 32 fields: group some of them into structs of their own
#include "coroute/coroute.hpp"

using namespace coroute;

struct Wide {
  int a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16;
  int b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12, b13, b14, b15, b16;
#ifndef CORRECT
  int one_too_many;
#endif
};

void declare(App& app) {
  app.post("/", [](const Wide& wide) { return wide.a1; });  // MISTAKE
}
