// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Text as a template argument: `Query<int, "limit">`.
#include <cstddef>
#include <string_view>

namespace coroute {

template <std::size_t Size>
struct FixedString {
  constexpr FixedString(const char (&literal)[Size]) {  // NOLINT(google-explicit-constructor): Query<int, "limit">
    for (std::size_t i = 0; i < Size; ++i)
      text[i] = literal[i];
  }
  constexpr std::string_view view() const { return {text, Size - 1}; }
  constexpr operator std::string_view() const { return view(); }

  char text[Size]{};
};

namespace detail {

/// The text of a template argument, as a constant that a view may refer to.
template <FixedString text>
inline constexpr FixedString constant_storage = text;
template <FixedString text>
inline constexpr std::string_view constant_text = constant_storage<text>.view();

}  // namespace detail
}  // namespace coroute
