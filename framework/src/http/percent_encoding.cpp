// SPDX-License-Identifier: BSL-1.0
#include <coroute/http/percent_encoding.hpp>

#include <algorithm>
#include <cstddef>

#include "byte_set.hpp"

namespace coroute {
namespace {

constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = detail::ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// The byte that the escape at `position` stands for; nullopt when it isn't `%` and two hex digits.
std::optional<char> escape_at(std::string_view text, std::size_t position) noexcept {
  if (text.size() - position < 3) return std::nullopt;
  const int high = hex_value(text[position + 1]);
  const int low = hex_value(text[position + 2]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<char>(high * 16 + low);
}

void append_encoded(std::string& out, char c) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += digits[byte >> 4U];
  out += digits[byte & 15U];
}

// Invalid UTF-8 becomes one U+FFFD for each maximal part of a sequence, as Unicode (section 3.9) recommends and
// Python's decoder does.

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

struct Utf8Match {
  std::size_t bytes;
  bool valid;
};

/// The sequence, or the invalid part to replace, at the start of a text that isn't empty.
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
    result += match.valid ? rest.substr(0, match.bytes) : std::string_view("\xEF\xBF\xBD");
    rest.remove_prefix(match.bytes);
  }
  return result;
}

}  // namespace

std::string percent_encode(std::string_view text, std::string_view safe) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const bool is_ascii = static_cast<unsigned char>(c) < 0x80;
    if (detail::unreserved_bytes.contains(c) || (is_ascii && safe.find(c) != std::string_view::npos)) {
      out += c;
    } else {
      append_encoded(out, c);
    }
  }
  return out;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const std::optional<char> byte = escape_at(text, i);
    if (!byte) return std::nullopt;
    out += *byte;
    i += 2;
  }
  return out;
}

std::string percent_decode_lossy(std::string_view text, bool plus_as_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const std::optional<char> byte = escape_at(text, i);
      out += byte.value_or('%');
      if (byte) i += 2;
    } else {
      out += plus_as_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return replace_invalid_utf8(std::move(out));
}

}  // namespace coroute
