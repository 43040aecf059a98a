// SPDX-License-Identifier: BSL-1.0
#include "coroute/websocket/accept_builder.hpp"

#include <stdexcept>
#include <utility>

#include "coroute/websocket/websocket.hpp"
#include "handshake_fields.hpp"

namespace coroute {

WebSocketAcceptBuilder&& WebSocketAcceptBuilder::subprotocol(std::string_view name) {
  subprotocol_ = name;
  return std::move(*this);
}

WebSocketAcceptBuilder&& WebSocketAcceptBuilder::header(std::string_view name, std::string_view value) {
  if (detail::is_handshake_field(name)) {
    throw std::invalid_argument("the header field '" + std::string(name) + "' is set by the WebSocket handshake");
  }
  headers_.add(name, value);
  return std::move(*this);
}

WebSocketAcceptBuilder&& WebSocketAcceptBuilder::set_cookie(const SetCookie& cookie) {
  headers_.add("set-cookie", cookie.to_string());
  return std::move(*this);
}

Async<void> WebSocketAcceptBuilder::send() {
  websocket_->open(subprotocol_, headers_);
  return Async<void>::ready();
}

}  // namespace coroute
