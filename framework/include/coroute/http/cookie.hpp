// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Cookies: reading the Cookie header and writing Set-Cookie (RFC 6265), to the letter as Starlette does.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coroute {

/// The pairs of one Cookie header field in order, repeated names kept (the later one counts). Never fails: a piece
/// without `=` is a value with an empty name, empty pieces are skipped, a value in double quotes is unquoted and its
/// `\"` and `\012` escapes are resolved, so a value may hold any byte.
std::vector<std::pair<std::string, std::string>> parse_cookies(std::string_view cookie_header);

enum class SameSite : std::uint8_t { Lax, Strict, None };

/// A cookie to set. To delete one, set it with an empty value and `max_age` 0 on the same path and domain. Browsers
/// take `SameSite::None` and `partitioned` only together with `secure`.
struct SetCookie {
  std::string name = {};
  std::string value = {};
  std::optional<std::chrono::seconds> max_age = {};
  std::optional<std::chrono::system_clock::time_point> expires = {};
  /// Left out when empty: the browser then takes the folder of the request's path.
  std::string path = "/";
  /// Left out when empty: the cookie then goes to this host only, not to its subdomains.
  std::string domain = {};
  bool secure = false;
  bool http_only = false;
  std::optional<SameSite> same_site = SameSite::Lax;
  bool partitioned = false;

  /// The value of a Set-Cookie field: `b="q v"; HttpOnly; Max-Age=60; Path=/; SameSite=lax`. Attributes are in
  /// alphabetical order; a value that is not made of plain characters is quoted, its `"`, `\`, `,`, `;` and bytes above
  /// 0x7E escaped. Throws `std::invalid_argument` when the name is not a token (`:` is allowed too), when it is the
  /// name of an attribute, when the value, path or domain has a control character, and when path or domain has a `;` or
  /// a byte above 0x7E.
  std::string to_string() const;
};

}  // namespace coroute
