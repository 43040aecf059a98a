// SPDX-License-Identifier: BSL-1.0
// expect: only the handlers of websocket.path, handler. take a WebSocket&
#include "coroute/coroute.hpp"

using namespace coroute;

void declare(App& app) {
#ifdef CORRECT
  app.get("/", [](Request&) { return 1; });
#else
  app.get("/", [](WebSocket&) { return 1; });  // MISTAKE
#endif
}
