// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Sets of ASCII characters that the grammars of RFC 3986 and RFC 9110 are made of, as lookup tables.

#include <array>
#include <cstddef>
#include <string_view>

namespace coroute::detail {

class ByteSet {
 public:
  /// Letters, digits and `extra`.
  static constexpr ByteSet alphanumeric_and(std::string_view extra) {
    ByteSet set;
    for (const char c : letters_and_digits)
      set.add(c);
    for (const char c : extra)
      set.add(c);
    return set;
  }

  constexpr void add(char c) { members_[index(c)] = true; }
  constexpr bool contains(char c) const noexcept { return members_[index(c)]; }
  constexpr bool contains_all(std::string_view text) const noexcept {
    for (const char c : text) {
      if (!contains(c)) return false;
    }
    return true;
  }

 private:
  static constexpr std::string_view letters_and_digits =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  static constexpr std::size_t index(char c) { return static_cast<unsigned char>(c); }

  std::array<bool, 256> members_{};
};

/// RFC 3986 section 2.3
inline constexpr ByteSet unreserved_bytes = ByteSet::alphanumeric_and("-._~");

constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

}  // namespace coroute::detail
