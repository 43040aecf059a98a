// SPDX-License-Identifier: BSL-1.0
#include "coroute/websocket/websocket.hpp"

#include <utility>

#include "coroute/http/validation_error.hpp"
#include "coroute/json.hpp"
#include "session.hpp"

namespace coroute {
namespace {

Async<std::optional<std::string>> of_type(Async<std::optional<WebSocketMessage>> receiving,
                                          WebSocketMessage::Type wanted, std::string label) {
  std::optional<WebSocketMessage> message = co_await std::move(receiving);
  if (!message) co_return std::nullopt;
  if (message->type() != wanted) {
    throw WebSocketDecodeError(label, message->is_text() ? "a text came where a binary message was expected"
                                                         : "a binary message came where a text was expected");
  }
  co_return std::move(*message).data();
}

}  // namespace

WebSocket::WebSocket(std::shared_ptr<detail::WebSocketSession> session) noexcept : session_(std::move(session)) {}

WebSocket::WebSocket(WebSocket&&) noexcept = default;

WebSocket& WebSocket::operator=(WebSocket&& other) noexcept {
  std::swap(session_, other.session_);
  return *this;
}

WebSocket::~WebSocket() {
  if (session_) session_->drop();
}

Async<std::optional<WebSocketMessage>> WebSocket::receive() {
  return detail::WebSocketSession::receive(session_);
}

Async<std::optional<std::string>> WebSocket::receive_text() {
  return of_type(receive(), WebSocketMessage::Type::Text, label());
}

Async<std::optional<std::string>> WebSocket::receive_bytes() {
  return of_type(receive(), WebSocketMessage::Type::Binary, label());
}

Async<void> WebSocket::send_text(std::string text) {
  return detail::WebSocketSession::send(session_, WebSocketMessage::Type::Text, std::move(text));
}

Async<void> WebSocket::send_bytes(std::string bytes) {
  return detail::WebSocketSession::send(session_, WebSocketMessage::Type::Binary, std::move(bytes));
}

Async<void> WebSocket::send_json(const Json& value) {
  return send_text(to_json_text(value));
}

Async<Clock::duration> WebSocket::ping() {
  return detail::WebSocketSession::ping(session_);
}

Async<void> WebSocket::close(WebSocketCloseCode code, std::string reason) {
  return detail::WebSocketSession::close(session_, code, std::move(reason));
}

bool WebSocket::is_open() const noexcept {
  return session_->is_open();
}

std::optional<WebSocketCloseCode> WebSocket::close_code() const noexcept {
  return session_->close_code();
}

const std::string& WebSocket::close_reason() const noexcept {
  return session_->close_reason();
}

const std::string& WebSocket::subprotocol() const noexcept {
  return session_->subprotocol();
}

bool WebSocket::is_compressed() const noexcept {
  return session_->is_compressed();
}

const std::string& WebSocket::label() const noexcept {
  return session_->label();
}

void WebSocket::read_json(std::string_view text, void* out, const detail::TypeOperations& type,
                          std::string_view label) {
  try {
    detail::read_json_value(text, out, type);
  } catch (const ValidationError& error) {
    throw WebSocketDecodeError(label, std::string("the message has ") + error.what());
  }
}

}  // namespace coroute
