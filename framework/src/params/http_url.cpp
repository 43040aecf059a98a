// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/http_url.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include "coroute/http/percent_encoding.hpp"

#include "http/byte_set.hpp"
#include "invalid_text.hpp"
#include "text_scan.hpp"
#include "url_host.hpp"

namespace coroute {
namespace {

// What stays as it is. Tighter than browsers, which leave "|", "^", "[" and "]": `Url` and other strict readers take
// all that is written here.
constexpr std::string_view path_safe = "!$&'()*+,;=:@/";
constexpr std::string_view query_safe = "!$&()*+,;=:@/?";
constexpr std::string_view fragment_safe = "!$&'()*+,;=:@/?";
constexpr std::string_view user_safe = "!$&'()*+,";

constexpr auto scheme_bytes = detail::ByteSet::alphanumeric_and("+-.");
constexpr auto hex_bytes = [] {
  detail::ByteSet set;
  for (const char c : std::string_view("0123456789abcdefABCDEF"))
    set.add(c);
  return set;
}();

InvalidValue not_a_url(std::string_view reason) {
  return detail::invalid_because("url_parsing", "Input should be a valid URL", reason);
}

InvalidValue wrong_scheme() {
  return {"url_scheme", "URL scheme should be 'http' or 'https'", R"({"expected_schemes":"'http' or 'https'"})"};
}

InvalidValue too_long() {
  const std::string limit = std::to_string(HttpUrl::max_length);
  return {"url_too_long", "URL should have at most " + limit + " characters", "{\"max_length\":" + limit + "}"};
}

/// Without control characters and spaces at both ends and without tabs and line ends anywhere.
std::string without_white_space(std::string_view text) {
  const auto is_trimmed = [](char c) { return static_cast<unsigned char>(c) <= 0x20; };
  while (!text.empty() && is_trimmed(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_trimmed(text.back()))
    text.remove_suffix(1);
  std::string result(text);
  std::erase_if(result, [](char c) { return c == '\t' || c == '\n' || c == '\r'; });
  return result;
}

bool starts_with_escape(std::string_view text) noexcept {
  return text.size() >= 3 && text[0] == '%' && hex_bytes.contains(text[1]) && hex_bytes.contains(text[2]);
}

/// Percent-encodes all but `safe`, unreserved characters and escapes.
std::string encoded(std::string_view part, std::string_view safe) {
  std::string out;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (starts_with_escape(part.substr(i))) {
      out += part.substr(i, 3);
      i += 2;
    } else {
      out += percent_encode(part.substr(i, 1), safe);
    }
  }
  return out;
}

std::string_view take_until(std::string_view& rest, std::string_view stops) noexcept {
  const std::string_view part = rest.substr(0, rest.find_first_of(stops));
  rest.remove_prefix(part.size());
  return part;
}

/// The number of dots, also written as "%2e", that a segment consists of; 0 for any other.
std::size_t dots_in(std::string_view segment) noexcept {
  std::size_t dots = 0;
  for (; !segment.empty(); ++dots) {
    if (segment[0] == '.') {
      segment.remove_prefix(1);
    } else if (detail::is_word(segment.substr(0, 3), "%2e")) {
      segment.remove_prefix(3);
    } else {
      return 0;
    }
  }
  return dots;
}

std::string normal_path(std::string_view path) {
  std::string out;
  do {
    if (!path.empty()) path.remove_prefix(1);
    const std::string_view segment = take_until(path, "/\\");
    const std::size_t dots = dots_in(segment);
    if (dots == 2) out.resize(out.empty() ? 0 : out.rfind('/'));
    if (dots != 1 && dots != 2) {
      out.append(1, '/').append(encoded(segment, path_safe));
    } else if (path.empty()) {
      out += '/';
    }
  } while (!path.empty());
  return out;
}

/// "user:password@", or nothing.
std::string normal_user_info(std::string_view text) {
  const std::size_t colon = std::min(text.find(':'), text.size());
  std::string user = encoded(text.substr(0, colon), user_safe);
  const std::string password = encoded(text.substr(std::min(colon + 1, text.size())), user_safe);
  if (!password.empty()) user.append(1, ':').append(password);
  return user.empty() ? user : user + '@';
}

struct Port {
  bool valid = true;
  std::string suffix;  ///< ":8080", or nothing for the default.
};

Port read_port(std::string_view digits, unsigned default_port) {
  if (digits.empty()) return {};
  unsigned number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool valid = error == std::errc() && end == digits.data() + digits.size() && number >= 1 && number <= 65535;
  return {valid, number == default_port ? std::string() : ":" + std::to_string(number)};
}

/// Reads what stands between the slashes and the path, and appends its normal form.
std::string_view append_authority(std::string& out, std::string_view authority, unsigned default_port) {
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    out += normal_user_info(authority.substr(0, at));
    authority.remove_prefix(at + 1);
  }
  const std::size_t host_end = authority.starts_with('[') ? authority.find(']') : 0;
  const std::size_t colon = authority.find(':', std::min(host_end, authority.size()));
  const std::string_view host_text = authority.substr(0, colon);
  authority.remove_prefix(host_text.size());

