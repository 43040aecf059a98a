// SPDX-License-Identifier: BSL-1.0
#include "coroute/client/request_builder.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "call.hpp"
#include "coroute/json.hpp"
#include "crypto/base64.hpp"
#include "event_receiver.hpp"
#include "object_fields.hpp"
#include "outgoing_request.hpp"

namespace coroute {
namespace {

/// RFC 6265 section 4.1.1's cookie-octet.
bool is_cookie_octet(char c) {
  return c > ' ' && c < '\x7F' && c != '"' && c != ',' && c != ';' && c != '\\';
}

}  // namespace

RequestBuilder::RequestBuilder(std::shared_ptr<detail::ClientCore> client, std::string_view method,
                               std::string_view url)
    : request_(std::make_unique<detail::OutgoingRequest>()) {
  if (!is_token(method)) throw std::invalid_argument("the method is no token of RFC 9110");
  if (method == "CONNECT") throw std::invalid_argument("the method CONNECT makes a tunnel, which a client can't use");
  request_->client = std::move(client);
  request_->method = method;
  request_->url = url;
}

RequestBuilder::RequestBuilder(RequestBuilder&&) noexcept = default;
RequestBuilder& RequestBuilder::operator=(RequestBuilder&&) noexcept = default;
RequestBuilder::~RequestBuilder() = default;

detail::OutgoingRequest& RequestBuilder::request() {
  if (!request_) throw RuntimeError("cannot change or send this request: it was sent before");
  return *request_;
}

std::unique_ptr<detail::OutgoingRequest> RequestBuilder::take_request() {
  if (request().trailers && !request().stream) throw RuntimeError("trailers need a body that a generator makes");
  return std::move(request_);
}

RequestBuilder&& RequestBuilder::query(std::string_view name, std::string_view value) {
  request().query.add(std::string(name), std::string(value));
  return std::move(*this);
}

RequestBuilder&& RequestBuilder::header(std::string_view name, std::string_view value) {
  detail::check_field_name(name);
  request().headers.add(name, value);
  return std::move(*this);
}

RequestBuilder&& RequestBuilder::query_json(std::string_view object) {
  detail::append_fields(request().query, object);
  return std::move(*this);
}

RequestBuilder&& RequestBuilder::cookie(std::string_view name, std::string_view value) {
  if (!is_token(name)) throw std::invalid_argument("the name of a cookie is no token of RFC 9110");
  if (!std::all_of(value.begin(), value.end(), is_cookie_octet)) {
    throw std::invalid_argument("the value of the cookie '" + std::string(name) +
                                "' has a character that can't be sent");
  }
  Headers& headers = request().headers;
  std::string all(headers.get("cookie").value_or(""));
  if (!all.empty()) all += "; ";
  headers.set("cookie", all.append(name).append(1, '=').append(value));
  return std::move(*this);
}

RequestBuilder&& RequestBuilder::basic_auth(std::string_view username, std::string_view password) {
  if (username.find(':') != std::string_view::npos) throw std::invalid_argument("a user name can't have a colon");
  const std::string credentials = std::string(username).append(1, ':').append(password);
  request().headers.set("authorization", "Basic " + detail::base64(credentials));
  return std::move(*this);
}

RequestBuilder&& RequestBuilder::bearer_auth(std::string_view token) {
  request().headers.set("authorization", "Bearer " + std::string(token));
  return std::move(*this);
}

RequestBuilder&& RequestBuilder::body(std::string bytes, std::string_view content_type) {
  request().headers.set("content-type", content_type);
  request().body = std::move(bytes);
  request().has_body = true;
  return std::move(*this);
}

RequestBuilder&& RequestBuilder::body(AsyncGenerator<std::string> pieces, std::string_view content_type,
                                      std::optional<std::uint64_t> size) {
  request().headers.set("content-type", content_type);
  request().stream.emplace(std::move(pieces));
  request().stream_size = size;
  return std::move(*this);
}

RequestBuilder&& RequestBuilder::trailers(std::shared_ptr<const Headers> trailers) {
  request().trailers = std::move(trailers);
  return std::move(*this);
}

RequestBuilder&& RequestBuilder::json(const Json& value) {
  return body(to_json_text(value), "application/json");
}

RequestBuilder&& RequestBuilder::form(const QueryParams& fields) {
  return body(fields.to_string(), "application/x-www-form-urlencoded");
}

RequestBuilder&& RequestBuilder::form_json(std::string_view object) {
  QueryParams fields;
  detail::append_fields(fields, object);
  return form(fields);
}

RequestBuilder&& RequestBuilder::multipart(MultipartWriter& form) {
  const std::string content_type = form.content_type();
  if (form.is_in_memory()) return body(form.finish(), content_type);
  const std::uint64_t size = form.size();
  return body(form.finish_in_pieces(), content_type, size);
}

RequestBuilder&& RequestBuilder::timeout(std::chrono::milliseconds total) {
  request().total_timeout = total;
  return std::move(*this);
}

RequestBuilder&& RequestBuilder::max_body_bytes(std::uint64_t limit) {
  request().max_body_bytes = limit;
  return std::move(*this);
}

RequestBuilder&& RequestBuilder::max_redirects(std::size_t limit) {
  request().max_redirects = limit;
  return std::move(*this);
}

namespace {

Async<ClientStream> open_stream(std::unique_ptr<detail::OutgoingRequest> request) {
  std::unique_ptr<detail::Call> call = co_await detail::Call::open(std::move(request));
  co_return ClientStream(std::move(call));
}

}  // namespace

Async<ClientStream> RequestBuilder::stream() {
  if (!request().max_body_bytes) request().max_body_bytes = std::numeric_limits<std::uint64_t>::max();
  return open_stream(take_request());
}

AsyncGenerator<ServerSentEvent> RequestBuilder::events(EventSourceOptions options) {
  return detail::receive_events(take_request(), options);
}

Async<ClientResponse> RequestBuilder::send() {
  std::unique_ptr<detail::OutgoingRequest> outgoing = take_request();
  if (detail::Call::may_hedge(*outgoing)) return detail::Call::perform_hedged(std::move(outgoing));
  return detail::Call::perform(std::move(outgoing));
}

}  // namespace coroute
