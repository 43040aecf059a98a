// SPDX-License-Identifier: BSL-1.0
// expect: no value of this enumeration is in -16..127
#include "coroute/coroute.hpp"

using namespace coroute;

#ifdef CORRECT
enum class Code { ok = 100 };
#else
enum class Code { ok = 200 };
#endif

void declare(App& app) {
  app.get("/", [](Query<Code, "code"> code) { return *code; });  // MISTAKE
}
