// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Reads UTF-8 that may be invalid. What is invalid becomes one U+FFFD for each maximal part of a sequence, as Unicode
/// (section 3.9) recommends and Python's decoder does.
#include <cstddef>
#include <string>
#include <string_view>

namespace coroute::detail {

inline constexpr std::string_view utf8_replacement = "\xEF\xBF\xBD";

struct Utf8Match {
  std::size_t bytes;
  bool valid;
};

/// The sequence, or the invalid part to replace, at the start of a text that isn't empty.
Utf8Match match_utf8(std::string_view text) noexcept;

/// The text with what is invalid replaced.
std::string replace_invalid_utf8(std::string text);

}  // namespace coroute::detail
