// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Requests that a service makes to others, declared as routes are: callbacks and webhooks of the OpenAPI document.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/app/make_handler.hpp"
#include "coroute/app/route_info.hpp"
#include "coroute/app/route_options.hpp"
#include "coroute/http/method.hpp"

namespace coroute {

/// The function says what the request carries, as a handler at the other end would take it, and what is answered; it is
/// never called. Documents alone use what is declared here.
///
///     OutgoingRouter invoice_events;
///     invoice_events.post("{$callback_url}/invoices/{$request.body.id}", [](const Invoice&) {}, {.name = "paid"});
///     app.post("/invoices/", create_invoice, {.callbacks = invoice_events.routes()});
///
/// A URL may have runtime expressions in it ("Runtime Expressions" of OpenAPI 3.1); that of a webhook is its name.
class OutgoingRouter {
 public:
  /// What all routes have in common.
  explicit OutgoingRouter(RouterOptions options = {}) : router_options_(std::move(options)) {}

  template <class F>
  OutgoingRouter& get(std::string_view url, F function, RouteOptions options = {}) {
    return route(Method::Get, url, std::move(function), std::move(options));
  }
  template <class F>
  OutgoingRouter& post(std::string_view url, F function, RouteOptions options = {}) {
    return route(Method::Post, url, std::move(function), std::move(options));
  }
  template <class F>
  OutgoingRouter& put(std::string_view url, F function, RouteOptions options = {}) {
    return route(Method::Put, url, std::move(function), std::move(options));
  }
  template <class F>
  OutgoingRouter& patch(std::string_view url, F function, RouteOptions options = {}) {
    return route(Method::Patch, url, std::move(function), std::move(options));
  }
  template <class F>
  OutgoingRouter& del(std::string_view url, F function, RouteOptions options = {}) {
    return route(Method::Delete, url, std::move(function), std::move(options));
  }
  template <class F>
  OutgoingRouter& route(Method method, std::string_view url, F, RouteOptions options = {}) {
    static_assert(detail::HasSignature<F>, "the function of an outgoing route is neither generic nor overloaded");
    if constexpr (detail::HasSignature<F>) {
      constexpr bool known = detail::Signature<F>::template Apply<detail::AllKnown>::value;
      static_assert(known, "the function of an outgoing route takes what a handler may take");
      if constexpr (known) {
        std::shared_ptr<detail::RouteInfo> info = detail::new_route_info(options);
        detail::add_signature<F>(*info);
        add(method, url, std::move(info));
      }
    }
    return *this;
  }

  const std::vector<OutgoingRoute>& routes() const noexcept { return routes_; }

 private:
  /// std::invalid_argument for an empty URL.
  void add(Method method, std::string_view url, std::shared_ptr<detail::RouteInfo> info);

  RouterOptions router_options_;
  std::vector<OutgoingRoute> routes_;
};

}  // namespace coroute
