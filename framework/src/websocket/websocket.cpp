// SPDX-License-Identifier: BSL-1.0
#include "coroute/websocket/websocket.hpp"

#include <utility>

#include "coroute/asyncio/errors.hpp"
#include "coroute/http/validation_error.hpp"
#include "coroute/json.hpp"
#include "server_handshake.hpp"
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

WebSocket::WebSocket(std::shared_ptr<detail::ServerHandshake> handshake) noexcept : handshake_(std::move(handshake)) {}

WebSocket::WebSocket(WebSocket&&) noexcept = default;

WebSocket& WebSocket::operator=(WebSocket&& other) noexcept {
  std::swap(handshake_, other.handshake_);
  std::swap(session_, other.session_);
  return *this;
}

WebSocket::~WebSocket() {
  if (session_) session_->drop();
}

const std::shared_ptr<detail::WebSocketSession>& WebSocket::session() const {
  if (!session_) throw RuntimeError("the WebSocket is not open: co_await its accept() first");
  return session_;
}

void WebSocket::open(const std::string& subprotocol, const Headers& headers) {
  if (!handshake_) throw RuntimeError("WebSocket::accept: only the handler of a server's WebSocket accepts it");
  session_ = handshake_->accept(subprotocol, headers);
}

const std::vector<std::string>& WebSocket::offered_subprotocols() const {
  static const std::vector<std::string> none;
  return handshake_ ? handshake_->offered_subprotocols() : none;
}

Async<std::optional<WebSocketMessage>> WebSocket::receive() {
  return detail::WebSocketSession::receive(session());
}

Async<std::optional<std::string>> WebSocket::receive_text() {
  return of_type(receive(), WebSocketMessage::Type::Text, label());
}

Async<std::optional<std::string>> WebSocket::receive_bytes() {
  return of_type(receive(), WebSocketMessage::Type::Binary, label());
}

Async<void> WebSocket::send_text(std::string text) {
  return detail::WebSocketSession::send(session(), WebSocketMessage::Type::Text, std::move(text));
}

Async<void> WebSocket::send_bytes(std::string bytes) {
  return detail::WebSocketSession::send(session(), WebSocketMessage::Type::Binary, std::move(bytes));
}

Async<void> WebSocket::send_json(const Json& value) {
  return send_text(to_json_text(value));
}

bool WebSocket::try_send_text(std::string_view text) {
  return session()->try_send(WebSocketMessage::Type::Text, text);
}

bool WebSocket::try_send_bytes(std::string_view bytes) {
  return session()->try_send(WebSocketMessage::Type::Binary, bytes);
}

Async<Clock::duration> WebSocket::ping() {
  return detail::WebSocketSession::ping(session());
}

Async<void> WebSocket::close(WebSocketCloseCode code, std::string reason) {
  if (!session_ && handshake_) {
    handshake_->reject();
    return Async<void>::ready();
  }
  return detail::WebSocketSession::close(session(), code, std::move(reason));
}

bool WebSocket::is_open() const noexcept {
  return session_ && session_->is_usable();
}

std::optional<WebSocketCloseCode> WebSocket::close_code() const {
  return session()->close_code();
}

const std::string& WebSocket::close_reason() const {
  return session()->close_reason();
}

const std::string& WebSocket::subprotocol() const {
  return session()->subprotocol();
}

bool WebSocket::is_compressed() const {
  return session()->is_compressed();
}

const std::string& WebSocket::label() const {
  return session()->label();
}

void WebSocket::read_json(std::string_view text, void* out, const detail::TypeOperations& type,
                          std::string_view label) {
  try {
    detail::read_json_value(text, out, type);
  } catch (const ValidationError& error) {
    throw WebSocketDecodeError(label, error);
  }
}

}  // namespace coroute
