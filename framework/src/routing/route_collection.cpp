// SPDX-License-Identifier: BSL-1.0
#include "coroute/routing/route_collection.hpp"

#include <algorithm>
#include <stdexcept>

#include "coroute/routing/path_pattern.hpp"
#include "routing/dispatcher.hpp"

namespace coroute {
namespace {

constexpr std::string_view below_mount = "/{mounted:path}";

void check_prefix(std::string_view prefix) {
  if (prefix.empty()) return;
  if (prefix.front() != '/') {
    throw std::invalid_argument("a router's prefix must begin with '/': " + std::string(prefix));
  }
  if (prefix.back() == '/') {
    throw std::invalid_argument("a router's prefix must not end with '/': " + std::string(prefix));
  }
}

}  // namespace

struct RouteCollection::Route {
  MethodSet methods;
  std::string path;
  Handler handler;
  RouteSettings settings;
  bool is_mount = false;
};

RouteCollection::RouteCollection(std::string prefix) : prefix_(std::move(prefix)) {
  check_prefix(prefix_);
}

RouteCollection::RouteCollection(RouteCollection&&) noexcept = default;
RouteCollection& RouteCollection::operator=(RouteCollection&&) noexcept = default;
RouteCollection::~RouteCollection() = default;

std::string RouteCollection::full_path(std::string_view path) const {
  std::string full = prefix_ + std::string(path);
  if (full.empty()) throw std::invalid_argument("a route needs a path or a prefix: both are empty");
  if (!path.empty() && path.front() != '/') {
    throw std::invalid_argument("a route's path must begin with '/': " + std::string(path));
  }
  return full;
}

void RouteCollection::add_route(MethodSet methods, std::string_view path, Handler handler, RouteSettings settings) {
  std::string full = full_path(path);
  static_cast<void>(PathPattern::parse(full));  // a bad path is reported where it is declared
  routes_.push_back({std::move(methods), std::move(full), std::move(handler), std::move(settings), false});
}

void RouteCollection::include(RouteCollection other, std::string_view prefix) {
  check_prefix(prefix);
  const std::size_t first = routes_.size();
  for (Route& route : other.routes_) {
    route.path = full_path(std::string(prefix) + route.path);
    routes_.push_back(std::move(route));
  }
  for (Middleware& middleware : other.middleware_) {
    const auto shared = std::make_shared<const Middleware>(std::move(middleware));
    for (std::size_t i = first; i < routes_.size(); ++i) {
      const auto around = [shared](Request& request, const Handler& next) { return (*shared)(request, next); };
      Route& route = routes_[i];
      route.handler = wrap(around, std::move(route.handler));
      if (route.is_mount) continue;
      Handler& preflight = route.settings.preflight;
      preflight = wrap(around, preflight ? std::move(preflight) : Handler(&answer_preflight));
    }
  }
}

Async<Response> RouteCollection::answer_preflight(Request&) {
  return Async<Response>::ready(Response(Status::NoContent));
}

void RouteCollection::mount(std::string_view path, Handler application) {
  std::string full = full_path(path);
  while (full.ends_with('/'))
    full.pop_back();
  full += below_mount;
  static_cast<void>(PathPattern::parse(full));
  routes_.push_back({MethodSet::any(), std::move(full), std::move(application), {}, true});
}

void RouteCollection::for_each_route(const Visit& visit) {
  for (Route& route : routes_) {
    if (!route.is_mount) visit(route.methods, route.path, route.settings, route.handler);
  }
}

void RouteCollection::for_each_mount(const Function<void(std::string_view path)>& visit) const {
  for (const Route& route : routes_) {
    if (route.is_mount) visit(std::string_view(route.path).substr(0, route.path.size() - below_mount.size()));
  }
}

void RouteCollection::use(Middleware middleware) {
  middleware_.push_back(std::move(middleware));
}

Handler RouteCollection::build(DispatchOptions options) && {
  Middleware around_routes = std::move(options.around_routes);
  auto dispatcher = std::make_shared<detail::Dispatcher>(std::move(options));
  for (Route& route : routes_) {
    dispatcher->add(std::move(route.methods), route.path, std::move(route.handler), std::move(route.settings),
                    route.is_mount);
  }
  dispatcher->freeze();
  Handler handler = [dispatcher](Request& request) { return dispatcher->dispatch(request); };
  if (around_routes) handler = wrap(std::move(around_routes), std::move(handler));
  for (Middleware& middleware : middleware_)
    handler = wrap(std::move(middleware), std::move(handler));
  return handler;
}

}  // namespace coroute
