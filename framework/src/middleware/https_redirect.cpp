// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/https_redirect.hpp"

#include "middleware/request_url.hpp"

namespace coroute {

Async<Response> https_redirect_middleware(Request& request, const Handler& next) {
  if (request.scheme() != "http") return next(request);
  const std::string_view host = request.host();
  if (host.empty()) return Async<Response>::ready(text("Invalid host header", Status::BadRequest));
  const std::string name = detail::host_name(request);
  const std::string_view port = host.substr(name.size());
  const bool is_default = port == ":80" || port == ":443";
  return Async<Response>::ready(redirect(detail::request_url(request, "https", is_default ? name : host)));
}

}  // namespace coroute
