// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The server's yes to a WebSocket, on its way.
#include <concepts>
#include <string>
#include <string_view>
#include <utility>

#include "coroute/asyncio/async.hpp"
#include "coroute/http/cookie.hpp"
#include "coroute/http/headers.hpp"

namespace coroute {

class WebSocket;

/// Made by `WebSocket::accept`; nothing happens until it is awaited, which doesn't suspend.
///
///     co_await ws.accept().subprotocol("chat.v2").header("x-room", "7");
///
/// Awaiting throws RuntimeError for a WebSocket that is open or closed, std::invalid_argument for a subprotocol that
/// the client doesn't offer.
class [[nodiscard("a WebSocket is not accepted until this is awaited")]] WebSocketAcceptBuilder {
 public:
  /// One of `WebSocket::offered_subprotocols`.
  WebSocketAcceptBuilder&& subprotocol(std::string_view name);
  /// The first of these that the client offers, so the server's favourite comes first; none when it offers none of
  /// them.
  template <std::convertible_to<std::string_view>... Names>
    requires(sizeof...(Names) > 0)
  WebSocketAcceptBuilder&& subprotocols(const Names&... names) {
    subprotocol_.clear();
    (choose_subprotocol(names), ...);
    return std::move(*this);
  }
  /// A field of the answer. std::invalid_argument for one that is malformed or belongs to the handshake.
  WebSocketAcceptBuilder&& header(std::string_view name, std::string_view value);
  WebSocketAcceptBuilder&& set_cookie(const SetCookie& cookie);
  /// As `Response::set_cookie` has it.
  WebSocketAcceptBuilder&& set_cookie(std::string_view name, std::string_view value);

  detail::CallAwaiter<void> operator co_await() { return send().operator co_await(); }

 private:
  friend class WebSocket;
  explicit WebSocketAcceptBuilder(WebSocket& websocket) noexcept : websocket_(&websocket) {}

  void choose_subprotocol(std::string_view name);
  Async<void> send();

  WebSocket* websocket_;
  std::string subprotocol_;
  Headers headers_;
};

}  // namespace coroute
