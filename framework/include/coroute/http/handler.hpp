// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The one function type between server, application, middleware and router.
#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

#include "coroute/asyncio/async.hpp"
#include "coroute/asyncio/function.hpp"
#include "coroute/http/request.hpp"
#include "coroute/http/response.hpp"

namespace coroute {

/// Answers a request. Called by all loops at once: what it captures must be safe for that.
using Handler = Function<Async<Response>(Request&)>;

/// Stands around a handler: looks at the request, awaits `next(request)` or answers itself, looks at the response.
using Middleware = Function<Async<Response>(Request&, const Handler& next)>;

/// A Middleware that may be copied, for lists: all copies are the same one.
class SharedMiddleware {
 public:
  template <class F>
    requires(!std::same_as<std::remove_cvref_t<F>, SharedMiddleware> && std::constructible_from<Middleware, F>)
  SharedMiddleware(F&& middleware) : middleware_(std::make_shared<const Middleware>(std::forward<F>(middleware))) {}

  Async<Response> operator()(Request& request, const Handler& next) const { return (*middleware_)(request, next); }

 private:
  std::shared_ptr<const Middleware> middleware_;
};

/// `handler` with `middleware` around it.
Handler wrap(Middleware middleware, Handler handler);

}  // namespace coroute
