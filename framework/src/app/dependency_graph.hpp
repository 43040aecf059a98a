// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The dependencies of all routes of an application, looked at once before it serves.
#include "coroute/params/dependency_overrides.hpp"
#include "coroute/routing/route_collection.hpp"

namespace coroute::detail {

/// Whether any route takes what is made once for the application or for a loop. std::invalid_argument when a substitute
/// depends on what it stands in for; without overrides the compiler sees to it that nothing depends on itself.
bool check_dependencies(RouteCollection& routes, const DependencyOverrides& overrides);

}  // namespace coroute::detail
