// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/timeout.hpp"

#include <stdexcept>

#include "coroute/asyncio/deadline.hpp"
#include "coroute/http/error_response.hpp"

namespace coroute {
namespace {

Async<Response> answer_within(Clock::duration limit, Request& request, Async<Response> answer) {
  const Clock::time_point until = EventLoop::current().time_after(limit);
  try {
    co_return co_await with_deadline(until, std::move(answer));
  } catch (const TimeoutError&) {
    if (EventLoop::current().time() < until) throw;  // it is the handler's own
  }
  request.set_handler_threw();
  co_return error_response(request, HttpException(Status::GatewayTimeout));
}

}  // namespace

TimeoutMiddleware::TimeoutMiddleware(Clock::duration limit) : limit_(limit) {
  if (limit <= Clock::duration::zero()) throw std::invalid_argument("TimeoutMiddleware: the limit must be above zero");
}

Async<Response> TimeoutMiddleware::operator()(Request& request, const Handler& next) const {
  Async<Response> answer = next(request);
  if (detail::AsyncAccess::is_ready_value(answer)) return answer;
  return answer_within(limit_, request, std::move(answer));
}

}  // namespace coroute
