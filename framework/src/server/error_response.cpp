// SPDX-License-Identifier: BSL-1.0
#include "error_response.hpp"

#include "coroute/asyncio/errors.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/http/error_response.hpp"
#include "http/exception_response.hpp"

namespace coroute::detail {
namespace {

void report(const HandlerError& failure, const ServerOptions& options) noexcept {
  if (!options.on_handler_error) return;
  try {
    options.on_handler_error(failure);
  } catch (...) {
    call_exception_handler({"on_handler_error threw", std::current_exception(), {}});
  }
}

}  // namespace

Response protocol_error_response(Status status) {
  return text(status == Status::BadRequest ? "Invalid HTTP request received." : std::string(reason_phrase(status)),
              status);
}

Response plain_http_response() {
  return text("This port is for HTTPS, and the request came without TLS.", Status::BadRequest);
}

Response response_to_exception(const std::exception_ptr& error, const Request& request, const ServerOptions& options,
                               bool client_left) {
  if (std::optional<Response> response = response_for(request, error, client_left)) return *std::move(response);
  report({&request, error, exception_stack(error)}, options);
  return internal_error_response(request, error);
}

void report_stream_failure(const Request& request, const std::exception_ptr& error,
                           const ServerOptions& options) noexcept {
  try {
    std::rethrow_exception(error);
  } catch (const Cancelled&) {
    // By the server, which knows why.
  } catch (...) {
    report({&request, error, exception_stack(error)}, options);
  }
}

void report_failures(const Request& request, const ServerOptions& options) noexcept {
  for (const HandlerError& failure : request.failures())
    report(failure, options);
}

}  // namespace coroute::detail
