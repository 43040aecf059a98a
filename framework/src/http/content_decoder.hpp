// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Takes compression off a body as it comes (RFC 9110 section 8.4.1, RFC 7932).
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace coroute::detail {

enum class ContentCoding : unsigned char { Gzip, Deflate, Brotli };

/// Of a Content-Encoding field; nothing for several codings and for those that aren't known.
std::optional<ContentCoding> parse_content_coding(std::string_view field) noexcept;

/// What all known codings are called in an Accept-Encoding field.
inline constexpr std::string_view known_content_codings = "gzip, deflate, br";

struct DecoderLimits {
  std::uint64_t max_bytes = std::numeric_limits<std::uint64_t>::max();  ///< Of what comes out.
  /// Bytes that come out for one that goes in: what a few bytes may become. Not looked at before `free_bytes` came out.
  std::uint64_t max_ratio = std::numeric_limits<std::uint64_t>::max();
  static constexpr std::uint64_t free_bytes = 1024 * 1024;
};

enum class DecodeError : unsigned char {
  None,
  Corrupt,       ///< It isn't what the field says, or ends early.
  TooLarge,      ///< `DecoderLimits::max_bytes`
  RatioTooHigh,  ///< `DecoderLimits::max_ratio`
};

class ContentDecoder {
 public:
  ContentDecoder(ContentCoding coding, const DecoderLimits& limits);
  ~ContentDecoder();
  ContentDecoder(const ContentDecoder&) = delete;
  ContentDecoder& operator=(const ContentDecoder&) = delete;

  /// Appends what `input` stands for. After an error it is not to be used any more.
  DecodeError decode(std::string_view input, std::string& out);
  /// There is no more input.
  DecodeError finish() const noexcept;

 private:
  class Stream;
  class Inflate;
  class Brotli;

  DecodeError check_output(std::uint64_t bytes) const noexcept;

  DecoderLimits limits_;
  std::unique_ptr<Stream> stream_;
  std::uint64_t in_ = 0;
  std::uint64_t out_ = 0;
};

}  // namespace coroute::detail
