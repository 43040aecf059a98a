// SPDX-License-Identifier: BSL-1.0
#include "message_reader.hpp"

#include <algorithm>
#include <utility>

namespace coroute::detail {
namespace {

constexpr std::size_t max_reserved = 64 * 1024;     // a length announced is not yet a length sent
constexpr std::size_t unmasked_at_once = 4 * 1024;  // of compressed bytes
constexpr std::uint64_t compression_overhead = 1024;

}  // namespace

MessageReader::MessageReader(WebSocketRole role, std::size_t max_message_bytes,
                             const std::optional<CompressionTerms>& compression)
    : role_(role), max_message_bytes_(max_message_bytes) {
  if (compression) inflater_.emplace(*compression);
}

MessageReader::Event MessageReader::next(std::string_view& input) {
  while (true) {
    if (!in_payload_) {
      if (!read_head(input)) return Event::Failed;
      if (!in_payload_) return Event::None;
    }
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(payload_size_ - payload_read_, input.size()));
    if (size > 0 && !read_payload(input.substr(0, size))) return Event::Failed;
    input.remove_prefix(size);
    if (payload_read_ < payload_size_) return Event::None;
    const Event event = finish_frame();
    if (event != Event::None) return event;
  }
}

void MessageReader::discard_messages() noexcept {
  discards_messages_ = true;
  message_ = std::string();
}

WebSocketMessage MessageReader::take_message() {
  return {message_type_, std::exchange(message_, {})};
}

bool MessageReader::fail(WebSocketCloseCode code, const char* text) noexcept {
  failure_ = {code, text};
  return false;
}

// --- the head of a frame ---

/// False: failed. The head is complete when `in_payload_` is set.
bool MessageReader::read_head(std::string_view& input) {
  while (!input.empty()) {
    head_bytes_[head_size_++] = static_cast<unsigned char>(input[0]);
    input.remove_prefix(1);
    if (head_size_ == 2 && !check_head_start()) return false;
    if (head_size_ == head_wanted_) return take_length() && begin_payload();
  }
  return true;
}

bool MessageReader::check_head_start() {
  if (!check_opcode(head_bytes_[0])) return false;
  const bool masked = (head_bytes_[1] & 0x80U) != 0;
  if (masked != (role_ == WebSocketRole::Server)) {
    return fail(WebSocketCloseCode::ProtocolError, masked ? "a masked frame" : "a frame that is not masked");
  }
  const unsigned length = head_bytes_[1] & 0x7FU;
  if (head_.is_control() && length > max_control_payload) {
    return fail(WebSocketCloseCode::ProtocolError, "a control frame of more than 125 bytes");
  }
  head_wanted_ = 2 + (length == 126 ? 2 : length == 127 ? 8 : 0) + (masked ? mask_.size() : 0);
  return true;
}

bool MessageReader::check_opcode(unsigned first) {
  head_.is_final = (first & 0x80U) != 0;
  head_.opcode = static_cast<WebSocketOpcode>(first & 0x0FU);
  const bool compressed = (first & 0x40U) != 0;
  if ((first & 0x30U) != 0) return fail(WebSocketCloseCode::ProtocolError, "a frame with a reserved bit");
  switch (head_.opcode) {
    case WebSocketOpcode::Continuation:
      if (!in_message_) return fail(WebSocketCloseCode::ProtocolError, "a continuation of no message");
      if (compressed) return fail(WebSocketCloseCode::ProtocolError, "a frame with a reserved bit");
      return true;
    case WebSocketOpcode::Text:
    case WebSocketOpcode::Binary:
      if (in_message_) return fail(WebSocketCloseCode::ProtocolError, "a message inside another");
      if (compressed && !inflater_) return fail(WebSocketCloseCode::ProtocolError, "a frame with a reserved bit");
      message_is_compressed_ = compressed;
      return true;
    case WebSocketOpcode::Close:
    case WebSocketOpcode::Ping:
    case WebSocketOpcode::Pong:
      if (compressed) return fail(WebSocketCloseCode::ProtocolError, "a frame with a reserved bit");
      if (!head_.is_final) return fail(WebSocketCloseCode::ProtocolError, "a control frame in fragments");
      return true;
  }
  return fail(WebSocketCloseCode::ProtocolError, "a frame with a reserved opcode");
}

bool MessageReader::take_length() {
  const unsigned length = head_bytes_[1] & 0x7FU;
  const std::size_t length_bytes = length == 126 ? 2 : length == 127 ? 8 : 0;
  payload_size_ = length_bytes == 0 ? length : 0;
  for (std::size_t i = 0; i < length_bytes; ++i)
    payload_size_ = payload_size_ << 8U | head_bytes_[2 + i];
  if ((length_bytes == 2 && payload_size_ < 126) || (length_bytes == 8 && payload_size_ <= 0xFFFF)) {
    return fail(WebSocketCloseCode::ProtocolError, "a length in more bytes than it needs");
  }
  if (payload_size_ >> 63U != 0) return fail(WebSocketCloseCode::ProtocolError, "a length beyond 63 bits");
  if (role_ == WebSocketRole::Server) std::copy_n(&head_bytes_[2 + length_bytes], mask_.size(), mask_.begin());
  return true;
}

