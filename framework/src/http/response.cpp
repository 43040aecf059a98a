// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/response.hpp"

#include <stdexcept>
#include <utility>

#include "coroute/asyncio/errors.hpp"
#include "coroute/http/percent_encoding.hpp"
#include "coroute/json.hpp"
#include "http/response_stream.hpp"

namespace coroute {

Response::Response(std::string content, std::string_view content_type, Status response_status)
    : status(response_status), body(std::move(content)) {
  if (!content_type.empty()) headers.set("content-type", content_type);
}

Response& Response::set_cookie(const SetCookie& cookie) {
  headers.add("set-cookie", cookie.to_string());
  return *this;
}

Response& Response::set_cookie(std::string_view name, std::string_view value) {
  return set_cookie(SetCookie{.name = std::string(name), .value = std::string(value)});
}

Response& Response::delete_cookie(std::string_view name, std::string_view path, std::string_view domain) {
  SetCookie cookie{.name = std::string(name), .path = std::string(path), .domain = std::string(domain)};
  cookie.max_age = std::chrono::seconds(0);
  cookie.expires = std::chrono::system_clock::now();
  return set_cookie(cookie);
}

std::string_view Response::content_type() const noexcept {
  return headers.get("content-type").value_or(implied_content_type_);
}

std::optional<std::uint64_t> Response::stream_length() const noexcept {
  return stream_ ? stream_->length : std::nullopt;
}

Response& Response::set_stream(AsyncGenerator<std::string> pieces, std::optional<std::uint64_t> length) {
  stream_ = std::make_shared<Stream>(std::move(pieces), length);
  body.clear();
  static_content_ = {};
  shared_content_.reset();
  return *this;
}

AsyncGenerator<std::string> Response::take_stream() {
  if (!stream_) throw RuntimeError("this response has no streamed body to take");
  return std::move(std::exchange(stream_, nullptr)->pieces);
}

Response& Response::set_trailers(std::shared_ptr<const Headers> trailers) noexcept {
  trailers_ = std::move(trailers);
  return *this;
}

Async<void> Response::read() {
  if (!stream_) co_return;
  AsyncGenerator<std::string> pieces = take_stream();
  while (const std::optional<std::string> piece = co_await pieces.next())
    body.append(*piece);
}

Response text(std::string body, Status status) {
  Response response(status);
  response.body = std::move(body);
  response.implied_content_type_ = "text/plain; charset=utf-8";
  return response;
}

Response html(std::string body, Status status) {
  Response response(status);
  response.body = std::move(body);
  response.implied_content_type_ = "text/html; charset=utf-8";
  return response;
}

Response json(const Json& value, Status status) {
  return json_text(to_json_text(value), status);
}

Response json_text(std::string json, Status status) {
  Response response(status);
  response.body = std::move(json);
  response.implied_content_type_ = "application/json";
  return response;
}

Response static_bytes(std::string_view bytes, std::string_view content_type, Status status) {
  if (!is_field_value(content_type)) throw std::invalid_argument("a content type must not have control characters");
  Response response(status);
  response.static_content_ = bytes;
  response.implied_content_type_ = content_type;
  return response;
}

Response shared_bytes(std::shared_ptr<const std::string> bytes, std::string_view content_type, Status status) {
  Response response = static_bytes(*bytes, content_type, status);
  response.shared_content_ = std::move(bytes);
  return response;
}

Response stream(AsyncGenerator<std::string> pieces, std::string_view content_type, Status status,
                std::optional<std::uint64_t> content_length) {
  Response response(std::string(), content_type, status);
  response.set_stream(std::move(pieces), content_length);
  return response;
}

Response redirect(std::string_view location, Status status) {
  Response response(status);
  response.headers.set("location", percent_encode(location, ":/%#?=@[]!$&'()*+,;"));
  return response;
}

}  // namespace coroute
