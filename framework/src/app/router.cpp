// SPDX-License-Identifier: BSL-1.0
#include "coroute/app/router.hpp"

#include "app/router_options.hpp"

namespace coroute {
RouteOptions::~RouteOptions() = default;

std::shared_ptr<detail::RouteInfo> detail::new_route_info(const RouteOptions& options) {
  auto info = std::make_shared<RouteInfo>();
  info->options = options;
  return info;
}

void detail::RouteInfo::plan(std::string_view path) {
  plan_body(path);
  answer = {options.status, options.answer_as.value_or(AnswerAs::Json), options.response_model, options.output};
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
  settings.cancel_on_disconnect = info->options.cancel_on_disconnect;
  settings.declaration = info;
  // Those of routers around this one are not known yet.
  handler = [info, next = std::move(handler)](Request& request) {
    return info->options.dependencies.empty() ? next(request) : detail::run_with_dependencies(*info, next, request);
  };
  add_route(std::move(methods), path, std::move(handler), std::move(settings));
}

void Router::include(Router other, std::string_view prefix, const RouterOptions& options) {
  other.for_each_route([&](const MethodSet&, std::string_view path, const RouteSettings& settings, Handler&) {
    const auto info = std::dynamic_pointer_cast<detail::RouteInfo>(settings.declaration);
    if (!info) return;
    detail::apply(options, info->options);
    detail::apply(router_options_, info->options);
    info->plan(path);
  });
  RouteCollection::include(std::move(other), prefix);
}

}  // namespace coroute
