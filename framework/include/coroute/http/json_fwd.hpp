// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The name of the JSON type, for headers that only pass it on; `coroute/json.hpp` brings the type itself.
#include <nlohmann/json_fwd.hpp>

namespace coroute {

/// nlohmann's JSON value; objects keep the order in which their members were added, as Python's dictionaries do.
using Json = nlohmann::ordered_json;

}  // namespace coroute
