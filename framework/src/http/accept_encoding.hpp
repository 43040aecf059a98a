// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The Accept-Encoding field (RFC 9110 section 12.5.3).
#include <optional>
#include <string_view>

namespace coroute::detail {

/// How much a client likes a content coding, "*" for those it doesn't name: 0, not at all, to 1000. Nothing when the
/// field says nothing of it. The name is in lower case.
std::optional<int> named_quality(std::string_view accept_encoding, std::string_view coding) noexcept;
/// The same, by "*" for a coding that isn't named.
int coding_quality(std::string_view accept_encoding, std::string_view coding) noexcept;

}  // namespace coroute::detail
