// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Which compression a client wants.
#include <span>
#include <string>
#include <string_view>

#include "coroute/http/headers.hpp"

namespace coroute::detail {

/// The coding of `offered` that Accept-Encoding (RFC 9110 section 12.5.3) likes best, the earlier one of equals; empty
/// when the client wants none of them, or none at all.
std::string_view preferred_encoding(const HeadersView& headers, std::span<const std::string> offered);

}  // namespace coroute::detail
