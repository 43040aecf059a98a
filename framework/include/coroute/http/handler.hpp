// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The one function type between server, application, middleware and router.
#include "coroute/asyncio/async.hpp"
#include "coroute/asyncio/function.hpp"
#include "coroute/http/request.hpp"
#include "coroute/http/response.hpp"

namespace coroute {

/// Answers a request. Called by all loops at once: what it captures must be safe for that.
using Handler = Function<Async<Response>(Request&)>;

/// Stands around a handler: looks at the request, awaits `next(request)` or answers itself, looks at the response.
using Middleware = Function<Async<Response>(Request&, const Handler& next)>;

/// `handler` with `middleware` around it.
Handler wrap(Middleware middleware, Handler handler);

}  // namespace coroute
