// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A WebSocket between a test and an application in its process.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coroute/asyncio/task.hpp"
#include "coroute/http/headers.hpp"
#include "coroute/testing/test_request.hpp"
#include "coroute/websocket/websocket.hpp"

namespace coroute {

namespace detail {
class TestClientCore;
struct TestWebSocketState;
}  // namespace detail

/// What a handshake has beyond its URL.
///
///     client.websocket_connect("/chat", {.subprotocols = {"chat.v2"}, .headers = {{"origin", "http://testserver"}}});
struct TestWebSocketOptions {
  std::vector<std::string> subprotocols = {};  ///< The favourite first.
  std::vector<TextPair> query = {};
  Headers headers = {};
  std::vector<TextPair> cookies = {};
  /// Of the test's end. There are no pings: nobody vanishes.
  WebSocketOptions websocket = {};
};

/// From `TestClient::websocket_connect`. Each call runs the client's loop until it is done, or throws: what
/// `WebSocket` does, DeadlockError when it can never end, and what the handler threw (once, when the WebSocket has
/// ended; unless `TestClientOptions::raise_server_exceptions` is off). Destroying it is a client that goes away.
///
///     TestWebSocket ws = client.websocket_connect("/echo");
///     ws.send_text("hello");
///     CHECK(ws.receive_text() == "hello");
///     ws.close();
class TestWebSocket {
 public:
  TestWebSocket(TestWebSocket&&) noexcept;
  ~TestWebSocket();

  /// Nothing once either side has closed, as of WebSocket.
  std::optional<WebSocketMessage> receive();
  std::optional<std::string> receive_text();
  std::optional<std::string> receive_bytes();
  template <class T>
  std::optional<T> receive_json() {
    return run(websocket().receive_json<T>());
  }
  void send_text(std::string text);
  void send_bytes(std::string bytes);
  template <class T>
  void send_json(const T& value) {
    run(websocket().send_json(value));
  }
  /// Closes it, and waits until the handler has ended.
  void close(WebSocketCloseCode code = WebSocketCloseCode::NormalClosure, std::string reason = {});

  std::optional<WebSocketCloseCode> close_code() const;
  const std::string& close_reason() const;
  const std::string& subprotocol() const;
  /// Of the answer to the handshake.
  const Headers& headers() const noexcept;
  /// For a part of a test that awaits: see `TestClient::run`.
  WebSocket& websocket() noexcept;

 private:
  friend class TestClient;
  explicit TestWebSocket(std::unique_ptr<detail::TestWebSocketState> state) noexcept;

  template <class T>
  T run(Async<T> coroutine);
  EventLoop& loop() const;
  void run_until_done(const AnyTask& task);
  /// Throws what the handler threw, once.
  void check_handler();

  std::unique_ptr<detail::TestWebSocketState> state_;
};

// Implementation

template <class T>
T TestWebSocket::run(Async<T> coroutine) {
  Task<T> task = create_task_on(loop(), std::move(coroutine), "test");
  run_until_done(task);
  if constexpr (std::is_void_v<T>) {
    task.result();
    check_handler();
  } else {
    T result = task.result();
    check_handler();
    return result;
  }
}

}  // namespace coroute
