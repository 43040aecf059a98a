// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What routers say of all their routes.
#include "coroute/app/route_options.hpp"

namespace coroute::detail {

/// Puts it before what the route says itself.
void apply(const RouterOptions& router, RouteOptions& route);

}  // namespace coroute::detail
