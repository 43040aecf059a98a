// SPDX-License-Identifier: BSL-1.0
#pragma once
/// From received bytes to messages and control frames: RFC 6455 sections 5 and 8.1, refused at the first wrong byte.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "coroute/websocket/close_code.hpp"
#include "coroute/websocket/message.hpp"
#include "frame.hpp"
#include "message_compression.hpp"
#include "utf8_validator.hpp"

namespace coroute::detail {

/// Why a WebSocket fails, and the code to close it with.
struct WebSocketFailure {
  WebSocketCloseCode code;
  const char* text;  ///< What the peer sent, such as "a masked frame".
};

class MessageReader {
 public:
  enum class Event : unsigned char {
    None,     ///< Nothing more in these bytes.
    Message,  ///< See `take_message`.
    Ping,     ///< See `payload`.
    Pong,     ///< See `payload`.
    Close,    ///< See `close_code` and `payload`, which is the reason. Nothing may follow.
    Failed,   ///< See `failure`. The reader is of no more use.
  };

  /// `role`: of this side.
  MessageReader(WebSocketRole role, std::size_t max_message_bytes, const std::optional<CompressionTerms>& compression);

  /// Takes from the front of `input` up to the next event.
  Event next(std::string_view& input);

  /// From now on only control frames are events. What a message carries is neither kept nor unpacked nor checked.
  void discard_messages() noexcept;

  WebSocketMessage take_message();
  const std::string& payload() const noexcept { return control_; }
  WebSocketCloseCode close_code() const noexcept { return close_code_; }
  const WebSocketFailure& failure() const noexcept { return failure_; }

 private:
  struct Head {
    WebSocketOpcode opcode = WebSocketOpcode::Continuation;
    bool is_final = false;
    bool is_control() const noexcept { return static_cast<unsigned>(opcode) >= 8; }
  };

  bool read_head(std::string_view& input);
  bool check_head_start();
  bool check_opcode(unsigned first);
  bool take_length();
  bool begin_payload();
  bool read_payload(std::string_view bytes);
  bool inflate(std::string_view bytes);
  bool check_inflated(MessageInflater::Result result, std::size_t begin);
  bool check_text(std::string_view bytes);
  Event finish_frame();
  Event finish_message();
  Event finish_close();
  bool fail(WebSocketCloseCode code, const char* text) noexcept;
  bool is_compressed() const noexcept { return message_is_compressed_; }
  bool is_discarded() const noexcept { return discards_messages_ && !head_.is_control(); }

  const WebSocketRole role_;
  const std::size_t max_message_bytes_;
  std::optional<MessageInflater> inflater_;

  std::array<unsigned char, 14> head_bytes_{};
  std::size_t head_size_ = 0;
  std::size_t head_wanted_ = 2;
  Head head_;
  MaskKey mask_{};
  std::uint64_t payload_size_ = 0;
  std::uint64_t payload_read_ = 0;
  bool in_payload_ = false;

  WebSocketMessage::Type message_type_ = WebSocketMessage::Type::Text;
  bool in_message_ = false;
  bool message_is_compressed_ = false;
  bool discards_messages_ = false;
  std::uint64_t compressed_bytes_ = 0;  // of the message
  std::string message_;
  Utf8Validator text_;
  std::string control_;
  WebSocketCloseCode close_code_ = WebSocketCloseCode::NoStatusReceived;
  WebSocketFailure failure_{WebSocketCloseCode::NormalClosure, ""};
};

}  // namespace coroute::detail
