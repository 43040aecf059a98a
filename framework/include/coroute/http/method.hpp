// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The request methods of RFC 9110 section 9.3 and RFC 5789 as an enum; any other method is `Other`.

#include <cstdint>
#include <string_view>

namespace coroute {

enum class Method : std::uint8_t { Get, Head, Post, Put, Delete, Patch, Options, Trace, Connect, Other };

/// The method as it stands in a request line; "OTHER" for `Method::Other`, whose text only the request knows.
std::string_view to_string(Method method) noexcept;

/// Case-sensitive as RFC 9110 section 9.1 demands: "get" is `Method::Other`.
Method parse_method(std::string_view text) noexcept;

}  // namespace coroute
