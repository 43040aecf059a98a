// SPDX-License-Identifier: BSL-1.0
#pragma once
/// `Json` and the reading of JSON from outside, with limits.
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "coroute/http/json_fwd.hpp"
#include "coroute/http/json_limits.hpp"

namespace coroute {

/// Parses one JSON value (RFC 8259) in linear time. Refuses with JsonParseError what is deeper than the limit, an
/// object with the same key twice, invalid UTF-8, and anything after the value.
Json parse_json(std::string_view text, const JsonLimits& limits = {});

/// Compact text in UTF-8, without `\u` escapes for what is not ASCII; what is not valid UTF-8 becomes U+FFFD.
std::string to_json_text(const Json& value);

}  // namespace coroute
