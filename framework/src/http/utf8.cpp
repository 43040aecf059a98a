// SPDX-License-Identifier: BSL-1.0
#include "utf8.hpp"

#include <algorithm>

namespace coroute::detail {
namespace {

struct Utf8Sequence {
  std::size_t size;
  unsigned char second_min;
  unsigned char second_max;
};

/// What the lead byte announces; size 0 when no sequence starts with it.
constexpr Utf8Sequence utf8_sequence(unsigned char lead) {
  if (lead < 0x80) return {1, 0, 0};
  if (lead < 0xC2) return {0, 0, 0};
  if (lead < 0xE0) return {2, 0x80, 0xBF};
  if (lead == 0xE0) return {3, 0xA0, 0xBF};
  if (lead == 0xED) return {3, 0x80, 0x9F};
  if (lead < 0xF0) return {3, 0x80, 0xBF};
  if (lead == 0xF0) return {4, 0x90, 0xBF};
  if (lead < 0xF4) return {4, 0x80, 0xBF};
  if (lead == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

}  // namespace

Utf8Match match_utf8(std::string_view text) noexcept {
  const Utf8Sequence expected = utf8_sequence(static_cast<unsigned char>(text[0]));
  if (expected.size == 0) return {1, false};
  for (std::size_t i = 1; i < expected.size; ++i) {
    if (i == text.size()) return {i, false};
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool fits = i == 1 ? byte >= expected.second_min && byte <= expected.second_max : (byte & 0xC0U) == 0x80U;
    if (!fits) return {i, false};
  }
  return {expected.size, true};
}

std::string replace_invalid_utf8(std::string text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) return text;
  std::string result;
  result.reserve(text.size());
  for (std::string_view rest = text; !rest.empty();) {
    const Utf8Match match = match_utf8(rest);
    result += match.valid ? rest.substr(0, match.bytes) : utf8_replacement;
    rest.remove_prefix(match.bytes);
  }
  return result;
}

}  // namespace coroute::detail
