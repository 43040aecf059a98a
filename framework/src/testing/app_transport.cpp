// SPDX-License-Identifier: BSL-1.0
#include "coroute/testing/app_transport.hpp"

#include <limits>
#include <utility>

#include "coroute/app/app.hpp"
#include "test_client_core.hpp"
#include "test_exchange.hpp"

namespace coroute {

AppTransport::AppTransport(App&& app) : AppTransport(std::move(app).service().handler) {}

AppTransport::AppTransport(Handler handler) : handler_(std::make_shared<const Handler>(std::move(handler))) {}

AppTransport::~AppTransport() = default;

Async<Response> AppTransport::send(TransportRequest request) {
  TestClientOptions options;
  options.raise_server_exceptions = false;
  options.max_body_bytes = std::numeric_limits<std::uint64_t>::max();
  Service service{[handler = handler_](Request& received) { return (*handler)(received); }};
  const auto core = std::make_shared<detail::TestClientCore>(std::move(service), std::move(options));
  detail::OutgoingTestRequest outgoing;
  outgoing.method = std::move(request.method);
  outgoing.headers = std::move(request.headers);
  outgoing.has_body = !request.body.empty();
  if (outgoing.has_body) outgoing.pieces.push_back(std::move(request.body));
  outgoing.trailers = std::move(request.trailers);
  outgoing.chunked = !outgoing.trailers.empty();
  const auto exchange = std::make_shared<detail::TestExchange>(core, outgoing, std::move(request.url));
  co_await detail::TestExchange::perform(exchange);
  const ClientResponse answer = exchange->response();
  Response response(answer.status());
  response.headers = answer.headers();
  response.body = answer.text();
  response.set_trailers(std::make_shared<const Headers>(answer.trailers()));
  co_return response;
}

}  // namespace coroute
