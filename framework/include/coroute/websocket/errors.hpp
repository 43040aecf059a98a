// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What can go wrong on an open WebSocket; every text begins with what the WebSocket is called.
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/http/error_detail.hpp"
#include "coroute/http/validation_error.hpp"
#include "coroute/websocket/close_code.hpp"

namespace coroute {

/// Base of all of them.
class WebSocketError : public std::runtime_error {
 public:
  /// `websocket` is such as "GET http://host/ws".
  WebSocketError(std::string_view websocket, std::string_view reason);
};

/// The WebSocket is closed: sending can't go on. What is thrown by receiving is one of the classes below, or this one
/// with AbnormalClosure when the connection was lost; a proper end is no error there.
class WebSocketClosed : public WebSocketError {
 public:
  WebSocketClosed(std::string_view websocket, std::string_view text, WebSocketCloseCode code, std::string reason = {});

  /// What `WebSocket::close_code` and `close_reason` are.
  WebSocketCloseCode code() const noexcept { return code_; }
  const std::string& reason() const noexcept { return reason_; }

 private:
  WebSocketCloseCode code_;
  std::string reason_;
};

/// What the peer sent breaks RFC 6455 (closed with 1002), or is no UTF-8 or no compressed data where it must be (1007).
class WebSocketProtocolError : public WebSocketClosed {
 public:
  using WebSocketClosed::WebSocketClosed;
};

/// Over `WebSocketOptions::max_message_bytes`, counted after decompression; closed with 1009.
class WebSocketMessageTooLarge : public WebSocketClosed {
 public:
  using WebSocketClosed::WebSocketClosed;
};

/// Nothing came within `WebSocketOptions::ping_timeout` after a ping (1006).
class WebSocketPingTimeout : public WebSocketClosed {
 public:
  using WebSocketClosed::WebSocketClosed;
};

/// The peer took no byte for `WebSocketOptions::write_timeout` (1006).
class WebSocketWriteTimeout : public WebSocketClosed {
 public:
  using WebSocketClosed::WebSocketClosed;
};

/// From `receive_text`, `receive_bytes` and `receive_json`: the message is of the other type, no JSON, or not what the
/// type asks for. It has been taken; the WebSocket is still open.
class WebSocketDecodeError : public WebSocketError {
 public:
  using WebSocketError::WebSocketError;
  WebSocketDecodeError(std::string_view websocket, const ValidationError& error);

  /// From `receive_json`, what a request's body would have been refused with; else empty.
  const std::vector<ErrorDetail>& errors() const noexcept { return errors_; }

 private:
  std::vector<ErrorDetail> errors_;
};

/// For handlers of a server to throw: before `accept` the handshake is answered with 403, afterwards the WebSocket is
/// closed with this code and reason.
class WebSocketException : public std::runtime_error {
 public:
  /// std::invalid_argument for a code that must not be sent; of a reason 123 bytes at most are.
  explicit WebSocketException(WebSocketCloseCode code, std::string reason = {});

  WebSocketCloseCode code() const noexcept { return code_; }
  const std::string& reason() const noexcept { return reason_; }

 private:
  WebSocketCloseCode code_;
  std::string reason_;
};

}  // namespace coroute
