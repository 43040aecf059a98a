// SPDX-License-Identifier: BSL-1.0
#include "coroute/client/websocket_builder.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "outgoing_request.hpp"
#include "websocket/handshake.hpp"
#include "websocket/handshake_fields.hpp"
#include "websocket_handshake.hpp"

namespace coroute {
WebSocketBuilder&& WebSocketBuilder::query(std::string_view name, std::string_view value) {
  request_ = std::move(request_).query(name, value);
  return std::move(*this);
}

WebSocketBuilder&& WebSocketBuilder::header(std::string_view name, std::string_view value) {
  if (detail::is_handshake_field(name)) {
    throw std::invalid_argument("the header field '" + std::string(name) + "' is set by the WebSocket handshake");
  }
  request_ = std::move(request_).header(name, value);
  return std::move(*this);
}

WebSocketBuilder&& WebSocketBuilder::cookie(std::string_view name, std::string_view value) {
  request_ = std::move(request_).cookie(name, value);
  return std::move(*this);
}

WebSocketBuilder&& WebSocketBuilder::basic_auth(std::string_view username, std::string_view password) {
  request_ = std::move(request_).basic_auth(username, password);
  return std::move(*this);
}

WebSocketBuilder&& WebSocketBuilder::bearer_auth(std::string_view token) {
  request_ = std::move(request_).bearer_auth(token);
  return std::move(*this);
}

WebSocketBuilder&& WebSocketBuilder::subprotocol(std::string_view name) {
  if (!is_token(name)) throw std::invalid_argument("a subprotocol must be a token of RFC 9110");
  if (std::find(subprotocols_.begin(), subprotocols_.end(), name) != subprotocols_.end()) {
    throw std::invalid_argument("the subprotocol '" + std::string(name) + "' was given twice");
  }
  subprotocols_.emplace_back(name);
  return std::move(*this);
}

WebSocketBuilder&& WebSocketBuilder::timeout(std::chrono::milliseconds total) {
  request_ = std::move(request_).timeout(total);
  return std::move(*this);
}

WebSocketBuilder&& WebSocketBuilder::max_redirects(std::size_t limit) {
  request_ = std::move(request_).max_redirects(limit);
  return std::move(*this);
}

WebSocketBuilder&& WebSocketBuilder::options(const WebSocketOptions& options) {
  detail::check_options(options);
  options_ = options;
  return std::move(*this);
}

WebSocketBuilder&& WebSocketBuilder::max_message_bytes(std::size_t limit) {
  WebSocketOptions changed = options_;
  changed.max_message_bytes = limit;
  return options(changed);
}

WebSocketBuilder&& WebSocketBuilder::compression(bool enabled) {
  options_.compression.enabled = enabled;
  return std::move(*this);
}

WebSocketBuilder&& WebSocketBuilder::ping_interval(std::chrono::milliseconds interval) {
  options_.ping_interval = interval;
  return std::move(*this);
}

Async<WebSocket> WebSocketBuilder::connect() {
  request_.request();
  return detail::open_websocket(std::move(request_.request_), std::move(subprotocols_), options_);
}

}  // namespace coroute
