// SPDX-License-Identifier: BSL-1.0
// expect: a handler takes its WebSocket by reference: WebSocket&
#include "coroute/coroute.hpp"

using namespace coroute;

void declare(App& app) {
#ifdef CORRECT
  app.websocket("/", [](WebSocket& ws) -> Async<void> { co_await ws.accept(); });
#else
  app.websocket("/", [](WebSocket ws) -> Async<void> { co_await ws.accept(); });  // MISTAKE
#endif
}
