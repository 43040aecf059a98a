// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/cookie.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <stdexcept>
#include "coroute/http/date.hpp"
#include "coroute/http/headers.hpp"

#include "byte_set.hpp"
#include "error_text.hpp"

namespace coroute {
namespace {

constexpr auto plain_bytes = detail::ByteSet::alphanumeric_and("!#$%&'*+-.^_`|~:");
constexpr auto quotable_bytes = detail::ByteSet::alphanumeric_and("!#$%&'*+-.^_`|~: ()/<=>?@[]{}");

constexpr std::array<std::string_view, 10> attribute_names{"comment",     "domain", "expires",  "httponly", "max-age",
                                                           "partitioned", "path",   "samesite", "secure",   "version"};

constexpr bool is_control(char c) {
  return (c >= 0 && c < 0x20) || c == 0x7F;
}

std::string_view strip(std::string_view text) noexcept {
  constexpr std::string_view whitespace = " \t\n\r\f\v";
  const std::size_t first = text.find_first_not_of(whitespace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(whitespace) - first + 1);
}

/// The byte of the octal escape behind a backslash: three digits up to 377.
std::optional<char> octal_byte(std::string_view digits) noexcept {
  const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
  if (digits.size() < 3 || digits[0] > '3' || !is_octal(digits[0]) || !is_octal(digits[1]) || !is_octal(digits[2])) {
    return std::nullopt;
  }
  return static_cast<char>((digits[0] - '0') * 64 + (digits[1] - '0') * 8 + (digits[2] - '0'));
}

std::string unquote(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  text = text.substr(1, text.size() - 2);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 1 < text.size() && text[i + 1] != '\n';
    if (!escape) {
      out += text[i];
    } else if (const std::optional<char> byte = octal_byte(text.substr(i + 1))) {
      out += *byte;
      i += 3;
    } else {
      out += text[++i];
    }
  }
  return out;
}

std::string quote(std::string_view value) {
  if (!value.empty() && plain_bytes.contains_all(value)) return std::string(value);
  std::string out = "\"";
  for (const char c : value) {
    if (quotable_bytes.contains(c)) {
      out += c;
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '\\';
      for (const unsigned shift : {6U, 3U, 0U})
        out += static_cast<char>('0' + ((byte >> shift) & 7U));
    }
  }
  out += '"';
  return out;
}

void check_name(const std::string& name) {
  if (name.empty() || !plain_bytes.contains_all(name)) {
    throw std::invalid_argument("cookie name " + detail::quoted(name) + " is not a token (RFC 6265 section 4.1.1)");
  }
  const bool reserved = std::any_of(attribute_names.begin(), attribute_names.end(),
                                    [&](std::string_view attribute) { return iequals(attribute, name); });
  if (reserved) throw std::invalid_argument("cookie name " + detail::quoted(name) + " is the name of an attribute");
}

/// Cookie values are credentials: the sentence shows only the offending byte.
void check_no_byte(const std::string& name, const char* part, std::string_view text, bool (*is_bad)(char)) {
  const auto bad = std::find_if(text.begin(), text.end(), is_bad);
  if (bad == text.end()) return;
  throw std::invalid_argument(std::string("the ") + part + " of cookie " + detail::quoted(name) + " has the byte " +
                              detail::byte_text(*bad) + " at position " + std::to_string(bad - text.begin()));
}

bool ends_attribute(char c) {
  return is_control(c) || c == ';' || static_cast<unsigned char>(c) > 0x7E;
}

std::string_view to_text(SameSite same_site) {
  switch (same_site) {
    case SameSite::Strict:
      return "strict";
    case SameSite::None:
      return "none";
    case SameSite::Lax:
      break;
  }
  return "lax";
}

}  // namespace

std::vector<std::pair<std::string, std::string>> parse_cookies(std::string_view cookie_header) {
  std::vector<std::pair<std::string, std::string>> cookies;
  while (!cookie_header.empty()) {
    const std::size_t end = std::min(cookie_header.find(';'), cookie_header.size());
    const std::string_view piece = cookie_header.substr(0, end);
    cookie_header.remove_prefix(std::min(end + 1, cookie_header.size()));
    const std::size_t equals = piece.find('=');
    const bool named = equals != std::string_view::npos;
    const std::string_view name = named ? strip(piece.substr(0, equals)) : std::string_view();
    const std::string_view value = strip(named ? piece.substr(equals + 1) : piece);
    if (!name.empty() || !value.empty()) cookies.emplace_back(std::string(name), unquote(value));
  }
  return cookies;
}

std::string SetCookie::to_string() const {
  check_name(name);
  check_no_byte(name, "value", value, is_control);
  check_no_byte(name, "domain", domain, ends_attribute);
  check_no_byte(name, "path", path, ends_attribute);

  std::string out = name + '=' + quote(value);
  if (!domain.empty()) out += "; Domain=" + domain;
  if (expires) out += "; expires=" + http_date(*expires);
  if (http_only) out += "; HttpOnly";
  if (max_age) out += "; Max-Age=" + std::to_string(max_age->count());
  if (partitioned) out += "; Partitioned";
  if (!path.empty()) out += "; Path=" + path;
  if (same_site) out.append("; SameSite=").append(to_text(*same_site));
  if (secure) out += "; Secure";
  return out;
}

}  // namespace coroute
