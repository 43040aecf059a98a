// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A WebSocket to another service on its way to being opened.
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/asyncio/async.hpp"
#include "coroute/client/request_builder.hpp"
#include "coroute/websocket/options.hpp"
#include "coroute/websocket/websocket.hpp"

namespace coroute {

/// Made by `Client::websocket`. Nothing is sent until it is awaited, which takes it; awaiting it again throws
/// RuntimeError.
///
///     WebSocket ws = co_await client.websocket("/chat").query("room", 7).subprotocol("chat.v2").timeout(5s);
///
/// Awaiting gives the open WebSocket or throws a ClientError; WebSocketHandshakeError when the server answers something
/// else. Cancelling the awaiting task closes the connection. Default fields, cookies, TLS, redirects, attempts and
/// time-outs are those of a GET of the client.
class [[nodiscard("a WebSocket is not opened until it is awaited")]] WebSocketBuilder {
 public:
  /// As in RequestBuilder.
  WebSocketBuilder&& query(std::string_view name, std::string_view value);
  template <detail::QueryScalar T>
  WebSocketBuilder&& query(std::string_view name, T value) {
    request_ = std::move(request_).query(name, value);
    return std::move(*this);
  }
  template <Model T>
  WebSocketBuilder&& query(const T& parameters) {
    request_ = std::move(request_).query(parameters);
    return std::move(*this);
  }
  /// As in RequestBuilder; std::invalid_argument also for `connection`, `upgrade` and `sec-websocket-...`, which belong
  /// to the handshake.
  WebSocketBuilder&& header(std::string_view name, std::string_view value);
  WebSocketBuilder&& cookie(std::string_view name, std::string_view value);
  WebSocketBuilder&& basic_auth(std::string_view username, std::string_view password);
  WebSocketBuilder&& bearer_auth(std::string_view token);

  /// One that the server may choose, the favourite first. std::invalid_argument when it is no token or given twice.
  WebSocketBuilder&& subprotocol(std::string_view name);

  /// Replaces `ClientTimeouts::total` for the handshake; it doesn't bound the open WebSocket. 0: no limit.
  WebSocketBuilder&& timeout(std::chrono::milliseconds total);
  /// Replaces `ClientOptions::max_redirects`.
  WebSocketBuilder&& max_redirects(std::size_t limit);

  /// Limits and times of the open WebSocket. std::invalid_argument for those that can't be used.
  WebSocketBuilder&& options(const WebSocketOptions& options);
  WebSocketBuilder&& max_message_bytes(std::size_t limit);
  /// Offers permessage-deflate.
  WebSocketBuilder&& compression(bool enabled = true);
  /// See `WebSocketOptions::ping_interval`. 0: none are sent.
  WebSocketBuilder&& ping_interval(std::chrono::milliseconds interval);

  /// The handshake as a coroutine, for create_task.
  Async<WebSocket> connect();

  detail::CallAwaiter<WebSocket> operator co_await() { return connect().operator co_await(); }

 private:
  friend class Client;
  explicit WebSocketBuilder(RequestBuilder request) noexcept : request_(std::move(request)) {}

  RequestBuilder request_;
  std::vector<std::string> subprotocols_;
  WebSocketOptions options_;
};

}  // namespace coroute
