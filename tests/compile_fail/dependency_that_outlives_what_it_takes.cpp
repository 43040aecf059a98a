// SPDX-License-Identifier: BSL-1.0
// expect: a dependency that goes on after the answer can't take one of DependencyScope::Function
#include "coroute/coroute.hpp"

using namespace coroute;

int settings() {
  return 1;
}
AsyncGenerator<int> session(Depends<settings, DependencyScope::Function> value) {
  co_yield *value;
}

void declare(App& app) {
#ifdef CORRECT
  app.get("/", [](Depends<session, DependencyScope::Function> value) { return *value; });
#else
  app.get("/", [](Depends<session> value) { return *value; });  // MISTAKE
#endif
}
