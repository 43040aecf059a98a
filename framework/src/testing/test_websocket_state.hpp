// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What a TestWebSocket keeps, and how it is opened.
#include <exception>
#include <memory>
#include <string>

#include "coroute/testing/test_websocket.hpp"
#include "test_client_core.hpp"
#include "test_exchange.hpp"

namespace coroute::detail {

struct TestWebSocketState {
  TestWebSocketState(std::shared_ptr<TestClientCore> used, std::shared_ptr<TestExchange> made, Task<void> serving,
                     WebSocket open)
      : client(std::move(used)), exchange(std::move(made)), handler(std::move(serving)), websocket(std::move(open)) {}

  std::shared_ptr<TestClientCore> client;
  std::shared_ptr<TestExchange> exchange;
  Task<void> handler;
  WebSocket websocket;
};

/// Throws as `TestExchange::response` does, WebSocketHandshakeError when the answer is no WebSocket.
Async<std::unique_ptr<TestWebSocketState>> open_test_websocket(std::shared_ptr<TestClientCore> client, std::string url,
                                                               TestWebSocketOptions options);

}  // namespace coroute::detail
