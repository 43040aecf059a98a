// SPDX-License-Identifier: BSL-1.0
#include "invalid_text.hpp"

namespace coroute::detail {

InvalidValue invalid(std::string_view type, std::string_view message) {
  return {type, std::string(message), {}};
}

InvalidValue invalid_because(std::string_view type, std::string_view prefix, std::string_view detail,
                             std::string_view member) {
  std::string message(prefix);
  // "value is not a valid email address: " brings its own end.
  if (!prefix.ends_with(' ')) message += ", ";
  message += detail;
  return {type, std::move(message), "{" + json_quoted(member) + ":" + json_quoted(detail) + "}"};
}

InvalidValue not_finite() {
  return invalid("finite_number", "Input should be a finite number");
}

std::string json_quoted(std::string_view text) {
  constexpr std::string_view escaped = "\"\\\b\f\n\r\t";
  constexpr std::string_view letters = "\"\\bfnrt";
  constexpr std::string_view hex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (const std::size_t at = escaped.find(c); at != std::string_view::npos) {
      out.append(1, '\\').append(1, letters[at]);
    } else if (byte < 0x20) {
      out.append("\\u00").append(1, hex[byte >> 4U]).append(1, hex[byte & 0xFU]);
    } else {
      out += c;
    }
  }
  return out += '"';
}

}  // namespace coroute::detail
