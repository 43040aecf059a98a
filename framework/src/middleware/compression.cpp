// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/compression.hpp"

#include <algorithm>
#include <stdexcept>

#include "coroute/asyncio/errors.hpp"
#include "coroute/asyncio/thread_pool.hpp"
#include "middleware/accept_encoding.hpp"
#include "middleware/buffered_body.hpp"
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

/// Says that the answer depends on the request's Accept-Encoding when it does: whether it may be compressed.
bool is_compressible(const CompressionOptions& options, Response& response) {
  const auto body = detail::buffered_body(response);
  const bool is_large = body && body->size() >= options.minimum_size;
  const bool may_change =
      is_large && response.status != Status::PartialContent && !response.headers.contains("content-encoding") &&
      !response.headers.has_token("cache-control", "no-transform") && !is_excluded(options, response.content_type());
  if (may_change || response.status == Status::NotModified) detail::add_vary(response.headers, "Accept-Encoding");
  return may_change;
}

std::string compressed(const CompressionOptions& options, std::string_view body, std::string_view encoding) {
  std::string packed;
  detail::content_encoder(encoding, level_of(options, encoding), body.size())->finish(body, packed);
  return packed;
}

void put(Response& response, std::string packed, std::string_view encoding) {
  if (packed.empty() || packed.size() >= response.content().size()) return;
  detail::replace_body(response, std::move(packed));
  response.headers.set("content-encoding", encoding);
  const auto etag = response.headers.get("etag");
  if (etag && etag->starts_with('"')) response.headers.set("etag", "W/" + std::string(*etag));
}

Async<Response> compress_later(const CompressionOptions& options, Async<Response> answer, std::string_view encoding) {
  Response response = co_await std::move(answer);
  if (!is_compressible(options, response)) co_return response;
  const std::string_view body = response.content();
  std::string packed;
  if (!encoding.empty() && body.size() < options.thread_minimum_size) {
    packed = compressed(options, body, encoding);
  } else if (!encoding.empty()) {
    try {
      packed = co_await to_thread(compressed, std::cref(options), body, encoding);
    } catch (const ThreadPoolFull&) {
      packed.clear();  // it goes out as it is
    }
  }
  put(response, std::move(packed), encoding);
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
  Response& response = detail::AsyncAccess::box(answer)->value;
  if (!is_compressible(*options_, response)) return answer;
  const std::string_view body = response.content();
  if (!encoding.empty() && body.size() >= options_->thread_minimum_size)
    return compress_later(*options_, std::move(answer), encoding);
  put(response, encoding.empty() ? std::string() : compressed(*options_, body, encoding), encoding);
  return answer;
}

}  // namespace coroute
