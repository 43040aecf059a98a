// SPDX-License-Identifier: BSL-1.0
// expect: a WebSocket's handshake has no body, no form and no Response
#include "coroute/coroute.hpp"

using namespace coroute;

struct Item {
  int id;
};

void declare(App& app) {
#ifdef CORRECT
  app.websocket("/", [](WebSocket& ws, Query<int, "x">) -> Async<void> { co_await ws.accept(); });
#else
  app.websocket("/", [](WebSocket& ws, Item) -> Async<void> { co_await ws.accept(); });  // MISTAKE
#endif
}
