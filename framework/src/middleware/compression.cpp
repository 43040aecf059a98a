// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/compression.hpp"

#include <algorithm>
#include <stdexcept>

#include "coroute/asyncio/errors.hpp"
#include "coroute/asyncio/thread_pool.hpp"
#include "middleware/accept_encoding.hpp"
#include "middleware/compressed_body.hpp"
#include "middleware/content_encoder.hpp"
#include "middleware/content_type_pattern.hpp"
#include "middleware/vary.hpp"

namespace coroute {
namespace {

int level_of(const CompressionOptions& options, std::string_view encoding) noexcept {
  return encoding == "gzip" ? options.gzip_level : encoding == "br" ? options.brotli_quality : options.zstd_level;
}

bool is_excluded(const CompressionOptions& options, std::string_view content_type) {
  return std::any_of(options.exclude_content_types.begin(), options.exclude_content_types.end(),
                     [&](const std::string& pattern) { return detail::matches_content_type(pattern, content_type); });
}

bool is_large(const CompressionOptions& options, const Response& response) {
  if (!response.is_streamed()) return response.content().size() >= options.minimum_size;
  return response.stream_length().value_or(options.minimum_size) >= options.minimum_size;
}

/// Says that the answer depends on the request's Accept-Encoding when it does: whether it may be compressed.
bool is_compressible(const CompressionOptions& options, Response& response) {
  const bool may_change = is_large(options, response) && response.status != Status::PartialContent &&
                          !response.headers.contains("content-encoding") &&
                          !response.headers.has_token("cache-control", "no-transform") &&
                          !is_excluded(options, response.content_type());
  if (may_change || response.status == Status::NotModified) detail::add_vary(response.headers, "Accept-Encoding");
  return may_change;
}

/// False: it is a matter for another thread.
bool compress_here(const CompressionOptions& options, Response& response, std::string_view encoding) {
  if (!is_compressible(options, response) || encoding.empty()) return true;
  const int level = level_of(options, encoding);
  if (response.is_streamed()) {
    detail::compress_stream(response, encoding, level);
    return true;
  }
  const std::string_view body = response.content();
  if (body.size() >= options.thread_minimum_size) return false;
  detail::put_compressed(response, detail::compressed(body, encoding, level), encoding);
  return true;
}

Async<Response> compress_later(const CompressionOptions& options, Async<Response> answer, std::string_view encoding) {
  Response response = co_await std::move(answer);
  if (compress_here(options, response, encoding)) co_return response;
  try {
    std::string packed =
        co_await to_thread(detail::compressed, response.content(), encoding, level_of(options, encoding));
    detail::put_compressed(response, std::move(packed), encoding);
  } catch (const ThreadPoolFull&) {
    co_return response;  // as it is
  }
  co_return response;
}

}  // namespace

CompressionMiddleware::CompressionMiddleware(CompressionOptions options) {
  for (const std::string& encoding : options.encodings) {
    if (!detail::has_content_encoder(encoding, level_of(options, encoding)))
      throw std::invalid_argument("CompressionMiddleware: no encoding '" + encoding + "' of that level");
  }
  options_ = std::make_shared<const CompressionOptions>(std::move(options));
}

Async<Response> CompressionMiddleware::operator()(Request& request, const Handler& next) const {
  const std::string_view encoding = detail::preferred_encoding(request.headers(), options_->encodings);
  Async<Response> answer = next(request);
  if (!detail::AsyncAccess::is_ready_value(answer)) return compress_later(*options_, std::move(answer), encoding);
  if (compress_here(*options_, detail::AsyncAccess::box(answer)->value, encoding)) return answer;
  return compress_later(*options_, std::move(answer), encoding);
}

}  // namespace coroute
