// SPDX-License-Identifier: BSL-1.0
#include "coroute/client/http_transport.hpp"

#include <utility>

#include "call.hpp"
#include "client_core.hpp"

namespace coroute {
namespace {

/// What concerns requests is done by the client above.
ClientOptions for_connections(ClientOptions options) {
  options.base_url.clear();
  options.headers = Headers();
  options.user_agent.clear();
  options.max_redirects = 0;
  options.retries.max_attempts = 1;
  options.retries.statuses.clear();
  options.decompress = false;
  options.propagate = false;
  options.cookies.reset();
  options.transport.reset();
  return options;
}

AsyncGenerator<std::string> one_piece(std::string piece) {
  co_yield std::move(piece);
}

}  // namespace

HttpTransport::HttpTransport(ClientOptions options)
    : core_(std::make_shared<detail::ClientCore>(for_connections(std::move(options)))) {}

HttpTransport::~HttpTransport() {
  core_->close();
}

Async<Response> HttpTransport::send(TransportRequest request) {
  auto outgoing = std::make_unique<detail::OutgoingRequest>();
  outgoing->client = core_;
  outgoing->method = std::move(request.method);
  outgoing->url = request.url.to_string();
  outgoing->headers = std::move(request.headers);
  if (request.trailers.empty()) {
    outgoing->has_body = !request.body.empty();
    outgoing->body = std::move(request.body);
  } else {
    outgoing->stream = one_piece(std::move(request.body));
    outgoing->trailers = std::make_shared<const Headers>(std::move(request.trailers));
  }
  const ClientResponse answer = co_await detail::Call::perform(std::move(outgoing));
  Response response(answer.status());
  response.headers = answer.headers();
  response.body = answer.text();
  response.set_trailers(std::make_shared<const Headers>(answer.trailers()));
  co_return response;
}

}  // namespace coroute
