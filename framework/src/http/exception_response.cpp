// SPDX-License-Identifier: BSL-1.0
#include "exception_response.hpp"

#include "coroute/asyncio/errors.hpp"
#include "coroute/http/error_response.hpp"

namespace coroute::detail {
namespace {

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

}  // namespace

std::optional<Response> response_for(const Request& request, const std::exception_ptr& error, bool client_left) {
  try {
    std::rethrow_exception(error);
  } catch (const HttpException& exception) {
    return coroute::error_response(request, exception);
  } catch (const Cancelled& cancelled) {
    return error_response(request, client_left ? client_closed_request : status_of(cancelled.reason()));
  } catch (const ThreadPoolFull&) {
    return overload_response(request);
  } catch (...) {
    return std::nullopt;
  }
}

}  // namespace coroute::detail
