// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A blocking WebSocket client that sends exactly the frames, or the bytes, that a test of a server gives it.
#include <cstdint>
#include <string>
#include <string_view>

#include "support/raw_client.hpp"
#include "websocket/frame.hpp"
#include "websocket/message_reader.hpp"

namespace coroute::test {

inline constexpr std::string_view sample_key = "dGhlIHNhbXBsZSBub25jZQ==";  // RFC 6455 section 1.3

/// An opening handshake, without the fields of `left_out`: "upgrade", "connection", "key", "version".
inline std::string handshake(std::string_view path, std::string_view more_fields = {}, std::string_view left_out = {}) {
  std::string fields;
  if (left_out != "upgrade") fields += "upgrade: websocket\r\n";
  if (left_out != "connection") fields += "connection: Upgrade\r\n";
  if (left_out != "key") fields.append("sec-websocket-key: ").append(sample_key).append("\r\n");
  if (left_out != "version") fields += "sec-websocket-version: 13\r\n";
  return get(path, fields.append(more_fields));
}

/// A frame of a client; `first`: its first byte. The length is told in as few bytes as it needs.
inline std::string client_frame(unsigned first, std::string_view payload) {
  std::string frame;
  detail::append_frame(frame, detail::WebSocketRole::Client, detail::WebSocketOpcode::Text, payload);
  frame[0] = static_cast<char>(first);
  return frame;
}

inline std::string client_frame(detail::WebSocketOpcode opcode, std::string_view payload) {
  return client_frame(0x80U | static_cast<unsigned>(opcode), payload);
}

/// The payload of a Close frame.
inline std::string close_payload(unsigned code, std::string_view reason = {}) {
  std::string payload{static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)};
  return payload.append(reason);
}

class RawWebSocket {
 public:
  /// Sends the handshake and takes the answer, which `response` is.
  explicit RawWebSocket(std::uint16_t port, std::string_view path = "/", std::string_view more_fields = {},
                        RawClient::Options options = {})
      : client_(port, options), response_(client_.request(handshake(path, more_fields))) {}

  const RawResponse& response() const { return response_; }
  RawClient& connection() { return client_; }

  void send_raw(std::string_view bytes) { client_.send(bytes); }
  void send(detail::WebSocketOpcode opcode, std::string_view payload) { send_raw(client_frame(opcode, payload)); }
  void send_text(std::string_view text) { send(detail::WebSocketOpcode::Text, text); }
  void send_close(unsigned code, std::string_view reason = {}) {
    send(detail::WebSocketOpcode::Close, close_payload(code, reason));
  }

  /// "text hello", "binary ...", "ping ...", "pong ...", "close 1000 bye"; "failed ..." for what a server must not
  /// send; "end" at the end of the connection, "reset" when it was cut.
  std::string next() {
    while (true) {
      std::string_view rest = unread_;
      const auto event = reader_.next(rest);
      unread_.erase(0, unread_.size() - rest.size());
      if (event != detail::MessageReader::Event::None) return describe(event);
      unread_ = client_.receive_some();
      if (unread_.empty()) return client_.was_reset() ? "reset" : "end";
    }
  }
  /// All up to the end, joined by commas.
  std::string rest() {
    std::string all;
    while (true) {
      const std::string event = next();
      all.append(all.empty() ? "" : ", ").append(event);
      if (event == "end" || event == "reset" || event.starts_with("failed")) return all;
    }
  }

 private:
  std::string describe(detail::MessageReader::Event event) {
    using Event = detail::MessageReader::Event;
    switch (event) {
      case Event::Message: {
        const WebSocketMessage message = reader_.take_message();
        return (message.is_text() ? "text " : "binary ") + message.data();
      }
      case Event::Ping:
        return "ping " + reader_.payload();
      case Event::Pong:
        return "pong " + reader_.payload();
      case Event::Close:
        return "close " + std::to_string(to_number(reader_.close_code())) + ' ' + reader_.payload();
      default:
        return std::string("failed ") + reader_.failure().text;
    }
  }

  RawClient client_;
  RawResponse response_;
  std::string unread_;
  detail::MessageReader reader_{detail::WebSocketRole::Client, std::size_t{1} << 30U, std::nullopt};
};

}  // namespace coroute::test