bool MessageReader::begin_payload() {
  head_size_ = 0;
  head_wanted_ = 2;
  payload_read_ = 0;
  in_payload_ = true;
  if (head_.is_control()) {
    control_.clear();
    return true;
  }
  if (head_.opcode != WebSocketOpcode::Continuation) {
    message_type_ =
        head_.opcode == WebSocketOpcode::Text ? WebSocketMessage::Type::Text : WebSocketMessage::Type::Binary;
    in_message_ = true;
    compressed_bytes_ = 0;
    text_.reset();
  }
  if (discards_messages_) return true;
  if (is_compressed()) {
    // What never gives anything, such as empty blocks, has an end too.
    compressed_bytes_ = payload_size_ > UINT64_MAX - compressed_bytes_ ? UINT64_MAX : compressed_bytes_ + payload_size_;
    const std::uint64_t limit = std::uint64_t{max_message_bytes_} + max_message_bytes_ / 8 + compression_overhead;
    return compressed_bytes_ <= limit || fail(WebSocketCloseCode::MessageTooBig, "a message over the limit");
  }
  if (payload_size_ > max_message_bytes_ - message_.size()) {
    return fail(WebSocketCloseCode::MessageTooBig, "a message over the limit");
  }
  const std::size_t size = message_.size() + static_cast<std::size_t>(payload_size_);
  if (size <= max_reserved) message_.reserve(size);
  return true;
}

// --- its payload ---

bool MessageReader::read_payload(std::string_view bytes) {
  const auto offset = static_cast<std::size_t>(payload_read_ % mask_.size());
  payload_read_ += bytes.size();
  if (is_discarded()) return true;
  if (!head_.is_control() && is_compressed() && role_ == WebSocketRole::Client) return inflate(bytes);
  if (!head_.is_control() && is_compressed()) {
    std::array<char, unmasked_at_once> unmasked;  // not cleared
    for (std::size_t begin = 0; begin < bytes.size();) {
      const std::size_t size = bytes.copy(unmasked.data(), unmasked.size(), begin);
      apply_mask(unmasked.data(), size, mask_, offset + begin);
      if (!inflate({unmasked.data(), size})) return false;
      begin += size;
    }
    return true;
  }
  std::string& into = head_.is_control() ? control_ : message_;
  const std::size_t begin = into.size();
  into += bytes;
  if (role_ == WebSocketRole::Server) apply_mask(into.data() + begin, bytes.size(), mask_, offset);
  return head_.is_control() || check_text(std::string_view(into).substr(begin));
}

bool MessageReader::inflate(std::string_view bytes) {
  const std::size_t begin = message_.size();
  return check_inflated(inflater_->inflate(bytes, message_, max_message_bytes_), begin);
}

bool MessageReader::check_inflated(MessageInflater::Result result, std::size_t begin) {
  switch (result) {
    case MessageInflater::Result::Good:
      return check_text(std::string_view(message_).substr(begin));
    case MessageInflater::Result::Corrupt:
      return fail(WebSocketCloseCode::InvalidFramePayloadData, "a malformed compressed message");
    case MessageInflater::Result::TooLarge:
      break;
  }
  return fail(WebSocketCloseCode::MessageTooBig, "a message over the limit");
}

bool MessageReader::check_text(std::string_view bytes) {
  if (message_type_ == WebSocketMessage::Type::Binary || text_.feed(bytes)) return true;
  return fail(WebSocketCloseCode::InvalidFramePayloadData, "a text that is not UTF-8");
}

// --- its end ---

MessageReader::Event MessageReader::finish_frame() {
  in_payload_ = false;
  switch (head_.opcode) {
    case WebSocketOpcode::Ping:
      return Event::Ping;
    case WebSocketOpcode::Pong:
      return Event::Pong;
    case WebSocketOpcode::Close:
      return finish_close();
    default:
      return head_.is_final ? finish_message() : Event::None;
  }
}

MessageReader::Event MessageReader::finish_message() {
  if (discards_messages_) {
    in_message_ = false;
    return Event::None;
  }
  if (is_compressed()) {
    const std::size_t begin = message_.size();
    if (!check_inflated(inflater_->finish(message_, max_message_bytes_), begin)) return Event::Failed;
  }
  in_message_ = false;
  if (message_type_ == WebSocketMessage::Type::Text && !text_.is_complete()) {
    fail(WebSocketCloseCode::InvalidFramePayloadData, "a text that is not UTF-8");
    return Event::Failed;
  }
  return Event::Message;
}

MessageReader::Event MessageReader::finish_close() {
  if (control_.empty()) return Event::Close;
  if (control_.size() == 1) {
    fail(WebSocketCloseCode::ProtocolError, "a close code of one byte");
    return Event::Failed;
  }
  const auto high = static_cast<unsigned char>(control_[0]);
  const auto low = static_cast<unsigned char>(control_[1]);
  close_code_ = static_cast<WebSocketCloseCode>(high << 8U | low);
  control_.erase(0, 2);
  if (!is_sendable(close_code_)) {
    fail(WebSocketCloseCode::ProtocolError, "a close code that must not be sent");
    return Event::Failed;
  }
  Utf8Validator reason;
  if (!reason.feed(control_) || !reason.is_complete()) {
    fail(WebSocketCloseCode::InvalidFramePayloadData, "a close reason that is not UTF-8");
    return Event::Failed;
  }
  return Event::Close;
}

}  // namespace coroute::detail
