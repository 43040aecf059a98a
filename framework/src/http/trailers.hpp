// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Trailer fields as they are sent (RFC 9110 section 6.5, RFC 9112 section 7.1.2).
#include <string>
#include <string_view>

#include "coroute/http/headers.hpp"

namespace coroute::detail {

/// Throws std::invalid_argument for a field that a recipient has to know before the body: framing, routing,
/// authentication, the format of the content (RFC 9110 section 6.5.1).
void check_trailer(std::string_view name);

/// The end of a chunked body; null: without trailers. Checks them.
std::string last_chunk(const Headers* trailers);

}  // namespace coroute::detail
