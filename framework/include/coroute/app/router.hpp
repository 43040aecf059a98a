// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A group of routes with a common prefix: FastAPI's APIRouter.
#include <chrono>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "coroute/app/background.hpp"
#include "coroute/app/lifespan.hpp"
#include "coroute/app/make_handler.hpp"
#include "coroute/app/route_for.hpp"
#include "coroute/app/route_info.hpp"
#include "coroute/app/websocket_route.hpp"
#include "coroute/routing/route_collection.hpp"
#include "coroute/routing/route_path.hpp"

namespace coroute {

namespace detail {
class LifespanSteps;
}

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

  /// A handler for WebSockets: a coroutine `Async<void> chat(WebSocket& ws, ...)`, whose other arguments are those of
  /// any handler but for bodies, forms and `Response&`; `Request&` is the handshake. See `make_websocket_handler`.
  ///
  ///     Async<void> chat(WebSocket& ws, Path<int, "room"> room, Depends<current_user> user) {
  ///       co_await ws.accept();
  ///       while (auto text = co_await ws.receive_text()) co_await ws.send_text(user->name + ": " + *text);
  ///     }
  ///     app.websocket("/rooms/{room}", chat);
  ///
  /// Beside it the path may have a route for GET; without one, requests that are no handshakes are answered with 404.
  template <class F>
  Router& websocket(std::type_identity_t<RouteFor<F>> path, F handler, WebSocketRouteOptions options = {}) {
    std::shared_ptr<detail::RouteInfo> info = detail::new_route_info(detail::route_options(options));
    Handler typed = make_websocket_handler(std::move(handler));
    detail::add_signature<F>(*info);
    declare_websocket(path.path().text(), std::move(typed), std::move(info), std::move(options));
    return *this;
  }

  /// `make()` is a generator: what it does up to its one `co_yield` is done before the first request, the rest after
  /// the last one. What it yields is there for handlers meanwhile. Once, on the first loop. An error before the
  /// `co_yield` ends the start; one after it is reported, and the others go on. What is declared first starts first and
  /// ends last.
  template <class F>
  auto lifespan(F make) {
    using T = typename detail::LifespanOf<F>::value_type;
    auto step = std::make_shared<detail::GeneratorStep<T>>(detail::share_lifespan<T>(std::move(make)));
    add_step(step);
    return LifespanValue<T>(std::move(step));
  }
  /// The same on every loop, for what belongs to one loop.
  template <class F>
  auto loop_lifespan(F make) {
    using T = typename detail::LifespanOf<F>::value_type;
    using Step = detail::GeneratorStep<T>;
    typename LoopLifespanValue<T>::Steps steps(
        [make = detail::share_lifespan<T>(std::move(make))] { return std::make_shared<Step>(make); });
    add_loop_step([steps]() -> std::shared_ptr<detail::LifespanStep> { return *steps; });
    return LoopLifespanValue<T>(std::move(steps));
  }
  /// A task that runs while the application is served: `run()` is started before the first request, in the order of
  /// lifespans, supervised, and cancelled and waited for at their end. What it throws is logged.
  Router& background(std::string name, Function<Async<void>()> run, const BackgroundOptions& options = {});
  /// `run()` every `period`, at fixed times: one that takes longer skips those it misses, two never overlap. What it
  /// throws is logged, and the next run comes all the same. std::invalid_argument unless the period is positive.
  Router& periodic(std::string name, std::chrono::milliseconds period, Function<Async<void>()> run,
                   const PeriodicOptions& options = {});

  /// Takes over the routes of `other`; its tags, dependencies and documented answers come after those of this router
  /// and of `options`.
  void include(Router other, std::string_view prefix = {}, const RouterOptions& options = {});

 protected:
  const RouterOptions& router_options() const noexcept { return router_options_; }
  /// Null: there are none.
  std::shared_ptr<detail::LifespanSteps> take_steps() noexcept { return std::exchange(steps_, nullptr); }
  void add_steps(std::shared_ptr<detail::LifespanSteps> steps);

 private:
  static const RouteOptions& no_route_options() noexcept;
  void declare_websocket(std::string_view path, Handler handler, std::shared_ptr<detail::RouteInfo> info,
                         WebSocketRouteOptions options);
  void declare(MethodSet methods, std::string_view path, Handler handler, std::shared_ptr<detail::RouteInfo> info);

  void add_step(std::shared_ptr<detail::LifespanStep> step);
  void add_loop_step(Function<std::shared_ptr<detail::LifespanStep>()> make);
  detail::LifespanSteps& steps();

  RouterOptions router_options_;
  std::shared_ptr<detail::LifespanSteps> steps_;
};

}  // namespace coroute
