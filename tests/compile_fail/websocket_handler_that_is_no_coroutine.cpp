// SPDX-License-Identifier: BSL-1.0
// expect: the handler of a WebSocket is a coroutine that gives nothing: Async<void>
#include "coroute/coroute.hpp"

using namespace coroute;

void declare(App& app) {
#ifdef CORRECT
  app.websocket("/", [](WebSocket& ws) -> Async<void> { co_await ws.accept(); });
#else
  app.websocket("/", [](WebSocket& ws) { static_cast<void>(ws.is_open()); });  // MISTAKE
#endif
}
