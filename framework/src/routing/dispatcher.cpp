// SPDX-License-Identifier: BSL-1.0
#include "routing/dispatcher.hpp"

#include <algorithm>
#include <stdexcept>

#include "coroute/http/error_response.hpp"
#include "coroute/routing/url_path.hpp"

namespace coroute::detail {
namespace {

Async<Response> ready(Response response) {
  return Async<Response>::ready(std::move(response));
}

/// Absolute, as Starlette's redirects are, when the client said which host it means.
Response slash_redirect(const Request& request, std::string_view path) {
  std::string location;
  if (!request.host().empty()) location.append(request.scheme()).append("://").append(request.host());
  location.append(request.root_path()).append(path);
  if (!request.query_string().empty()) location.append("?").append(request.query_string());
  return redirect(location);
}

/// Who answers a preflight itself says what is allowed in its own fields.
Async<Response> with_allow(Async<Response> answer, std::string allowed) {
  Response response = co_await std::move(answer);
  if (response.status == Status::NoContent && !response.headers.contains("allow"))
    response.headers.set("allow", allowed);
  co_return response;
}

}  // namespace

void Dispatcher::add(MethodSet methods, const std::string& path, Handler handler, RouteSettings settings,
                     bool is_mount) {
  PathPattern pattern = PathPattern::parse(path);
  (settings.is_websocket ? websockets_ : table_).add(methods, pattern, routes_.size());
  has_websockets_ = has_websockets_ || settings.is_websocket;
  if (!settings.name.empty() && !names_.emplace(settings.name, routes_.size()).second) {
    throw std::invalid_argument("two routes have the name \"" + settings.name + "\"");
  }
  Route route{std::move(handler), std::move(settings), std::move(pattern), 0, nullptr, is_mount};
  if (route.settings.declaration) route.form_limits = route.settings.declaration->form_limits();
  if (is_mount) route.mounted_segments = static_cast<std::size_t>(std::count(path.begin(), path.end(), '/')) - 1;
  routes_.push_back(std::move(route));
}

RouteTable::Match Dispatcher::find(Request& request) const {
  if (has_websockets_ && request.asks_for_websocket()) {
    const RouteTable::Match match =
        websockets_.find(request.method(), request.method_name(), request.path(), request.mutable_path_params());
    if (match.result == RouteTable::Result::Found) return match;
  }
  return table_.find(request.method(), request.method_name(), request.path(), request.mutable_path_params());
}

Async<Response> Dispatcher::dispatch(Request& request) const {
  const RouteTable::Match match = find(request);
  if (match.result != RouteTable::Result::Found) return answer_without_route(request, match.result);
  const Route& route = routes_[match.payload];
  if (route.is_mount) {
    enter_mount(route, request);
  } else {
    request.set_route_path(route.pattern.text());
    request.set_url_map(*this);
    if (route.settings.max_body_bytes) request.set_max_body_bytes(*route.settings.max_body_bytes);
    if (route.settings.body_timeout) request.set_body_timeout(*route.settings.body_timeout);
    if (route.form_limits) request.set_form_limits(*route.form_limits);
    if (!route.settings.cancel_on_disconnect) request.set_cancel_on_disconnect(false);
  }
  return route.handler(request);
}

void Dispatcher::enter_mount(const Route& route, Request& request) {
  const std::string_view path = request.path();
  std::size_t rest = 0;
  for (std::size_t i = 0; i < route.mounted_segments; ++i)
    rest = path.find('/', rest + 1);
  request.enter_mount(rest);
}

Async<Response> Dispatcher::answer_without_route(Request& request, RouteTable::Result result) const {
  if (result == RouteTable::Result::MethodNotAllowed) return refuse_method(request);
  if (options_.redirect_slashes) {
    if (const auto path = table_.find_slash_alternative(request.path())) return ready(slash_redirect(request, *path));
  }
  if (options_.no_route) return options_.no_route(request, HttpException(Status::NotFound));
  return ready(error_response(request, Status::NotFound));
}

/// Of the route that the request announced by a preflight would go to; null: it is none, or nothing stands around that
/// route.
const Handler* Dispatcher::find_preflight(Request& request) const {
  const auto method = request.header("access-control-request-method");
  if (request.method() != Method::Options || !method || !request.header("origin")) return nullptr;
  const RouteTable::Match match =
      table_.find(parse_method(*method), *method, request.path(), request.mutable_path_params());
  if (match.result != RouteTable::Result::Found) return nullptr;
  const Route& route = routes_[match.payload];
  if (!route.settings.preflight) return nullptr;
  request.set_route_path(route.pattern.text());
  request.set_url_map(*this);
  return &route.settings.preflight;
}

/// OPTIONS without a route of its own only asks what is allowed.
Async<Response> Dispatcher::refuse_method(Request& request) const {
  std::string allowed = table_.allowed(request.path());
  if (const Handler* const preflight = find_preflight(request)) {
    return with_allow((*preflight)(request), std::move(allowed));
  }
  const bool asks = request.method() == Method::Options;
  if (!asks && options_.no_route) {
    constexpr Status status = Status::MethodNotAllowed;
    return options_.no_route(request, HttpException(status, reason_phrase(status), Headers{{"allow", allowed}}));
  }
  Response response = asks ? Response(Status::NoContent) : error_response(request, Status::MethodNotAllowed);
  response.headers.set("allow", allowed);
  return ready(std::move(response));
}

std::string Dispatcher::url_path_for(std::string_view name, std::span<const PathParam> values) const {
  const auto found = names_.find(name);
  if (found == names_.end()) throw std::invalid_argument("no route has the name \"" + std::string(name) + "\"");
  return coroute::url_path_for(routes_[found->second].pattern, values);
}

}  // namespace coroute::detail
