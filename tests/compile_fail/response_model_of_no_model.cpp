// SPDX-License-Identifier: BSL-1.0
// expect: response_model<T>: T is a model or another type that is read from JSON and written as JSON
#include "coroute/coroute.hpp"

using namespace coroute;

struct Opaque {
  explicit Opaque(int number) : number(number) {}
  int number;
};
struct Item {
  int number;
};

void declare(App& app) {
#ifdef CORRECT
  app.get("/", [] { return Item{1}; }, {.response_model = response_model<Item>()});
#else
  app.get("/", [] { return Item{1}; }, {.response_model = response_model<Opaque>()});  // MISTAKE
#endif
}
