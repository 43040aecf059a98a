// SPDX-License-Identifier: BSL-1.0
#pragma once
/// One message of a WebSocket, whole.
#include <string>
#include <utility>

namespace coroute {

class WebSocketMessage {
 public:
  enum class Type : unsigned char { Text, Binary };

  WebSocketMessage(Type type, std::string data) noexcept : data_(std::move(data)), type_(type) {}

  Type type() const noexcept { return type_; }
  bool is_text() const noexcept { return type_ == Type::Text; }
  bool is_binary() const noexcept { return type_ == Type::Binary; }
  /// Valid UTF-8 when it is a text.
  const std::string& data() const& noexcept { return data_; }
  std::string data() && noexcept { return std::move(data_); }

  bool operator==(const WebSocketMessage&) const = default;

 private:
  std::string data_;
  Type type_;
};

}  // namespace coroute
