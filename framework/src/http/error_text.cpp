// SPDX-License-Identifier: BSL-1.0
#include "error_text.hpp"

#include <cstddef>

namespace coroute::detail {

std::string byte_text(char byte) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto code = static_cast<unsigned char>(byte);
  return {'0', 'x', digits[code >> 4U], digits[code & 15U]};
}

std::string quoted(std::string_view text) {
  constexpr std::size_t max_bytes = 80;
  std::string result = "'";
  for (const char c : text.substr(0, max_bytes)) {
    if (c >= 0x20 && c < 0x7F) {
      result += c;
    } else {
      result += '\\' + byte_text(c).substr(1);
    }
  }
  result += text.size() > max_bytes ? "...'" : "'";
  return result;
}

}  // namespace coroute::detail
