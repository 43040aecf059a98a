// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The Vary field (RFC 9110 section 12.5.5).
#include <string_view>

#include "coroute/http/headers.hpp"

namespace coroute::detail {

/// Caches are to tell answers apart by the request's field `name`, too. One Vary field holds all names afterwards.
void add_vary(Headers& headers, std::string_view name);

}  // namespace coroute::detail
