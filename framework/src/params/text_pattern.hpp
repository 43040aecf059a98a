// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Regular expressions of the program's declarations, compiled once.
#include <string_view>

namespace coroute::detail {

/// `expression` must be a constant of the program: it is known by its address. RE2's syntax, linear time.
bool occurs_in(std::string_view expression, std::string_view text);
/// std::invalid_argument when RE2 doesn't take it.
void compile_pattern(std::string_view expression);

}  // namespace coroute::detail
