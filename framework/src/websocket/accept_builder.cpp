// SPDX-License-Identifier: BSL-1.0
#include "coroute/websocket/accept_builder.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "coroute/websocket/websocket.hpp"
#include "handshake_fields.hpp"

namespace coroute {

WebSocketAcceptBuilder&& WebSocketAcceptBuilder::subprotocol(std::string_view name) {
  subprotocol_ = name;
  return std::move(*this);
}

void WebSocketAcceptBuilder::choose_subprotocol(std::string_view name) {
  const auto& offered = websocket_->offered_subprotocols();
  if (subprotocol_.empty() && std::find(offered.begin(), offered.end(), name) != offered.end()) subprotocol_ = name;
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

WebSocketAcceptBuilder&& WebSocketAcceptBuilder::set_cookie(std::string_view name, std::string_view value) {
  SetCookie cookie;
  cookie.name = name;
  cookie.value = value;
  return set_cookie(cookie);
}

Async<void> WebSocketAcceptBuilder::send() {
  websocket_->open(subprotocol_, headers_);
  return Async<void>::ready();
}

}  // namespace coroute
