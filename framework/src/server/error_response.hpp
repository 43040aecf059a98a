// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Where exceptions of handlers end, and the answers to requests that never reach one. All errors that clients see:
/// framework/errors.md.
#include <exception>

#include "coroute/http/response.hpp"
#include "coroute/server/options.hpp"

namespace coroute::detail {

/// Of requests that never reach a handler.
Response protocol_error_response(Status status);

/// Of HTTP that came to a port for TLS.
Response plain_http_response();

/// Of a handler that threw. `client_left`: nobody will read it.
Response response_to_exception(const std::exception_ptr& error, const Request& request, const ServerOptions& options,
                               bool client_left);

/// Reports what the application has answered with a 500 itself.
void report_failures(const Request& request, const ServerOptions& options) noexcept;

/// Reports what a streamed body threw, when nothing can be answered any more; a cancellation is no failure.
void report_stream_failure(const Request& request, const std::exception_ptr& error,
                           const ServerOptions& options) noexcept;

}  // namespace coroute::detail
