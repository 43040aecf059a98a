// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The answers to exceptions that a handler lets out: what a server sends and a TestClient gets.
#include <exception>
#include <optional>

#include "coroute/http/request.hpp"
#include "coroute/http/response.hpp"

namespace coroute::detail {

/// Of an exception that says what the client is to be told: an HttpException, a cancellation, a full thread pool.
/// Nothing for any other, which is a fault of the program: to be reported, and answered with `internal_error_response`.
/// `client_left`: nobody will read it.
std::optional<Response> response_for(const Request& request, const std::exception_ptr& error, bool client_left);

}  // namespace coroute::detail
