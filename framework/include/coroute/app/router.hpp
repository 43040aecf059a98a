// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A group of routes with a common prefix: FastAPI's APIRouter.
#include <string>
#include <utility>

#include "coroute/app/make_handler.hpp"
#include "coroute/routing/route_collection.hpp"
#include "coroute/routing/route_path.hpp"

namespace coroute {

/// Paths are checked by the compiler: a malformed literal doesn't compile. See `make_handler` for what a handler may
/// be.
class Router : public RouteCollection {
 public:
  using RouteCollection::RouteCollection;

  template <class F>
  Router& get(RoutePath path, F handler, RouteOptions options = {}) {
    return route(Method::Get, path, std::move(handler), std::move(options));
  }
  template <class F>
  Router& post(RoutePath path, F handler, RouteOptions options = {}) {
    return route(Method::Post, path, std::move(handler), std::move(options));
  }
  template <class F>
  Router& put(RoutePath path, F handler, RouteOptions options = {}) {
    return route(Method::Put, path, std::move(handler), std::move(options));
  }
  template <class F>
  Router& patch(RoutePath path, F handler, RouteOptions options = {}) {
    return route(Method::Patch, path, std::move(handler), std::move(options));
  }
  template <class F>
  Router& del(RoutePath path, F handler, RouteOptions options = {}) {
    return route(Method::Delete, path, std::move(handler), std::move(options));
  }
  template <class F>
  Router& head(RoutePath path, F handler, RouteOptions options = {}) {
    return route(Method::Head, path, std::move(handler), std::move(options));
  }
  template <class F>
  Router& options(RoutePath path, F handler, RouteOptions route_options = {}) {
    return route(Method::Options, path, std::move(handler), std::move(route_options));
  }

  /// One handler for several methods: `route({Method::Get, Method::Post}, "/x", f)`, or `MethodSet::any()`.
  template <class F>
  Router& route(MethodSet methods, RoutePath path, F handler, RouteOptions options = {}) {
    const Status status = options.status;
    add_route(std::move(methods), path.text(), make_handler(std::move(handler), status), std::move(options));
    return *this;
  }
};

}  // namespace coroute
