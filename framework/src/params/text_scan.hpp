// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The small text questions that all scalar parsers ask.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace coroute::detail {

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

constexpr bool all_digits(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), is_digit);
}

/// `word` must be lower case.
constexpr bool is_word(std::string_view text, std::string_view word) noexcept {
  return std::equal(text.begin(), text.end(), word.begin(), word.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b; });
}

/// Takes digits off the front of `rest`.
constexpr std::string_view take_digits(std::string_view& rest) noexcept {
  std::size_t count = 0;
  while (count < rest.size() && is_digit(rest[count]))
    ++count;
  const std::string_view digits = rest.substr(0, count);
  rest.remove_prefix(count);
  return digits;
}

/// Takes `c` off the front of `rest` when it stands there.
constexpr bool take(std::string_view& rest, char c) noexcept {
  if (!rest.starts_with(c)) return false;
  rest.remove_prefix(1);
  return true;
}

/// Takes one sign off the front of `rest`; true for '-'.
constexpr bool take_sign(std::string_view& rest) noexcept {
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  return negative;
}

/// Without what Unicode calls White_Space at both ends, as Rust's `trim`.
std::string_view trimmed(std::string_view text) noexcept;

/// The number of a decimal floating point text (sign, digits, point, exponent; not "inf" or "nan"), infinity or zero
/// beyond the range; false for any other text.
bool decimal_float_from_text(std::string_view text, double& result) noexcept;

}  // namespace coroute::detail
