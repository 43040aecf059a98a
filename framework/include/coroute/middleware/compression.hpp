// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Compressed answers: Starlette's GZipMiddleware, with brotli and Zstandard.
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "coroute/http/handler.hpp"

namespace coroute {

struct CompressionOptions {
  /// Smaller bodies are left alone.
  std::size_t minimum_size = 500;
  /// The client's weights decide, among equals the earlier one.
  std::vector<std::string> encodings = {"zstd", "br", "gzip"};
  int gzip_level = 6;      ///< 0 to 9; Starlette's 9 takes several times as long, for one percent.
  int brotli_quality = 4;  ///< 0 to 11; above 6 it takes several times as long.
  int zstd_level = 3;      ///< 1 to 19.
  /// From this size on a body is compressed by `to_thread`, so that the loop serves others meanwhile.
  std::size_t thread_minimum_size = 128 * 1024;
  /// "audio/*" stands for all of them.
  std::vector<std::string> exclude_content_types = {
      "application/grpc", "application/gzip", "application/x-gzip", "application/zip", "audio/*",
      "font/woff",        "font/woff2",       "image/avif",         "image/gif",       "image/jpeg",
      "image/png",        "image/webp",       "text/event-stream",  "video/*"};
};

/// Compresses bodies for clients that take it, and says `vary: Accept-Encoding`. Pieces of a streamed body are
/// compressed on the loop, and can be read as soon as they come. Left alone are answers with a Content-Encoding, with
/// `cache-control: no-transform`, with status 206, and those that would not become smaller; a strong ETag becomes a
/// weak one.
///
/// A body that has both a secret and text of whoever may have sent the request tells of the secret by its compressed
/// size (BREACH): leave routes of that kind out, or mask the secret.
///
///     app.use(CompressionMiddleware());
class CompressionMiddleware {
 public:
  /// std::invalid_argument for an unknown encoding, and for levels beyond theirs.
  explicit CompressionMiddleware(CompressionOptions options = {});
  Async<Response> operator()(Request& request, const Handler& next) const;

 private:
  std::shared_ptr<const CompressionOptions> options_;
};

}  // namespace coroute
