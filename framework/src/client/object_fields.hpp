// SPDX-License-Identifier: BSL-1.0
#pragma once
/// A JSON object as the fields of a query or a form.
#include <string_view>

#include "coroute/http/query_params.hpp"

namespace coroute::detail {

/// Texts as they are, numbers and booleans as JSON writes them, lists item by item, null left out.
/// std::invalid_argument for what has objects or lists of lists inside.
void append_fields(QueryParams& fields, std::string_view object);

}  // namespace coroute::detail
