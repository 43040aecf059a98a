// SPDX-License-Identifier: BSL-1.0
#include "coroute/app/router.hpp"

#include <stdexcept>

#include "app/lifespan_steps.hpp"
#include "app/router_options.hpp"

namespace coroute {
namespace {

/// Of the route itself, the first one outermost.
Handler within_middleware(const detail::RouteInfo& route, Handler handler) {
  const auto& all = route.options.middleware;
  for (auto middleware = all.rbegin(); middleware != all.rend(); ++middleware)
    handler = wrap(*middleware, std::move(handler));
  return handler;
}

}  // namespace

RouteOptions::~RouteOptions() = default;

std::shared_ptr<detail::RouteInfo> detail::new_route_info(const RouteOptions& options) {
  auto info = std::make_shared<RouteInfo>();
  info->options = options;
  return info;
}

void detail::RouteInfo::plan(std::string_view path) {
  plan_body(path);
  answer = {options.status,
            options.answer_as.value_or(AnswerAs::Json),
            options.response_model,
            options.output,
            {options.heartbeat, options.shutdown_grace}};
}

const RouteOptions& Router::no_route_options() noexcept {
  static const RouteOptions none;
  return none;
}

void Router::declare(MethodSet methods, std::string_view path, Handler handler,
                     std::shared_ptr<detail::RouteInfo> info) {
  detail::apply(router_options_, info->options);
  info->plan(path);
  RouteSettings settings;
  settings.name = info->options.name;
  settings.max_body_bytes = info->options.max_body_bytes;
  settings.body_timeout = info->options.body_timeout;
  settings.cancel_on_disconnect = info->options.cancel_on_disconnect;
  settings.declaration = info;
  // Those of routers around this one are not known yet.
  handler = [info, next = std::move(handler)](Request& request) {
    return info->options.dependencies.empty() ? next(request) : detail::run_with_dependencies(*info, next, request);
  };
  if (!info->options.middleware.empty()) settings.preflight = within_middleware(*info, &answer_preflight);
  add_route(std::move(methods), path, within_middleware(*info, std::move(handler)), std::move(settings));
}

void Router::declare_websocket(std::string_view path, Handler handler, std::shared_ptr<detail::RouteInfo> info,
                               WebSocketRouteOptions options) {
  detail::check_options(options);
  detail::apply(router_options_, info->options);
  info->plan(path);
  RouteSettings settings;
  settings.name = info->options.name;
  settings.is_websocket = true;
  settings.declaration = info;
  handler = [info, options = std::make_unique<const WebSocketRouteOptions>(std::move(options)),
             next = std::move(handler)](Request& request) {
    return detail::serve_websocket(*info, *options, next, request);
  };
  add_route(Method::Get, path, within_middleware(*info, std::move(handler)), std::move(settings));
}

void Router::include(Router other, std::string_view prefix, const RouterOptions& options) {
  other.for_each_route([&](const MethodSet&, std::string_view path, const RouteSettings& settings, Handler&) {
    const auto info = std::dynamic_pointer_cast<detail::RouteInfo>(settings.declaration);
    if (!info) return;
    detail::apply(options, info->options);
    detail::apply(router_options_, info->options);
    info->plan(path);
  });
  add_steps(other.take_steps());
  RouteCollection::include(std::move(other), prefix);
}

// --- around serving ---

detail::LifespanSteps& Router::steps() {
  if (!steps_) steps_ = std::make_shared<detail::LifespanSteps>();
  return *steps_;
}

void Router::add_steps(std::shared_ptr<detail::LifespanSteps> steps) {
  if (steps) this->steps().take(*steps);
}

void Router::add_step(std::shared_ptr<detail::LifespanStep> step) {
  steps().add(std::move(step));
}

void Router::add_loop_step(Function<std::shared_ptr<detail::LifespanStep>()> make) {
  steps().add_to_loops(std::move(make));
}

Router& Router::background(std::string name, Function<Async<void>()> run, const BackgroundOptions& options) {
  auto shared = std::make_shared<const Function<Async<void>()>>(std::move(run));
  if (options.on_every_loop) {
    add_loop_step(
        [name = std::move(name), shared, options] { return detail::make_background_step(name, shared, options); });
  } else {
    add_step(detail::make_background_step(std::move(name), std::move(shared), options));
  }
  return *this;
}

Router& Router::periodic(std::string name, std::chrono::milliseconds period, Function<Async<void>()> run,
                         const PeriodicOptions& options) {
  if (period <= std::chrono::milliseconds::zero()) {
    throw std::invalid_argument("the period of '" + name + "' must be positive");
  }
  BackgroundOptions background_options;
  background_options.on_every_loop = options.on_every_loop;
  auto shared = std::make_shared<const Function<Async<void>()>>(std::move(run));
  return background(
      name, [name, period, shared, options] { return detail::run_periodically(name, period, shared, options); },
      background_options);
}

}  // namespace coroute
