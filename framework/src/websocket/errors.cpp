// SPDX-License-Identifier: BSL-1.0
#include "coroute/websocket/errors.hpp"

#include <utility>

namespace coroute {
namespace {

std::string with_code(std::string_view text, WebSocketCloseCode code, const std::string& reason) {
  std::string result(text);
  result.append(" (").append(std::to_string(to_number(code)));
  const std::string_view name = to_string(code);
  if (!name.empty()) result.append(1, ' ').append(name);
  if (!reason.empty()) result.append(": ").append(reason);
  return result.append(1, ')');
}

}  // namespace

WebSocketError::WebSocketError(std::string_view websocket, std::string_view reason)
    : std::runtime_error(std::string(websocket).append(": ").append(reason)) {}

WebSocketClosed::WebSocketClosed(std::string_view websocket, std::string_view text, WebSocketCloseCode code,
                                 std::string reason)
    : WebSocketError(websocket, with_code(text, code, reason)), code_(code), reason_(std::move(reason)) {}

WebSocketDecodeError::WebSocketDecodeError(std::string_view websocket, const ValidationError& error)
    : WebSocketError(websocket, std::string("the message has ").append(error.what())), errors_(error.errors()) {}

WebSocketException::WebSocketException(WebSocketCloseCode code, std::string reason)
    : std::runtime_error(with_code("the WebSocket is refused", code, reason)), code_(code), reason_(std::move(reason)) {
  if (!is_sendable(code)) throw std::invalid_argument("not a code that a WebSocket can be closed with");
}

}  // namespace coroute
