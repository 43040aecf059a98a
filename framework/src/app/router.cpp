// SPDX-License-Identifier: BSL-1.0
#include "coroute/app/router.hpp"

namespace coroute {
namespace {

template <class T>
void prepend(std::vector<T>& to, const std::vector<T>& what) {
  to.insert(to.begin(), what.begin(), what.end());
}

void apply(const RouterOptions& router, RouteOptions& route) {
  prepend(route.tags, router.tags);
  prepend(route.dependencies, router.dependencies);
  route.responses.insert(router.responses.begin(), router.responses.end());
  route.deprecated = route.deprecated || router.deprecated;
  route.include_in_schema = route.include_in_schema && router.include_in_schema;
}

}  // namespace

void Router::declare(MethodSet methods, std::string_view path, Handler handler,
                     std::shared_ptr<detail::RouteInfo> info) {
  apply(router_options_, info->options);
  RouteSettings settings;
  settings.name = info->options.name;
  settings.max_body_bytes = info->options.max_body_bytes;
  settings.cancel_on_disconnect = info->options.cancel_on_disconnect;
  settings.declaration = info;
  // Those of routers around this one are not known yet.
  handler = [info, next = std::move(handler)](Request& request) {
    const auto& dependencies = info->options.dependencies;
    return dependencies.empty() ? next(request) : detail::run_with_dependencies(dependencies, next, request);
  };
  add_route(std::move(methods), path, std::move(handler), std::move(settings));
}

void Router::include(Router other, std::string_view prefix, const RouterOptions& options) {
  other.for_each_route([&](const MethodSet&, std::string_view, const RouteSettings& settings, Handler&) {
    const auto info = std::dynamic_pointer_cast<detail::RouteInfo>(settings.declaration);
    if (!info) return;
    apply(options, info->options);
    apply(router_options_, info->options);
  });
  RouteCollection::include(std::move(other), prefix);
}

}  // namespace coroute
