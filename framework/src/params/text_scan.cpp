// SPDX-License-Identifier: BSL-1.0
#include "text_scan.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <system_error>

namespace coroute::detail {
namespace {

constexpr std::array<std::string_view, 25> white_space{
    "\t",           "\n",           "\v",           "\f",           "\r",           " ",
    "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81", "\xE2\x80\x82",
    "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86", "\xE2\x80\x87", "\xE2\x80\x88",
    "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F",
    "\xE3\x80\x80"};

/// Few texts have any, and the table is long.
bool may_begin_or_end_white_space(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= ' ' || byte >= 0x80;
}

template <typename Matches>
std::size_t white_space_bytes(Matches matches) noexcept {
  for (const std::string_view space : white_space) {
    if (matches(space)) return space.size();
  }
  return 0;
}

/// The power of ten of the first digit that isn't zero, bounded; what decides between zero and infinity.
long decimal_magnitude(std::string_view whole, std::string_view fraction, bool negative_exponent,
                       std::string_view exponent_digits) noexcept {
  constexpr long beyond_any_text = 1'000'000'000;
  long exponent = 0;
  for (const char digit : exponent_digits)
    exponent = std::min(beyond_any_text, exponent * 10 + (digit - '0'));
  if (negative_exponent) exponent = -exponent;
  const std::size_t lead = whole.find_first_not_of('0');
  if (lead != std::string_view::npos) return exponent + static_cast<long>(whole.size() - lead);
  return exponent - static_cast<long>(std::min(fraction.find_first_not_of('0'), fraction.size()));
}

}  // namespace

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && may_begin_or_end_white_space(text.front())) {
    const std::size_t bytes = white_space_bytes([text](std::string_view space) { return text.starts_with(space); });
    if (bytes == 0) break;
    text.remove_prefix(bytes);
  }
  while (!text.empty() && may_begin_or_end_white_space(text.back())) {
    const std::size_t bytes = white_space_bytes([text](std::string_view space) { return text.ends_with(space); });
    if (bytes == 0) break;
    text.remove_suffix(bytes);
  }
  return text;
}

bool decimal_float_from_text(std::string_view text, double& result) noexcept {
  std::string_view rest = text;
  const bool negative = take_sign(rest);
  const std::string_view number = rest;
  const std::string_view whole = take_digits(rest);
  const std::string_view fraction = take(rest, '.') ? take_digits(rest) : std::string_view();
  if (whole.empty() && fraction.empty()) return false;
  bool negative_exponent = false;
  std::string_view exponent;
  if (take(rest, 'e') || take(rest, 'E')) {
    negative_exponent = take_sign(rest);
    exponent = take_digits(rest);
    if (exponent.empty()) return false;
  }
  if (!rest.empty()) return false;

  double magnitude = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), magnitude);
  if (error == std::errc::result_out_of_range) {
    const bool overflow = decimal_magnitude(whole, fraction, negative_exponent, exponent) > 0;
    magnitude = overflow ? std::numeric_limits<double>::infinity() : 0.0;
  }
  result = negative ? -magnitude : magnitude;
  return true;
}

}  // namespace coroute::detail
