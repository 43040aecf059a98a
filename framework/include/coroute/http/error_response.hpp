// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The answers that errors get when no exception handler of the application makes one.
#include <exception>

#include "coroute/http/http_exception.hpp"
#include "coroute/http/request.hpp"
#include "coroute/http/response.hpp"

namespace coroute {

/// `{"detail": ...}` with the error's status and headers, or problem details where the application or the error asks
/// for them. For exception handlers that only want to look: FastAPI's http_exception_handler and
/// request_validation_exception_handler.
Response error_response(const Request& request, const HttpException& error);

namespace detail {

/// The same with the status's reason phrase, without an exception.
Response error_response(const Request& request, Status status);
/// To come again later, with Retry-After.
Response overload_response(const Request& request);
/// What nobody expected: tells the client nothing, unless the application shows its errors.
Response internal_error_response(const Request& request, const std::exception_ptr& error);

}  // namespace detail
}  // namespace coroute
