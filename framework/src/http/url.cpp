// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/url.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>

#include "byte_set.hpp"
#include "error_text.hpp"

namespace coroute {
namespace {

// Not Boost.URL: its version 1.81 reads "http://1.2.3.4.5/" as host 1.2.3.4 and path ".5/", takes "http://h:80x", and
// leaves "/.." in a resolved path.

constexpr auto scheme_bytes = detail::ByteSet::alphanumeric_and("+-.");
constexpr auto path_bytes = detail::ByteSet::alphanumeric_and("-._~!$&'()*+,;=:@/%");
constexpr auto query_bytes = detail::ByteSet::alphanumeric_and("-._~!$&'()*+,;=:@/%?");
constexpr auto target_bytes = query_bytes;  // from the first '?' on it is a query, which may have more of them

/// The parts of RFC 3986 appendix B.
struct Reference {
  std::optional<std::string_view> scheme;
  std::optional<std::string_view> authority;
  std::string_view path;
  std::optional<std::string_view> query;
  std::optional<std::string_view> fragment;
};

struct Authority {
  std::string host;
  bool is_ipv6;
  std::uint16_t port;
};

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), detail::ascii_lower);
  return result;
}

/// Queries carry tokens and user info carries passwords: neither belongs into an error sentence.
std::string shown(std::string_view url) {
  if (url.find('@') != std::string_view::npos) return "(not shown)";
  return detail::quoted(url.substr(0, url.find_first_of("?#")));
}

[[noreturn]] void refuse(std::string_view url, const std::string& reason) {
  throw std::invalid_argument("invalid URL " + shown(url) + ": " + reason);
}

std::optional<std::string_view> scheme_of(std::string_view text) noexcept {
  const std::size_t end = text.find_first_of(":/?#");
  if (end == 0 || end == std::string_view::npos || text[end] != ':') return std::nullopt;
  const std::string_view scheme = text.substr(0, end);
  const bool starts_with_letter = detail::ascii_lower(scheme[0]) >= 'a' && detail::ascii_lower(scheme[0]) <= 'z';
  const bool valid = starts_with_letter && scheme_bytes.contains_all(scheme);
  return valid ? std::optional(scheme) : std::nullopt;
}

/// Takes what stands before the first of `stops` off the front of `rest`.
std::string_view take_until(std::string_view& rest, std::string_view stops) noexcept {
  const std::string_view part = rest.substr(0, rest.find_first_of(stops));
  rest.remove_prefix(part.size());
  return part;
}

Reference split(std::string_view text) noexcept {
  Reference parts;
  parts.scheme = scheme_of(text);
  if (parts.scheme) text.remove_prefix(parts.scheme->size() + 1);
  if (text.starts_with("//")) {
    text.remove_prefix(2);
    parts.authority = take_until(text, "/?#");
  }
  parts.path = take_until(text, "?#");
  if (text.starts_with('?')) {
    text.remove_prefix(1);
    parts.query = take_until(text, "#");
  }
  if (text.starts_with('#')) parts.fragment = text.substr(1);
  return parts;
}

bool has_valid_escapes(std::string_view text) {
  return text.find('%') == std::string_view::npos || percent_decode(text).has_value();
}

void check_part(std::string_view url, std::string_view part, const detail::ByteSet& allowed, const char* part_name) {
  const auto bad = std::find_if_not(part.begin(), part.end(), [&](char c) { return allowed.contains(c); });
  if (bad != part.end()) {
    refuse(url, std::string("the ") + part_name + " has the character " + detail::byte_text(*bad) +
                    ", which must be percent-encoded");
  }
  if (!has_valid_escapes(part))
    refuse(url, std::string("the ") + part_name + " has a % without two hex digits behind it");
}

std::uint16_t parse_port(std::string_view url, std::string_view digits, std::uint16_t default_port) {
  if (digits.empty()) return default_port;
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size() || port == 0) {
    refuse(url, "the port is not a number between 1 and 65535");
  }
  return port;
}

