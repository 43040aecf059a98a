// SPDX-License-Identifier: BSL-1.0
#include "error_response.hpp"

#include "coroute/asyncio/errors.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/http/http_exception.hpp"

namespace coroute::detail {
namespace {

Response detail_response(const HttpException& error) {
  Response response = json_text("{\"detail\":" + error.detail_json() + "}", error.status());
  for (const HeaderField field : error.headers())
    response.headers.add(field.name, field.value);
  return response;
}

/// Logged as "client closed request", as nginx does; never sent.
const Status client_closed_request{499};

Status status_of(CancelReason reason) noexcept {
  switch (reason) {
    case CancelReason::Deadline:
      return Status::GatewayTimeout;
    case CancelReason::Disconnect:
      return client_closed_request;
    default:
      return Status::ServiceUnavailable;
  }
}

void report_handler_error(const std::exception_ptr& error, const Request& request,
                          const ServerOptions& options) noexcept {
  if (!options.on_handler_error) return;
  try {
    options.on_handler_error({&request, error, exception_stack(error)});
  } catch (...) {
    call_exception_handler({"on_handler_error threw", std::current_exception(), {}});
  }
}

Response retry_later(std::string_view detail) {
  return detail_response(HttpException(Status::ServiceUnavailable, detail, {{"retry-after", "1"}}));
}

}  // namespace

Response protocol_error_response(Status status) {
  return text(status == Status::BadRequest ? "Invalid HTTP request received." : std::string(reason_phrase(status)),
              status);
}

Response response_to_exception(const std::exception_ptr& error, const Request& request, const ServerOptions& options,
                               bool client_left) {
  try {
    std::rethrow_exception(error);
  } catch (const HttpException& exception) {
    return detail_response(exception);
  } catch (const Cancelled& cancelled) {
    return detail_response(HttpException(client_left ? client_closed_request : status_of(cancelled.reason())));
  } catch (const ThreadPoolFull&) {
    return retry_later(reason_phrase(Status::ServiceUnavailable));
  } catch (...) {
    report_handler_error(error, request, options);
    return text("Internal Server Error", Status::InternalServerError);
  }
}

}  // namespace coroute::detail
