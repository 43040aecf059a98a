// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/cookie_jar.hpp"

#include <algorithm>
#include <charconv>

#include "coroute/http/cookie.hpp"
#include "coroute/http/date.hpp"
#include "coroute/http/headers.hpp"
#include "http/byte_set.hpp"

namespace coroute {
namespace {

using TimePoint = CookieJar::TimePoint;

constexpr std::chrono::hours longest_life{24 * 365 * 100};  // the clock can't count much further

std::string_view trimmed(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// What stands before the next `;` leaves the front of `rest`.
std::string_view take_piece(std::string_view& rest) noexcept {
  const std::size_t end = std::min(rest.find(';'), rest.size());
  const std::string_view piece = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return piece;
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), detail::ascii_lower);
  return result;
}

/// Section 5.2.2.
std::optional<TimePoint> expiry_of_max_age(std::string_view text, TimePoint now) {
  const bool negative = text.starts_with('-');
  const std::string_view digits = text.substr(negative ? 1 : 0);
  constexpr std::string_view decimal = "0123456789";
  if (digits.empty() || digits.find_first_not_of(decimal) != std::string_view::npos) return std::nullopt;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
  if (negative || (seconds == 0 && error == std::errc())) return TimePoint::min();
  if (error != std::errc() || std::chrono::seconds(seconds) > longest_life) return now + longest_life;
  return now + std::chrono::seconds(seconds);
}

/// "Thu, 01-Jan-1970 00:00:00 GMT" is no date of HTTP but what many servers write.
std::optional<TimePoint> expiry_of_date(std::string_view text) {
  if (const auto date = parse_http_date(text)) return date;
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '-', ' ');
  return parse_http_date(spaced);
}

bool is_address(std::string_view host) noexcept {
  return host.find(':') != std::string_view::npos || host.find_first_not_of("0123456789.") == std::string_view::npos;
}

/// Section 5.1.3.
bool domain_matches(std::string_view host, std::string_view domain) noexcept {
  if (host == domain) return true;
  return host.size() > domain.size() && host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.' &&
         !is_address(host);
}

std::string_view path_of(const Url& url) noexcept {
  return url.target().substr(0, url.target().find('?'));
}

/// Section 5.1.4.
std::string_view default_path(std::string_view path) noexcept {
  const std::size_t last = path.rfind('/');
  return last == 0 || last == std::string_view::npos ? "/" : path.substr(0, last);
}

bool path_matches(std::string_view path, std::string_view prefix) noexcept {
  if (!path.starts_with(prefix)) return false;
  return path.size() == prefix.size() || prefix.ends_with('/') || path[prefix.size()] == '/';
}

/// The attributes as they are gathered: of repeated ones the last counts.
struct Attributes {
  std::optional<TimePoint> max_age = std::nullopt;
  std::optional<TimePoint> expires = std::nullopt;
  std::string domain = {};
  std::string path = {};
  bool secure = false;
};

Attributes parse_attributes(std::string_view rest, TimePoint now) {
  Attributes found;
  while (!rest.empty()) {
    const std::string_view piece = take_piece(rest);
    const std::size_t equals = std::min(piece.find('='), piece.size());
    const std::string_view name = trimmed(piece.substr(0, equals));
    const std::string_view value = trimmed(piece.substr(std::min(equals + 1, piece.size())));
    if (iequals(name, "max-age")) {
      if (const auto at = expiry_of_max_age(value, now)) found.max_age = at;
    } else if (iequals(name, "expires")) {
      if (const auto at = expiry_of_date(value)) found.expires = at;
    } else if (iequals(name, "domain")) {
      if (!value.empty()) found.domain = lower_case(value.substr(value.starts_with('.') ? 1 : 0));
    } else if (iequals(name, "path")) {
      found.path = value.starts_with('/') ? value : "";
    } else if (iequals(name, "secure")) {
      found.secure = true;
    }
  }
  return found;
}

bool has_prefix(std::string_view name, std::string_view prefix) noexcept {
  return name.size() >= prefix.size() && iequals(name.substr(0, prefix.size()), prefix);
}

/// RFC 6265bis section 4.1.3: what such a name promises.
bool keeps_promise(std::string_view name, const Attributes& attributes) noexcept {
  if (has_prefix(name, "__Host-")) return attributes.secure && attributes.domain.empty() && attributes.path == "/";
  return attributes.secure || !has_prefix(name, "__Secure-");
}

}  // namespace