  std::string host;
  if (const std::string_view reason = detail::read_url_host(host_text, host); !reason.empty()) return reason;
  const Port port = read_port(authority.substr(authority.empty() ? 0 : 1), default_port);
  if (!port.valid) return "invalid port number";
  out.append(host).append(port.suffix);
  return {};
}

}  // namespace

HttpUrl HttpUrl::parse(std::string_view text) {
  HttpUrl url;
  if (const auto error = value_from_text(text, url)) throw std::invalid_argument(error->message);
  return url;
}

Url HttpUrl::url() const {
  std::string plain = text_;
  const std::string_view user = user_info();
  if (!user.empty()) plain.erase(static_cast<std::size_t>(user.data() - text_.data()), user.size() + 1);
  return Url::parse(plain);
}

std::string_view HttpUrl::user_info() const noexcept {
  std::string_view rest = text_;
  rest.remove_prefix(std::min(rest.find("//"), rest.size()));
  if (rest.empty()) return {};
  rest.remove_prefix(2);
  const std::string_view authority = rest.substr(0, rest.find('/'));
  const std::size_t at = authority.find('@');
  return at == std::string_view::npos ? std::string_view() : authority.substr(0, at);
}

std::string_view HttpUrl::fragment() const noexcept {
  const std::string_view text = text_;
  return text.substr(std::min(text.find('#'), text.size() - 1) + 1);
}

std::string to_text(const HttpUrl& url) {
  return url.text();
}

std::optional<InvalidValue> value_from_text(std::string_view text, HttpUrl& url) {
  if (text.size() > HttpUrl::max_length) return too_long();
  if (text.empty()) return not_a_url("input is empty");
  const std::string trimmed = without_white_space(text);
  std::string_view rest = trimmed;
  std::string scheme(take_until(rest, ":"));
  std::transform(scheme.begin(), scheme.end(), scheme.begin(), detail::ascii_lower);
  const bool has_scheme =
      !rest.empty() && !scheme.empty() && scheme[0] >= 'a' && scheme[0] <= 'z' && scheme_bytes.contains_all(scheme);
  if (!has_scheme) return not_a_url("relative URL without a base");
  if (scheme != "http" && scheme != "https") return wrong_scheme();

  rest.remove_prefix(1);
  rest.remove_prefix(std::min(rest.find_first_not_of("/\\"), rest.size()));
  std::string result = scheme + "://";
  const std::string_view authority = take_until(rest, "/\\?#");
  if (const auto reason = append_authority(result, authority, scheme == "http" ? 80 : 443); !reason.empty())
    return not_a_url(reason);
  result += normal_path(take_until(rest, "?#"));
  if (detail::take(rest, '?')) result.append(1, '?').append(encoded(take_until(rest, "#"), query_safe));
  if (detail::take(rest, '#')) result.append(1, '#').append(encoded(rest, fragment_safe));
  url.text_ = std::move(result);
  return std::nullopt;
}

}  // namespace coroute
