// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/timeout.hpp"

#include <optional>
#include <stdexcept>

#include "coroute/asyncio/deadline.hpp"
#include "coroute/http/error_response.hpp"

namespace coroute {
namespace {

Async<Response> answer_within(Clock::duration limit, Request& request, Async<Response> answer) {
  const Clock::time_point until = EventLoop::current().time_after(limit);
  std::optional<detail::DeadlineScope> deadline(until);
  Timeout timeout(until);
  if (request.asks_for_websocket()) {
    request.add_on_upgrade([&deadline, &timeout] {
      deadline.reset();
      if (!timeout.expired()) timeout.reschedule(std::nullopt);
    });
  }
  bool timed_out = false;
  try {
    Response response = co_await std::move(answer);
    timeout.exit(false);
    co_return response;
  } catch (const Cancelled&) {
    timed_out = timeout.exit(true);
    if (!timed_out) throw;
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
