// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Bytes as text: HTTP's Basic credentials, signed cookies.
#include <optional>
#include <string>
#include <string_view>

namespace coroute::detail {

/// RFC 4648 section 4, with padding.
std::string base64(std::string_view bytes);
/// Nothing when it isn't that.
std::optional<std::string> base64_decode(std::string_view text);

/// RFC 4648 section 5, without padding.
std::string base64url(std::string_view bytes);
/// Nothing when it isn't that.
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace coroute::detail
