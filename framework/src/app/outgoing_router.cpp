// SPDX-License-Identifier: BSL-1.0
#include "coroute/app/outgoing_router.hpp"

#include <stdexcept>
#include <utility>

#include "app/router_options.hpp"

namespace coroute {

void OutgoingRouter::add(Method method, std::string_view url, std::shared_ptr<detail::RouteInfo> info) {
  if (url.empty()) throw std::invalid_argument("an outgoing route needs a URL, or the name of a webhook");
  detail::apply(router_options_, info->options);
  info->plan(url);
  routes_.push_back({std::string(to_string(method)), std::string(url), std::move(info)});
}

}  // namespace coroute
