// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/cors.hpp"

#include "middleware/cors_policy.hpp"
#include "middleware/edited.hpp"
#include "middleware/vary.hpp"

namespace coroute {
namespace {

Response preflight(const detail::CorsPolicy& policy, const Request& request, std::string_view origin) {
  const CorsOptions& options = policy.options();
  Headers fields;
  std::string failures;
  const auto fail = [&](std::string_view what) { failures.append(failures.empty() ? "" : ", ").append(what); };

  if (policy.names_origin()) fields.set("vary", "Origin");
  if (!policy.allows_origin(origin))
    fail("origin");
  else
    fields.set("access-control-allow-origin", policy.names_origin() ? origin : "*");
  fields.set("access-control-allow-methods", policy.methods());
  fields.set("access-control-max-age", std::to_string(options.max_age.count()));
  if (options.allow_credentials) fields.set("access-control-allow-credentials", "true");

  if (!policy.allows_method(request.header("access-control-request-method").value_or(""))) fail("method");
  const auto asked = request.header("access-control-request-headers");
  if (!policy.allows_all_headers())
    fields.set("access-control-allow-headers", policy.headers());
  else if (asked)
    fields.set("access-control-allow-headers", *asked);
  if (asked && !policy.allows_headers(*asked)) fail("headers");
  if (request.header("access-control-request-private-network")) {
    if (options.allow_private_network)
      fields.set("access-control-allow-private-network", "true");
    else
      fail("private-network");
  }
  Response response = failures.empty() ? text("OK") : text("Disallowed CORS " + failures, Status::BadRequest);
  response.headers = std::move(fields);
  return response;
}

void add_fields(const detail::CorsPolicy& policy, const Request& request, Response& response) {
  const auto origin = request.header("origin");
  // Without an Origin, too: what a cache keeps of that answer is not for those who send one.
  if (policy.names_origin()) detail::add_vary(response.headers, "Origin");
  // The same goes for "*", which is then said to everybody (Fetch standard, "CORS protocol and HTTP caches").
  if (!origin && !policy.names_origin()) response.headers.set("access-control-allow-origin", "*");
  if (!origin) return;
  if (policy.options().allow_credentials) response.headers.set("access-control-allow-credentials", "true");
  if (!policy.options().expose_headers.empty())
    response.headers.set("access-control-expose-headers", policy.exposed_headers());
  if (!policy.names_origin() && !request.header("cookie")) {
    response.headers.set("access-control-allow-origin", "*");
  } else if (policy.allows_origin(*origin)) {
    response.headers.set("access-control-allow-origin", *origin);
    detail::add_vary(response.headers, "Origin");
  }
}

}  // namespace

CorsMiddleware::CorsMiddleware(CorsOptions options)
    : policy_(std::make_shared<const detail::CorsPolicy>(std::move(options))) {}

Async<Response> CorsMiddleware::operator()(Request& request, const Handler& next) const {
  const auto origin = request.header("origin");
  if (origin && request.method() == Method::Options && request.header("access-control-request-method"))
    return Async<Response>::ready(preflight(*policy_, request, *origin));
  return detail::edited(next(request), [&request, policy = policy_.get()](Response& response) {
    add_fields(*policy, request, response);
  });
}

}  // namespace coroute
