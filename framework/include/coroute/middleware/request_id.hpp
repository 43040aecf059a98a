// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The id of a request in its answer, so that whoever reports a failure can name it.
#include "coroute/http/handler.hpp"

namespace coroute {

/// Sets `x-request-id` to `Request::request_id`, which log lines carry too. Put it outermost, so that errors have it.
///
///     app.use(request_id_middleware);
Async<Response> request_id_middleware(Request& request, const Handler& next);

}  // namespace coroute
