// SPDX-License-Identifier: BSL-1.0
#pragma once
/// From http to https: Starlette's HTTPSRedirectMiddleware.
#include "coroute/http/handler.hpp"

namespace coroute {

/// Requests over http get 307 and the same URL with https, without the port when that is 80 or 443; 400 `Invalid host
/// header` when they name no host. Behind a proxy `Request::scheme` must be what the client used.
///
///     app.use(https_redirect_middleware);
Async<Response> https_redirect_middleware(Request& request, const Handler& next);

}  // namespace coroute
