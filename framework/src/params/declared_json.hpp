// SPDX-License-Identifier: BSL-1.0
#pragma once
/// JSON that a program declares as text, for its documents.
#include <string>
#include <string_view>

#include "coroute/json.hpp"

namespace coroute::detail {

/// `text` as a JSON object; std::invalid_argument that begins with `what` when it is none.
Json parse_object(std::string_view text, const std::string& what);

}  // namespace coroute::detail
