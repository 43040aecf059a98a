// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A time limit for handlers.
#include "coroute/asyncio/clock.hpp"
#include "coroute/http/handler.hpp"

namespace coroute {

/// A handler that takes `limit` is cancelled, and what it has started; once its cleanup is done the answer is 504
/// `{"detail":"Gateway Timeout"}`. The limit is the deadline of all that it awaits, so that outbound calls end by then.
///
///     app.get("/report", make_report, {.middleware = {TimeoutMiddleware(2s)}});
///
/// It is over when the answer begins: a streamed body may take longer, and a WebSocket that is accepted may be open for
/// as long as it likes, without a deadline. The server has a limit for all handlers,
/// `timeouts.handler`; this one is for some of them.
class TimeoutMiddleware {
 public:
  /// std::invalid_argument unless it is above zero.
  explicit TimeoutMiddleware(Clock::duration limit);
  Async<Response> operator()(Request& request, const Handler& next) const;

 private:
  Clock::duration limit_;
};

}  // namespace coroute
