// SPDX-License-Identifier: BSL-1.0
#pragma once
/// How the JSON body of a route is shared by its handler and its dependencies, known when the route is declared.
#include <span>
#include <string_view>

#include "coroute/params/dependency_info.hpp"

namespace coroute::detail {

struct BodyPlan {
  bool for_dependencies = false;  ///< It is read before they are called.
  bool embedded = false;          ///< Its parts are the members of an object.
};

/// As in FastAPI: one part is the body as a whole, several are members by their names; parts with one name are one.
/// std::invalid_argument for several of which one has no name, and for a form beside a JSON body; `path` is for the
/// message.
BodyPlan plan_body(std::span<const ParameterInfo* const> parameters, std::span<const DependencyUse* const> dependencies,
                   std::string_view path = {});

}  // namespace coroute::detail
