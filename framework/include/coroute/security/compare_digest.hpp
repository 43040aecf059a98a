// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Comparing secrets.
#include <string_view>

namespace coroute {

/// Python's `secrets.compare_digest`: takes as long wherever the first difference is, so that nobody finds a secret out
/// byte by byte. Whether the lengths are equal is no secret. For keys and passwords that a client sends, where `==`
/// would stop at the first difference.
bool compare_digest(std::string_view a, std::string_view b) noexcept;

}  // namespace coroute
