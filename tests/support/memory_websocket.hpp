// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A WebSocket session whose connection is memory: the test is the peer, and time is virtual.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "coroute/asyncio/event_loop.hpp"
#include "coroute/websocket/websocket.hpp"
#include "websocket/message_reader.hpp"
#include "websocket/session.hpp"

namespace coroute::test {

/// Both directions of a connection between a session and a test.
struct MemoryWire {
  std::string to_session;
  std::string from_session;
  std::size_t room = std::string::npos;  ///< Bytes that are taken before sending would block.
  bool ended = false;                    ///< By the peer.
  bool refuses = false;                  ///< Sending fails.
  bool open = true;                      ///< The session still has its end.
  detail::IoHandle::ReadyCallback callback = nullptr;
  void* context = nullptr;

  void notify() const {
    if (callback) callback(context);
  }
};

class MemoryConnection final : public detail::UpgradedConnection {
 public:
  explicit MemoryConnection(std::shared_ptr<MemoryWire> wire) : wire_(std::move(wire)) {}
  ~MemoryConnection() override {
    wire_->open = false;
    wire_->callback = nullptr;
  }

  Received receive(char* buffer, std::size_t size) noexcept override {
    if (wire_->to_session.empty()) return {wire_->ended ? Outcome::Closed : Outcome::WouldBlock};
    const std::size_t count = wire_->to_session.copy(buffer, size);
    wire_->to_session.erase(0, count);
    return {Outcome::Progress, count};
  }
  Outcome send(std::string_view& bytes) noexcept override {
    if (wire_->refuses) return Outcome::Closed;
    const std::size_t count = std::min(bytes.size(), wire_->room);
    wire_->from_session += bytes.substr(0, count);
    bytes.remove_prefix(count);
    if (wire_->room != std::string::npos) wire_->room -= count;
    return bytes.empty() ? Outcome::Progress : Outcome::WouldBlock;
  }
  bool has_input() const noexcept override { return !wire_->to_session.empty() || wire_->ended; }
  bool is_writable() const noexcept override { return wire_->room > 0; }
  void on_ready(detail::IoHandle::ReadyCallback callback, void* context) noexcept override {
    wire_->callback = callback;
    wire_->context = context;
  }

 private:
  std::shared_ptr<MemoryWire> wire_;
};

/// The other side of one session.
class MemoryPeer {
 public:
  /// `role`: of the session.
  explicit MemoryPeer(detail::WebSocketRole role = detail::WebSocketRole::Client)
      : role_(role == detail::WebSocketRole::Client ? detail::WebSocketRole::Server : detail::WebSocketRole::Client),
        reader_(role_, 1 << 30, std::nullopt) {}

  WebSocket open(const WebSocketOptions& options = {}, std::string received = {},
                 const std::optional<detail::CompressionTerms>& compression = std::nullopt) {
    detail::WebSocketSetup setup;
    setup.role = role_ == detail::WebSocketRole::Server ? detail::WebSocketRole::Client : detail::WebSocketRole::Server;
    setup.label = "ws";
    setup.received = std::move(received);
    setup.compression = compression;
    return WebSocket(detail::WebSocketSession::open(EventLoop::current(), std::make_unique<MemoryConnection>(wire_),
                                                    std::move(setup), options));
  }

  void send(detail::WebSocketOpcode opcode, std::string_view payload) { send_raw(frame(opcode, payload)); }
  void send_text(std::string_view text) { send(detail::WebSocketOpcode::Text, text); }
  void send_close(unsigned code, std::string_view reason = "") {
    std::string payload{static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)};
    send(detail::WebSocketOpcode::Close, payload.append(reason));
  }
  void send_raw(std::string_view bytes) {
    wire_->to_session += bytes;
    wire_->notify();
  }
  std::string frame(detail::WebSocketOpcode opcode, std::string_view payload) const {
    std::string bytes;
    detail::append_frame(bytes, role_, opcode, payload);
    return bytes;
  }
  /// Ends the connection.
  void end() {
    wire_->ended = true;
    wire_->notify();
  }
  /// Takes so many more bytes.
  void make_room(std::size_t bytes) {
    wire_->room = bytes;
    wire_->notify();
  }

  /// What the session has sent since the last call: "text hello, ping, close 1000 bye". The payloads of pings are left
  /// out.
  std::string received() {
    std::string all;
    const std::string bytes = std::exchange(wire_->from_session, {});
    std::string_view rest = bytes;
    while (!rest.empty()) {
      const std::string event = describe(reader_.next(rest));
      if (!event.empty()) all.append(all.empty() ? "" : ", ").append(event);
    }
    return all;
  }
  /// Of the last ping that `received` saw.
  const std::string& ping_payload() const { return ping_payload_; }
  MemoryWire& wire() { return *wire_; }

 private:
  std::string describe(detail::MessageReader::Event event) {
    using Event = detail::MessageReader::Event;
    if (event == Event::Message) {
      const WebSocketMessage message = reader_.take_message();
      return (message.is_text() ? "text " : "binary ") + message.data();
    }
    if (event == Event::Ping) ping_payload_ = reader_.payload();
    if (event == Event::Ping) return "ping";
    if (event == Event::Pong) return "pong " + reader_.payload();
    if (event == Event::Close)
      return "close " + std::to_string(to_number(reader_.close_code())) + ' ' + reader_.payload();
    return event == Event::Failed ? std::string("failed ") + reader_.failure().text : "";
  }

  detail::WebSocketRole role_;
  detail::MessageReader reader_;
  std::shared_ptr<MemoryWire> wire_ = std::make_shared<MemoryWire>();
  std::string ping_payload_;
};

/// The name of the most derived class.
inline std::string class_of(const WebSocketError& error) {
  if (dynamic_cast<const WebSocketProtocolError*>(&error)) return "WebSocketProtocolError";
  if (dynamic_cast<const WebSocketMessageTooLarge*>(&error)) return "WebSocketMessageTooLarge";
  if (dynamic_cast<const WebSocketPingTimeout*>(&error)) return "WebSocketPingTimeout";
  if (dynamic_cast<const WebSocketWriteTimeout*>(&error)) return "WebSocketWriteTimeout";
  if (dynamic_cast<const WebSocketClosed*>(&error)) return "WebSocketClosed";
  if (dynamic_cast<const WebSocketDecodeError*>(&error)) return "WebSocketDecodeError";
  return "WebSocketError";
}

/// "text hello", "end 1000 bye" or the class of the error.
inline Async<std::string> next_of(WebSocket& ws) {
  std::string outcome;
  try {
    const std::optional<WebSocketMessage> message = co_await ws.receive();
    if (message) {
      outcome = (message->is_text() ? "text " : "binary ") + message->data();
    } else {
      outcome = "end " + std::to_string(to_number(*ws.close_code())) + ' ' + ws.close_reason();
    }
  } catch (const WebSocketError& error) {
    outcome = class_of(error);
  }
  co_return outcome;
}

/// "sent", or the class of the error.
inline Async<std::string> outcome_of_sending(WebSocket& ws, std::string text) {
  std::string outcome = "sent";
  try {
    co_await ws.send_text(std::move(text));
  } catch (const WebSocketError& error) {
    outcome = class_of(error);
  }
  co_return outcome;
}

}  // namespace coroute::test
