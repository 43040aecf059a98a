// SPDX-License-Identifier: BSL-1.0
// A request that a transport carries instead of a connection.
#include <optional>
#include <string>
#include <utility>

#include "call.hpp"

namespace coroute::detail {

Async<void> Call::run_on(Transport& transport) {
  restart(Phase::Produce);
  sending_ = true;
  TransportRequest request{
      request_->method, url_, request_fields(*request_, url_, request_->client->default_fields()), {}};
  request.body = co_await whole_request_body();
  if (request_->trailers) request.trailers = *request_->trailers;
  if (trace_) trace_->sent(request.body.size());
  restart(Phase::Head);
  Response response = co_await transport.send(std::move(request));
  if (response.is_streamed()) co_await read_carried_stream(response);
  const std::string_view type = response.content_type();
  if (!type.empty() && !response.headers.contains("content-type")) response.headers.add("content-type", type);
  carried_.emplace(response.status);
  carried_->headers = std::move(response.headers);
  carried_->set_trailers(response.trailers());
  if (trace_) trace_->received(response.content().size());
  if (trace_) trace_->got_head(response.status);
  if (request_->method != "HEAD" && has_body(response.status)) take_carried_body(response.content());
}

Async<void> Call::read_carried_stream(Response& response) {
  const std::uint64_t limit = request_->max_body_bytes.value_or(options_.limits.max_body_bytes);
  AsyncGenerator<std::string> pieces = response.take_stream();
  while (const std::optional<std::string> piece = co_await pieces.next()) {
    if (piece->size() > limit - response.body.size()) throw_response_error(ResponseError::BodyTooLarge);
    response.body += *piece;
  }
}

void Call::take_carried_body(std::string_view content) {
  const std::uint64_t limit = request_->max_body_bytes.value_or(options_.limits.max_body_bytes);
  if (content.size() > limit) throw_response_error(ResponseError::BodyTooLarge);
  const auto coding = parse_content_coding(headers().get("content-encoding").value_or(""));
  if (!coding || !decompresses()) {
    carried_->body = content;
    return;
  }
  ContentDecoder decoder(*coding, {limit, options_.limits.max_decompression_ratio});
  DecodeError error = decoder.decode(content, carried_->body);
  if (error == DecodeError::None) error = decoder.finish();
  if (error != DecodeError::None) throw_response_error(response_error(error));
  headers().remove("content-encoding");
  headers().remove("content-length");
}

Async<std::string> Call::whole_request_body() {
  if (!request_->stream) co_return request_->body;
  std::string all;
  while (true) {
    const std::optional<std::string> piece = co_await request_->stream->next();
    if (!piece) co_return all;
    all.append(*piece);
  }
}

}  // namespace coroute::detail