std::optional<CookieJar::Cookie> CookieJar::parse(std::string_view set_cookie, const Url& url, TimePoint now) {
  const std::string_view pair = take_piece(set_cookie);
  const std::size_t equals = pair.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  Cookie cookie;
  cookie.name = trimmed(pair.substr(0, equals));
  cookie.value = trimmed(pair.substr(equals + 1));
  if (cookie.name.size() + cookie.value.size() > max_cookie_bytes) return std::nullopt;
  if (cookie.name.empty() || !is_field_value(cookie.name) || !is_field_value(cookie.value)) return std::nullopt;
  const Attributes attributes = parse_attributes(set_cookie, now);
  if (!keeps_promise(cookie.name, attributes) || (attributes.secure && url.scheme() != "https")) return std::nullopt;
  cookie.domain = url.host();
  if (!attributes.domain.empty() && attributes.domain != url.host()) {
    // A domain without a dot is a public suffix: nobody may set cookies for all of ".com".
    const bool is_public = attributes.domain.find('.') == std::string::npos;
    if (is_public || !domain_matches(url.host(), attributes.domain)) return std::nullopt;
    cookie.domain = attributes.domain;
  }
  const bool may_have_subdomains = cookie.domain.find('.') != std::string::npos && !is_address(cookie.domain);
  cookie.host_only = attributes.domain.empty() || !may_have_subdomains;
  cookie.path = attributes.path.empty() ? default_path(path_of(url)) : attributes.path;
  cookie.secure = attributes.secure;
  cookie.expires = attributes.max_age ? attributes.max_age : attributes.expires;
  return cookie;
}

void CookieJar::store(std::string_view set_cookie, const Url& url) {
  std::optional<Cookie> cookie = parse(set_cookie, url, now());
  if (!cookie || (url.scheme() != "https" && hides_secure_one(*cookie))) return;
  cookie->changed = ++changes_;
  const auto same = std::find_if(cookies_.begin(), cookies_.end(), [&](const Cookie& other) {
    return other.name == cookie->name && other.domain == cookie->domain && other.path == cookie->path;
  });
  const std::string domain = cookie->domain;
  const bool is_new = same == cookies_.end();
  if (is_new) {
    cookies_.push_back(*std::move(cookie));
  } else {
    *same = *std::move(cookie);
  }
  drop_expired();
  if (is_new) drop_oldest_of(domain);
}

/// Whoever can write into what is sent in the clear must not replace what was set under protection (RFC 6265bis section
/// 5.7).
bool CookieJar::hides_secure_one(const Cookie& cookie) {
  drop_expired();
  return std::any_of(cookies_.begin(), cookies_.end(), [&](const Cookie& other) {
    const bool same_domain = domain_matches(cookie.domain, other.domain) || domain_matches(other.domain, cookie.domain);
    return other.secure && other.name == cookie.name && same_domain && path_matches(cookie.path, other.path);
  });
}

void CookieJar::drop_oldest_of(std::string_view domain) {
  const auto drop = [&](auto is_meant) {
    auto oldest = cookies_.end();
    for (auto each = cookies_.begin(); each != cookies_.end(); ++each) {
      if (is_meant(*each) && (oldest == cookies_.end() || each->changed < oldest->changed)) oldest = each;
    }
    if (oldest != cookies_.end()) cookies_.erase(oldest);
  };
  const auto is_of_domain = [&](const Cookie& cookie) { return cookie.domain == domain; };
  const auto number = std::count_if(cookies_.begin(), cookies_.end(), is_of_domain);
  if (static_cast<std::size_t>(number) > max_cookies_per_domain) drop(is_of_domain);
  if (cookies_.size() > max_cookies) drop([](const Cookie&) { return true; });
}

void CookieJar::drop_expired() {
  const TimePoint at = now();
  std::erase_if(cookies_, [&](const Cookie& cookie) { return cookie.expires && *cookie.expires <= at; });
}

bool CookieJar::is_for(const Cookie& cookie, const Url& url) {
  if (cookie.secure && url.scheme() != "https") return false;
  const bool host = cookie.host_only ? url.host() == cookie.domain : domain_matches(url.host(), cookie.domain);
  return host && path_matches(path_of(url), cookie.path);
}

std::string CookieJar::header_for(const Url& url) {
  drop_expired();
  std::vector<const Cookie*> sent;
  for (const Cookie& cookie : cookies_) {
    if (is_for(cookie, url)) sent.push_back(&cookie);
  }
  std::sort(sent.begin(), sent.end(), [](const Cookie* a, const Cookie* b) {
    return a->path.size() != b->path.size() ? a->path.size() > b->path.size() : a < b;  // the older one lies before
  });
  std::string text;
  for (const Cookie* cookie : sent)
    text.append(text.empty() ? "" : "; ").append(cookie->name).append("=").append(cookie->value);
  return text;
}

std::optional<std::string> CookieJar::get(std::string_view name) {
  drop_expired();
  const Cookie* latest = nullptr;
  for (const Cookie& cookie : cookies_) {
    if (cookie.name == name && (!latest || cookie.changed > latest->changed)) latest = &cookie;
  }
  if (!latest) return std::nullopt;
  return parse_cookies(latest->name + "=" + latest->value).at(0).second;
}

std::size_t CookieJar::size() {
  drop_expired();
  return cookies_.size();
}

std::size_t CookieJar::remove(std::string_view name) {
  return std::erase_if(cookies_, [&](const Cookie& cookie) { return cookie.name == name; });
}

}  // namespace coroute
