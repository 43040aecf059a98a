// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Compression, and which one a client wants.
#include <span>
#include <string>
#include <string_view>

#include "coroute/http/headers.hpp"

namespace coroute::detail {

/// RFC 1952; `level` is zlib's, 0 to 9.
std::string gzip(std::string_view text, int level);
/// RFC 7932; `quality` is 0 to 11.
std::string brotli(std::string_view text, int quality);

/// The coding of `offered` that Accept-Encoding (RFC 9110 section 12.5.3) likes best, the earlier one of equals; empty
/// when the client wants none of them, or none at all.
std::string_view preferred_encoding(const HeadersView& headers, std::span<const std::string> offered);

}  // namespace coroute::detail
