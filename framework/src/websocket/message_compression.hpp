// SPDX-License-Identifier: BSL-1.0
#pragma once
/// permessage-deflate (RFC 7692): one message into compressed bytes and back, within a limit.
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace coroute::detail {

/// What both sides have agreed on.
struct CompressionTerms {
  int send_window_bits = 15;     ///< Of what we compress; 8 can't be done by zlib: then nothing is compressed.
  int receive_window_bits = 15;  ///< Of what the peer compresses, at most.
  bool send_context = true;      ///< Our messages may refer to earlier ones.
  bool receive_context = true;   ///< Those of the peer may.

  bool operator==(const CompressionTerms&) const = default;
};

class MessageDeflater {
 public:
  explicit MessageDeflater(const CompressionTerms& terms) noexcept;
  ~MessageDeflater();
  MessageDeflater(const MessageDeflater&) = delete;
  MessageDeflater& operator=(const MessageDeflater&) = delete;

  /// The payload of a message, without the four bytes that always end it. Throws std::bad_alloc.
  std::string deflate(std::string_view message);

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;  // between messages only with a context
  int window_bits_;
  bool keeps_context_;
};

class MessageInflater {
 public:
  explicit MessageInflater(const CompressionTerms& terms) noexcept;
  ~MessageInflater();
  MessageInflater(const MessageInflater&) = delete;
  MessageInflater& operator=(const MessageInflater&) = delete;

  enum class Result : unsigned char { Good, Corrupt, TooLarge };
  /// Appends what a piece of a message stands for, until `out` has more than `limit` bytes: TooLarge. Throws
  /// std::bad_alloc.
  Result inflate(std::string_view input, std::string& out, std::size_t limit);
  /// The message is complete.
  Result finish(std::string& out, std::size_t limit);

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
  int window_bits_;
  bool keeps_context_;
};

}  // namespace coroute::detail
