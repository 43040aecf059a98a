// SPDX-License-Identifier: BSL-1.0
#include "charset.hpp"

#include <algorithm>
#include <array>

#include "coroute/http/headers.hpp"
#include "utf8.hpp"

namespace coroute::detail {
namespace {

constexpr bool is_ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

std::string latin1_to_utf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    if (is_ascii(c)) {
      text += c;
    } else {
      const auto code = static_cast<unsigned char>(c);
      text += static_cast<char>(0xC0U | code >> 6U);
      text += static_cast<char>(0x80U | (code & 0x3FU));
    }
  }
  return text;
}

}  // namespace

std::optional<Charset> parse_charset(std::string_view label) noexcept {
  constexpr std::array<std::string_view, 4> utf8 = {"utf-8", "utf8", "us-ascii", "ascii"};
  constexpr std::array<std::string_view, 5> latin1 = {"iso-8859-1", "latin-1", "latin1", "iso8859-1", "l1"};
  const auto is_label = [&](std::string_view known) { return iequals(label, known); };
  if (std::any_of(utf8.begin(), utf8.end(), is_label)) return Charset::Utf8;
  if (std::any_of(latin1.begin(), latin1.end(), is_label)) return Charset::Latin1;
  return std::nullopt;
}

bool is_valid_utf8(std::string_view text) noexcept {
  while (true) {
    const auto next = std::find_if_not(text.begin(), text.end(), is_ascii);
    text.remove_prefix(static_cast<std::size_t>(next - text.begin()));
    if (text.empty()) return true;
    const Utf8Match match = match_utf8(text);
    if (!match.valid) return false;
    text.remove_prefix(match.bytes);
  }
}

std::string decode_to_utf8(std::string bytes, Charset charset) {
  if (std::all_of(bytes.begin(), bytes.end(), is_ascii)) return bytes;
  if (charset == Charset::Utf8 && is_valid_utf8(bytes)) return bytes;
  return latin1_to_utf8(bytes);
}

}  // namespace coroute::detail
