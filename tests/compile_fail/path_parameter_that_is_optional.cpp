// SPDX-License-Identifier: BSL-1.0
// expect: a path parameter is always there: it is not optional and has no default
#include "coroute/coroute.hpp"

using namespace coroute;

void declare(App& app) {
#ifdef CORRECT
  app.get("/items/{id}", [](Path<int, "id"> id) { return *id; });
#else
  app.get("/items/{id}", [](Path<std::optional<int>, "id"> id) { return id->value_or(1); });  // MISTAKE
#endif
}
