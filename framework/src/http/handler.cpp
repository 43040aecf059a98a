// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/handler.hpp"

namespace coroute {
namespace {

struct Wrapped {
  Wrapped(Middleware middleware, Handler next) : middleware(std::move(middleware)), next(std::move(next)) {}
  Async<Response> operator()(Request& request) const { return middleware(request, next); }

  Middleware middleware;
  Handler next;
};

}  // namespace

Handler wrap(Middleware middleware, Handler handler) {
  return Wrapped(std::move(middleware), std::move(handler));
}

}  // namespace coroute
