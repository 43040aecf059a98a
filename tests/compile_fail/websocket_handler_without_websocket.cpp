// SPDX-License-Identifier: BSL-1.0
// expect: the handler of a WebSocket takes WebSocket&
#include "coroute/coroute.hpp"

using namespace coroute;

void declare(App& app) {
#ifdef CORRECT
  app.websocket("/", [](WebSocket& ws, Request&) -> Async<void> { co_await ws.accept(); });
#else
  app.websocket("/", [](Request&) -> Async<void> { co_return; });  // MISTAKE
#endif
}
