// SPDX-License-Identifier: BSL-1.0
#include "coroute/client/request_builder.hpp"

#include <limits>
#include <stdexcept>

#include "call.hpp"
#include "coroute/json.hpp"
#include "outgoing_request.hpp"

namespace coroute {
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

RequestBuilder&& RequestBuilder::query(std::string_view name, std::string_view value) {
  request().query.add(std::string(name), std::string(value));
  return std::move(*this);
}

RequestBuilder&& RequestBuilder::header(std::string_view name, std::string_view value) {
  detail::check_field_name(name);
  request().headers.add(name, value);
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

RequestBuilder&& RequestBuilder::json(const Json& value) {
  return body(to_json_text(value), "application/json");
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
  return open_stream(std::move(request_));
}

Async<ClientResponse> RequestBuilder::send() {
  request();
  return detail::Call::perform(std::move(request_));
}

}  // namespace coroute
