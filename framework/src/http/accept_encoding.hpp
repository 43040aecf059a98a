// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The Accept-Encoding field (RFC 9110 section 12.5.3).
#include <string_view>

namespace coroute::detail {

/// How much a client likes a content coding: 0, not at all, to 1000. The name is in lower case.
int coding_quality(std::string_view accept_encoding, std::string_view coding) noexcept;

}  // namespace coroute::detail
