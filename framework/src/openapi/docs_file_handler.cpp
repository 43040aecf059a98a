// SPDX-License-Identifier: BSL-1.0
#include "openapi/docs_file_handler.hpp"

#include <zlib.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>

namespace coroute::detail {
namespace {

std::string_view trimmed(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Takes the text before the next `separator` off `rest`.
std::string_view take_until(std::string_view& rest, char separator) noexcept {
  const std::string_view piece = rest.substr(0, rest.find(separator));
  rest.remove_prefix(std::min(piece.size() + 1, rest.size()));
  return trimmed(piece);
}

/// Of "gzip;q=0.5": whether the weight is above zero. What is no weight counts as zero.
bool has_weight(std::string_view parameters) noexcept {
  while (!parameters.empty()) {
    const std::string_view parameter = take_until(parameters, ';');
    if (parameter.size() < 2 || !iequals(parameter.substr(0, 2), "q=")) continue;
    const std::string_view digits = parameter.substr(2);
    return !digits.empty() && digits.find_first_not_of("0123456789.") == std::string_view::npos &&
           digits.find_first_of("123456789") != std::string_view::npos;
  }
  return true;
}

std::string inflated(const DocsFile& file) {
  std::string content(file.size, '\0');
  z_stream stream{};
  constexpr int gzip_with_largest_window = 16 + MAX_WBITS;
  if (inflateInit2(&stream, gzip_with_largest_window) != Z_OK) throw std::bad_alloc();
  // zlib only reads the input.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(file.gzip.data()));
  stream.avail_in = static_cast<uInt>(file.gzip.size());
  stream.next_out = reinterpret_cast<Bytef*>(content.data());
  stream.avail_out = static_cast<uInt>(content.size());
  const int result = inflate(&stream, Z_FINISH);
  const bool complete = result == Z_STREAM_END && stream.avail_out == 0;
  inflateEnd(&stream);
  if (!complete) throw std::runtime_error("an embedded file is damaged: " + std::string(file.name));
  return content;
}

class FileAnswer {
 public:
  explicit FileAnswer(const DocsFile& file)
      : file_(file),
        plain_etag_('"' + std::string(file.hash) + '"'),
        gzip_etag_('"' + std::string(file.hash) + "-gzip\"") {}

  Response operator()(const Request& request) {
    const bool gzip = accepts_gzip(request.headers());
    const std::string& etag = gzip ? gzip_etag_ : plain_etag_;
    const bool known = has_etag(request.headers(), etag);
    Response response = known  ? Response(Status::NotModified)
                        : gzip ? static_bytes(file_.gzip, file_.content_type)
                               : static_bytes(plain(), file_.content_type);
    response.headers.add("cache-control", "public, max-age=31536000, immutable");
    response.headers.add("etag", etag);
    response.headers.add("vary", "accept-encoding");
    if (!known) {
      response.headers.add("x-content-type-options", "nosniff");
      if (gzip) response.headers.add("content-encoding", "gzip");
    }
    return response;
  }

 private:
  /// Unpacked once, by the first of the rare clients that want it so.
  const std::string& plain() {
    std::call_once(once_, [this] { plain_ = inflated(file_); });
    return plain_;
  }

  const DocsFile file_;
  const std::string plain_etag_;
  const std::string gzip_etag_;
  std::once_flag once_;
  std::string plain_;
};

}  // namespace

bool accepts_gzip(const HeadersView& headers) noexcept {
  bool anything = false;
  for (const HeaderField& field : headers) {
    if (!iequals(field.name, "accept-encoding")) continue;
    std::string_view elements = field.value;
    while (!elements.empty()) {
      std::string_view element = take_until(elements, ',');
      const std::string_view coding = take_until(element, ';');
      if (iequals(coding, "gzip") || iequals(coding, "x-gzip")) return has_weight(element);
      if (coding == "*") anything = has_weight(element);
    }
  }
  return anything;
}

bool has_etag(const HeadersView& headers, std::string_view etag) noexcept {
  for (const HeaderField& field : headers) {
    if (!iequals(field.name, "if-none-match")) continue;
    std::string_view elements = field.value;
    while (!elements.empty()) {
      std::string_view element = take_until(elements, ',');
      if (element.starts_with("W/")) element.remove_prefix(2);
      if (element == "*" || element == etag) return true;
    }
  }
  return false;
}

Handler docs_file_handler(const DocsFile& file) {
  return [answer = std::make_shared<FileAnswer>(file)](Request& request) {
    return Async<Response>::ready((*answer)(request));
  };
}

}  // namespace coroute::detail
