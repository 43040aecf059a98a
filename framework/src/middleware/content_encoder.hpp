// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Compression: gzip (RFC 1952), br (RFC 7932), zstd (RFC 8878).
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace coroute::detail {

/// Of one body, piece by piece. std::bad_alloc without memory for it.
class ContentEncoder {
 public:
  ContentEncoder() = default;
  ContentEncoder(const ContentEncoder&) = delete;
  ContentEncoder& operator=(const ContentEncoder&) = delete;
  virtual ~ContentEncoder() = default;

  /// Appends what lets a reader see `piece` to its last byte.
  virtual void flush(std::string_view piece, std::string& out) = 0;
  /// Appends the rest, with `piece` as the last one.
  virtual void finish(std::string_view piece, std::string& out) = 0;
};

/// Whether `content_encoder` has it, with that level: gzip 0 to 9, br 0 to 11, zstd 1 to 19. Higher ones of zstd need
/// windows that browsers refuse (RFC 9659).
bool has_content_encoder(std::string_view coding, int level) noexcept;

/// With a size it prepares for a body of so many bytes, which must be what comes; without for one of any length, with
/// a window of 256 KiB.
std::unique_ptr<ContentEncoder> content_encoder(std::string_view coding, int level, std::optional<std::size_t> size);

}  // namespace coroute::detail
