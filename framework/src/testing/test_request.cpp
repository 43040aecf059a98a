// SPDX-License-Identifier: BSL-1.0
#include "coroute/testing/test_request.hpp"

#include <stdexcept>
#include <utility>

#include "client/outgoing_request.hpp"
#include "coroute/json.hpp"
#include "http/trailers.hpp"
#include "outgoing_test_request.hpp"
#include "test_client_core.hpp"

namespace coroute {

std::string JsonText::text_of(const Json& value) {
  return to_json_text(value);
}

TestRequestBuilder::TestRequestBuilder(std::shared_ptr<detail::TestClientCore> client, std::string_view method,
                                       std::string_view url)
    : request_(std::make_unique<detail::OutgoingTestRequest>()) {
  if (!is_token(method)) throw std::invalid_argument("the method is no token of RFC 9110");
  if (method == "CONNECT") throw std::invalid_argument("the method CONNECT makes a tunnel, which a client can't use");
  request_->client = std::move(client);
  request_->method = method;
  request_->url = url;
}

TestRequestBuilder::TestRequestBuilder(TestRequestBuilder&&) noexcept = default;
TestRequestBuilder& TestRequestBuilder::operator=(TestRequestBuilder&&) noexcept = default;
TestRequestBuilder::~TestRequestBuilder() = default;

detail::OutgoingTestRequest& TestRequestBuilder::request() {
  if (!request_) throw RuntimeError("cannot change or send this request: it was sent before");
  return *request_;
}

TestRequestBuilder&& TestRequestBuilder::query(std::string_view name, std::string_view value) {
  request().query.add(std::string(name), std::string(value));
  return std::move(*this);
}

TestRequestBuilder&& TestRequestBuilder::header(std::string_view name, std::string_view value) {
  detail::check_field_name(name);
  request().headers.add(name, value);
  return std::move(*this);
}

TestRequestBuilder&& TestRequestBuilder::cookie(std::string_view name, std::string_view value) {
  detail::OutgoingTestRequest& request = this->request();
  detail::cookie_text(request.cookies.emplace_back(name, value));
  return std::move(*this);
}

TestRequestBuilder&& TestRequestBuilder::body(std::string bytes, std::string_view content_type) {
  if (!is_field_value(content_type)) throw std::invalid_argument("a content type must not have control characters");
  detail::OutgoingTestRequest& request = this->request();
  request.pieces.assign(1, std::move(bytes));
  request.content_type = content_type;
  request.has_body = true;
  request.chunked = false;
  request.form = QueryParams();
  request.files.clear();
  return std::move(*this);
}

TestRequestBuilder&& TestRequestBuilder::json(const Json& value) {
  return body(to_json_text(value), "application/json");
}

TestRequestBuilder&& TestRequestBuilder::form(std::string_view name, std::string_view value) {
  begin_form();
  request().form.add(std::string(name), std::string(value));
  return std::move(*this);
}

TestRequestBuilder&& TestRequestBuilder::file(TestFile file) {
  begin_form();
  request().files.push_back(std::move(file));
  return std::move(*this);
}

/// Unless one has begun.
void TestRequestBuilder::begin_form() {
  if (request().form.empty() && request().files.empty()) body({}, "application/x-www-form-urlencoded");
}

TestRequestBuilder&& TestRequestBuilder::chunk(std::string piece) {
  if (!request().chunked) body({});
  request().pieces.push_back(std::move(piece));
  request().chunked = true;
  return std::move(*this);
}

TestRequestBuilder&& TestRequestBuilder::trailer(std::string_view name, std::string_view value) {
  detail::check_trailer(name);
  request().trailers.add(name, value);
  return std::move(*this);
}

TestRequestBuilder&& TestRequestBuilder::follow_redirects(bool follow) {
  request().follow_redirects = follow;
  return std::move(*this);
}

TestRequestBuilder&& TestRequestBuilder::with(TestRequestOptions options) {
  const bool has_form = !options.form.empty() || !options.files.empty();
  const int bodies = options.json.text().has_value() + has_form + options.body.has_value() + !options.chunks.empty();
  if (bodies > 1) throw std::invalid_argument("a request has one body: json, form with files, body or chunks");
  for (const TextPair& pair : options.query)
    query(pair.name, pair.value);
  for (const HeaderField field : options.headers)
    header(field.name, field.value);
  for (const TextPair& pair : options.cookies)
    cookie(pair.name, pair.value);
  for (const TextPair& pair : options.form)
    form(pair.name, pair.value);
  for (TestFile& each : options.files)
    file(std::move(each));
  for (std::string& piece : options.chunks)
    chunk(std::move(piece));
  for (const HeaderField field : options.trailers)
    trailer(field.name, field.value);
  if (options.json.text()) body(*options.json.text(), "application/json");
  if (options.body) body(*std::move(options.body));
  if (options.follow_redirects) follow_redirects(*options.follow_redirects);
  return std::move(*this);
}

Async<TestResponse> TestRequestBuilder::send() {
  if (!request().trailers.empty() && !request().chunked) throw RuntimeError("trailers need a body sent in chunks");
  return detail::TestClientCore::perform(std::move(request_));
}

}  // namespace coroute
