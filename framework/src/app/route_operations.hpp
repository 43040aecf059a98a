// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Routes as operations of a document.
#include <vector>

#include "coroute/app/app.hpp"
#include "coroute/app/route_info.hpp"

namespace coroute::detail {

/// One for each method of each route that was declared with its handler's signature.
std::vector<Operation> route_operations(RouteCollection& routes, const AppOptions& options,
                                        const DependencyOverrides& overrides);

}  // namespace coroute::detail
