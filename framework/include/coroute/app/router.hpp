// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A group of routes with a common prefix: FastAPI's APIRouter.
#include <string>
#include <type_traits>
#include <utility>

#include "coroute/app/make_handler.hpp"
#include "coroute/app/route_for.hpp"
#include "coroute/app/route_info.hpp"
#include "coroute/routing/route_collection.hpp"
#include "coroute/routing/route_path.hpp"

namespace coroute {

/// Paths are checked by the compiler: a malformed literal doesn't compile, nor does one whose placeholders are not the
/// Path parameters of its handler. See `make_handler` for what a handler may be.
class Router : public RouteCollection {
 public:
  /// `prefix`: see RouteCollection.
  explicit Router(std::string prefix = {}, RouterOptions options = {})
      : RouteCollection(std::move(prefix)), router_options_(std::move(options)) {}

  template <class F>
  Router& get(std::type_identity_t<RouteFor<F>> path, F handler, const RouteOptions& options = no_route_options()) {
    return route(Method::Get, path, std::move(handler), options);
  }
  template <class F>
  Router& post(std::type_identity_t<RouteFor<F>> path, F handler, const RouteOptions& options = no_route_options()) {
    return route(Method::Post, path, std::move(handler), options);
  }
  template <class F>
  Router& put(std::type_identity_t<RouteFor<F>> path, F handler, const RouteOptions& options = no_route_options()) {
    return route(Method::Put, path, std::move(handler), options);
  }
  template <class F>
  Router& patch(std::type_identity_t<RouteFor<F>> path, F handler, const RouteOptions& options = no_route_options()) {
    return route(Method::Patch, path, std::move(handler), options);
  }
  template <class F>
  Router& del(std::type_identity_t<RouteFor<F>> path, F handler, const RouteOptions& options = no_route_options()) {
    return route(Method::Delete, path, std::move(handler), options);
  }
  template <class F>
  Router& head(std::type_identity_t<RouteFor<F>> path, F handler, const RouteOptions& options = no_route_options()) {
    return route(Method::Head, path, std::move(handler), options);
  }
  template <class F>
  Router& options(std::type_identity_t<RouteFor<F>> path, F handler,
                  const RouteOptions& route_options = no_route_options()) {
    return route(Method::Options, path, std::move(handler), route_options);
  }

  /// One handler for several methods: `route({Method::Get, Method::Post}, "/x", f)`, or `MethodSet::any()`.
  template <class F>
  Router& route(MethodSet methods, std::type_identity_t<RouteFor<F>> path, F handler,
                const RouteOptions& options = no_route_options()) {
    std::shared_ptr<detail::RouteInfo> info = detail::new_route_info(options);
    Handler typed = make_handler(std::move(handler), std::shared_ptr<const detail::AnswerOptions>(info, &info->answer));
    detail::add_signature<F>(*info);  // after make_handler, which says in a sentence what is wrong with it
    declare(std::move(methods), path.path().text(), std::move(typed), std::move(info));
    return *this;
  }

  /// Takes over the routes of `other`; its tags, dependencies and documented answers come after those of this router
  /// and of `options`.
  void include(Router other, std::string_view prefix = {}, const RouterOptions& options = {});

 protected:
  const RouterOptions& router_options() const noexcept { return router_options_; }

 private:
  static const RouteOptions& no_route_options() noexcept;
  void declare(MethodSet methods, std::string_view path, Handler handler, std::shared_ptr<detail::RouteInfo> info);

  RouterOptions router_options_;
};

}  // namespace coroute
