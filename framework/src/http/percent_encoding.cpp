// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/percent_encoding.hpp"

#include <algorithm>
#include <cstddef>

#include "byte_set.hpp"
#include "utf8.hpp"

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
  return detail::replace_invalid_utf8(std::move(out));
}

}  // namespace coroute
