// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What goes from a request along to the requests that are made for it.
#include <chrono>
#include <optional>
#include <string_view>

#include "coroute/http/headers.hpp"

namespace coroute::detail {

/// Milliseconds that the sender goes on waiting: a duration, since clocks differ.
inline constexpr std::string_view timeout_field = "x-request-timeout-ms";

/// The value of that field; nothing when it is none.
std::optional<std::chrono::milliseconds> parse_timeout_field(std::string_view value) noexcept;

/// Of the request that what runs now belongs to: `x-request-id`, and `traceparent` and `tracestate` (W3C Trace Context)
/// as they came. Empty outside of requests.
Headers propagated_fields();

}  // namespace coroute::detail
