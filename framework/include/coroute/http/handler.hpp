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

}  // namespace coroute
