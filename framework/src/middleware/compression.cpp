// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/compression.hpp"

#include <algorithm>
#include <stdexcept>

#include "coroute/asyncio/errors.hpp"
#include "coroute/asyncio/thread_pool.hpp"
#include "middleware/buffered_body.hpp"
#include "middleware/content_encoder.hpp"
#include "middleware/vary.hpp"

namespace coroute {
namespace {

constexpr std::string_view brotli_name = "br";
constexpr std::string_view gzip_name = "gzip";

bool is_excluded(const CompressionOptions& options, std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  type = type.substr(0, type.find_last_not_of(" \t") + 1);
  const auto covers = [&](std::string_view pattern) {
    if (!pattern.ends_with("/*")) return iequals(pattern, type);
    pattern.remove_suffix(1);
    return type.size() >= pattern.size() && iequals(pattern, type.substr(0, pattern.size()));
  };
  return std::any_of(options.exclude_content_types.begin(), options.exclude_content_types.end(), covers);
}

bool is_compressible(const CompressionOptions& options, const Response& response) {
  const auto body = detail::buffered_body(response);
  return body && body->size() >= options.minimum_size && response.status != Status::PartialContent &&
         !response.headers.contains("content-encoding") &&
         !response.headers.has_token("cache-control", "no-transform") && !is_excluded(options, response.content_type());
}

std::string compressed(const CompressionOptions& options, std::string_view body, std::string_view encoding) {
  return encoding == brotli_name ? detail::brotli(body, options.brotli_quality)
                                 : detail::gzip(body, options.gzip_level);
}

void put(Response& response, std::string packed, std::string_view encoding) {
  detail::add_vary(response.headers, "Accept-Encoding");
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

void check_level(int level, int most) {
  if (level < 0 || level > most) throw std::invalid_argument("CompressionMiddleware: a level is out of range");
}

}  // namespace

CompressionMiddleware::CompressionMiddleware(CompressionOptions options) {
  check_level(options.gzip_level, 9);
  check_level(options.brotli_quality, 11);
  for (const std::string& encoding : options.encodings) {
    if (encoding == brotli_name || encoding == gzip_name) continue;
    throw std::invalid_argument("CompressionMiddleware: no encoding is called '" + encoding + "'");
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