bool is_ipv6_address(const std::string& text) {
  in6_addr address;
  return text.find('\0') == std::string::npos && ::inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

Authority parse_authority(std::string_view url, std::string_view text, std::uint16_t default_port) {
  if (text.find('@') != std::string_view::npos) {
    refuse(url, "user info before '@' is not supported, send an Authorization header instead");
  }
  const bool bracketed = text.starts_with('[');
  const std::size_t host_end = bracketed ? text.find(']') : std::min(text.find(':'), text.size());
  if (host_end == std::string_view::npos) refuse(url, "the '[' of the IPv6 address is not closed");
  const std::string host = lower_case(bracketed ? text.substr(1, host_end - 1) : text.substr(0, host_end));
  const std::string_view rest = text.substr(bracketed ? host_end + 1 : host_end);

  if (bracketed && !is_ipv6_address(host)) refuse(url, "the brackets do not hold an IPv6 address");
  if (host.empty()) refuse(url, "the host is missing");
  if (!bracketed && !detail::unreserved_bytes.contains_all(host)) {
    refuse(url, "the host has a character other than letters, digits and '-._~'");
  }
  if (!rest.empty() && rest[0] != ':') refuse(url, "only a port may follow the IPv6 address");
  return {host, bracketed, parse_port(url, rest.substr(rest.empty() ? 0 : 1), default_port)};
}

/// RFC 3986 section 5.2.4 for a path that starts with '/'.
std::string remove_dot_segments(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view segment = take_until(path, "/");
    const bool is_last = path.empty();
    if (segment == "..") out.resize(out.empty() ? 0 : out.rfind('/'));
    if (segment != "." && segment != "..") {
      out += '/';
      out += segment;
    } else if (is_last) {
      out += '/';
    }
  }
  return out;
}

}  // namespace

Url Url::parse(std::string_view text) {
  const Reference parts = split(text);
  if (!parts.scheme) refuse(text, "it does not start with http:// or https://");
  Url url;
  url.scheme_ = lower_case(*parts.scheme);
  if (url.scheme_ != "http" && url.scheme_ != "https") {
    refuse(text, "the scheme is not http or https");
  }
  if (!parts.authority) refuse(text, "'//' and a host must follow the scheme");
  const std::uint16_t default_port = url.scheme_ == "http" ? 80 : 443;
  Authority authority = parse_authority(text, *parts.authority, default_port);
  check_part(text, parts.path, path_bytes, "path");
  check_part(text, parts.query.value_or(""), query_bytes, "query");
  check_part(text, parts.fragment.value_or(""), query_bytes, "fragment");

  url.authority_ = authority.is_ipv6 ? '[' + authority.host + ']' : authority.host;
  if (authority.port != default_port) url.authority_ += ':' + std::to_string(authority.port);
  url.host_ = std::move(authority.host);
  url.port_ = authority.port;
  url.target_ = parts.path.empty() ? "/" : parts.path;
  if (parts.query) url.target_.append(1, '?').append(*parts.query);
  return url;
}

Url Url::resolve(std::string_view reference) const {
  const Reference parts = split(reference);
  if (parts.scheme && !parts.authority) return parse(reference);

  const std::string_view base_path = std::string_view(target_).substr(0, target_.find('?'));
  std::string path(parts.path);
  std::optional<std::string_view> query = parts.query;
  if (!parts.authority && path.empty()) {
    path = base_path;
    if (!query && base_path.size() < target_.size()) query = std::string_view(target_).substr(base_path.size() + 1);
  } else if (!parts.authority && path[0] != '/') {
    path.insert(0, base_path.substr(0, base_path.rfind('/') + 1));
  }

  std::string text;
  text.append(parts.scheme.value_or(scheme_)).append("://").append(parts.authority.value_or(authority_));
  text += remove_dot_segments(path);
  if (query) text.append(1, '?').append(*query);
  if (parts.fragment) text.append(1, '#').append(*parts.fragment);
  return parse(text);
}

Url Url::with_target(std::string_view target) const {
  if (!target.empty() && std::string_view("/?#").find(target[0]) == std::string_view::npos) {
    throw std::invalid_argument("invalid target " + shown(target) + ": it does not begin with '/', '?' or '#'");
  }
  const bool stands_as_it_is =
      target.starts_with('/') && target_bytes.contains_all(target) && has_valid_escapes(target);
  if (!stands_as_it_is) return parse(std::string(scheme_).append("://").append(authority_).append(target));
  Url url;
  url.scheme_ = scheme_;
  url.host_ = host_;
  url.authority_ = authority_;
  url.target_ = target;
  url.port_ = port_;
  return url;
}

std::string Url::to_string() const {
  return scheme_ + "://" + authority_ + target_;
}

}  // namespace coroute
