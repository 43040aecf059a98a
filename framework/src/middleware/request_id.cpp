// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/request_id.hpp"

#include "middleware/edited.hpp"

namespace coroute {

Async<Response> request_id_middleware(Request& request, const Handler& next) {
  return detail::edited(next(request),
                        [&request](Response& response) { response.headers.set("x-request-id", request.request_id()); });
}

}  // namespace coroute
