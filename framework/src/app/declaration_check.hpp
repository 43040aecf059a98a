// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What all routes of an application declare, looked at once before it serves.
#include "coroute/params/dependency_overrides.hpp"
#include "coroute/routing/route_collection.hpp"

namespace coroute::detail {

/// Whether any route takes what is made once for the application or for a loop. std::invalid_argument when a substitute
/// depends on what it stands in for (without overrides the compiler sees to it that nothing depends on itself), and
/// when a route's path, prefixes included, has no placeholder for a path parameter.
bool check_declarations(RouteCollection& routes, const DependencyOverrides& overrides);

}  // namespace coroute::detail
