// SPDX-License-Identifier: BSL-1.0
#pragma once
/// What HTTP's Basic credentials are written in.
#include <optional>
#include <string>
#include <string_view>

namespace coroute::detail {

/// RFC 4648 section 4, with padding.
std::string base64(std::string_view bytes);
/// Nothing when it isn't that.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace coroute::detail
