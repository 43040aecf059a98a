// SPDX-License-Identifier: BSL-1.0
// expect: what a singleton is made of lives as long
#include "coroute/coroute.hpp"

using namespace coroute;

#ifdef CORRECT
int pool() {
  return 1;
}
#else
int pool(Query<int, "size"> size) {
  return size;
}
#endif

void declare(App& app) {
  app.get("/", [](Singleton<pool> value) { return *value; });  // MISTAKE
}
