// SPDX-License-Identifier: BSL-1.0
#include "utf8_validator.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cstddef>

namespace coroute::detail {
namespace {

constexpr std::size_t worth_simd = 32;
constexpr std::size_t longest_character = 4;

bool is_continuation(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// Up to the last character, which may not be complete.
std::size_t whole_characters(std::string_view text) noexcept {
  const std::size_t first = text.size() - std::min(longest_character, text.size());
  for (std::size_t i = text.size(); i > first; --i) {
    if (!is_continuation(text[i - 1])) return i - 1;
  }
  return first;
}

}  // namespace

bool Utf8Validator::feed(std::string_view bytes) noexcept {
  while (missing_ > 0 && !bytes.empty()) {
    if (!feed_byte(static_cast<unsigned char>(bytes[0]))) return false;
    bytes.remove_prefix(1);
  }
  if (bytes.size() >= worth_simd) {
    const std::size_t whole = whole_characters(bytes);
    // More continuation bytes in a row than a character can have are invalid wherever they are cut.
    if (!simdjson::validate_utf8(bytes.data(), whole)) return false;
    bytes.remove_prefix(whole);
  }
  return std::all_of(bytes.begin(), bytes.end(), [this](char c) { return feed_byte(static_cast<unsigned char>(c)); });
}

bool Utf8Validator::feed_byte(unsigned char byte) noexcept {
  if (missing_ > 0) {
    if (byte < min_ || byte > max_) return false;
    --missing_;
    min_ = 0x80;
    max_ = 0xBF;
    return true;
  }
  if (byte < 0x80) return true;
  if (byte < 0xC2 || byte > 0xF4) return false;
  missing_ = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
  // No overlong forms, no surrogates, nothing above U+10FFFF.
  min_ = byte == 0xE0 ? 0xA0 : byte == 0xF0 ? 0x90 : 0x80;
  max_ = byte == 0xED ? 0x9F : byte == 0xF4 ? 0x8F : 0xBF;
  return true;
}

}  // namespace coroute::detail
