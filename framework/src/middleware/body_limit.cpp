// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/body_limit.hpp"

namespace coroute {

Async<Response> BodyLimitMiddleware::operator()(Request& request, const Handler& next) const {
  request.set_max_body_bytes(max_body_bytes_);
  return next(request);
}

}  // namespace coroute
