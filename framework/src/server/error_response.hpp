// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The one table of errors that clients see, and the place where exceptions of handlers end.
#include <exception>

#include "coroute/http/response.hpp"
#include "coroute/server/options.hpp"

namespace coroute::detail {

/// Of requests that never reach a handler.
Response protocol_error_response(Status status);

/// Of a handler that threw. `client_left`: nobody will read it.
Response response_to_exception(const std::exception_ptr& error, const Request& request, const ServerOptions& options,
                               bool client_left);

}  // namespace coroute::detail
