// SPDX-License-Identifier: BSL-1.0
// expect: a handler takes Request&
#include "coroute/coroute.hpp"

using namespace coroute;

struct Invoice {
  std::string id;
};

void declare(App& app) {
#ifdef CORRECT
  app.webhooks().post("paid", [](const Invoice&) {});
#else
  app.webhooks().post("paid", [](std::string&) {});  // MISTAKE
#endif
}
