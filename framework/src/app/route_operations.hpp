// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Routes as operations of a document.
#include <vector>

#include "coroute/app/app.hpp"
#include "coroute/app/route_info.hpp"

namespace coroute::detail {

/// One for each method of each route that was declared with its handler's signature. Parameters and schemes are those
/// of the dependencies that `overrides` put in the place of others.
std::vector<Operation> route_operations(RouteCollection& routes, const DependencyOverrides& overrides);

/// `generate_unique_id` may be null.
std::vector<Operation> outgoing_operations(const OutgoingRouter& router, GenerateUniqueId generate_unique_id,
                                           const DependencyOverrides& overrides);

}  // namespace coroute::detail
