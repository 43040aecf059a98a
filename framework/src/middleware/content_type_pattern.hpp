// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Content types by patterns: "text/html", "image/*".
#include <string_view>

#include "coroute/http/headers.hpp"

namespace coroute::detail {

/// Parameters and letter case don't count.
inline bool matches_content_type(std::string_view pattern, std::string_view content_type) noexcept {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  type = type.substr(0, type.find_last_not_of(" \t") + 1);
  if (!pattern.ends_with("/*")) return iequals(pattern, type);
  pattern.remove_suffix(1);
  return iequals(pattern, type.substr(0, pattern.size()));
}

}  // namespace coroute::detail
