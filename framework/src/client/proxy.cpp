// SPDX-License-Identifier: BSL-1.0
#include "proxy.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "coroute/http/headers.hpp"
#include "coroute/http/percent_encoding.hpp"
#include "crypto/base64.hpp"

namespace coroute::detail {
namespace {

using Address = std::array<unsigned char, 16>;
constexpr std::string_view separators = ", \t";
constexpr std::size_t mapped_prefix = 12;  // bytes of ::ffff:0:0/96

std::optional<Address> parse_address(std::string_view text) noexcept {
  std::array<char, INET6_ADDRSTRLEN> name{};
  if (text.size() >= name.size()) return std::nullopt;
  text.copy(name.data(), text.size());
  Address address{};
  if (inet_pton(AF_INET6, name.data(), address.data()) == 1) return address;
  if (inet_pton(AF_INET, name.data(), address.data() + mapped_prefix) != 1) return std::nullopt;
  address[10] = address[11] = 0xFF;
  return address;
}

bool same_block(const Address& a, const Address& b, int bits) noexcept {
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
  const int rest = bits % 8;
  return rest == 0 || (a[whole] >> (8 - rest)) == (b[whole] >> (8 - rest));
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) noexcept {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole ? std::optional(number) : std::nullopt;
}

/// Of "[::1]:80", "host:80" but not "::1". Takes it off.
std::uint16_t take_port(std::string_view& text) noexcept {
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return 0;
  const bool is_address = text.find(':') != colon && text[colon - 1] != ']';
  const auto port = is_address ? std::nullopt : parse_number<std::uint16_t>(text.substr(colon + 1));
  if (!port) return 0;
  text = text.substr(0, colon);
  return *port;
}

bool is_this_machine(std::string_view host) noexcept {
  if (iequals(host, "localhost") || host.ends_with(".localhost")) return true;
  const auto address = parse_address(host);
  return address && (*address == *parse_address("::1") || same_block(*address, *parse_address("127.0.0.0"), 104));
}

std::string decoded(std::string_view user_info) {
  auto text = percent_decode(user_info);
  if (!text) throw std::invalid_argument("the user info of the proxy has a % without two hex digits behind it");
  return std::move(*text);
}

std::string authorization_of(std::string_view user_info) {
  const std::size_t colon = user_info.find(':');
  const std::string user = decoded(user_info.substr(0, colon));
  if (user.find(':') != user.npos) throw std::invalid_argument("the user name of the proxy has a colon");
  const std::string password = colon == user_info.npos ? "" : decoded(user_info.substr(colon + 1));
  return "Basic " + base64(user + ':' + password);
}

}  // namespace

Proxy Proxy::parse(std::string_view text) {
  std::string_view rest = text;
  const std::size_t scheme_end = rest.find("://");
  if (scheme_end != rest.npos) {
    if (!iequals(rest.substr(0, scheme_end), "http")) {
      throw std::invalid_argument("the scheme of a proxy must be http, not '" +
                                  std::string(rest.substr(0, scheme_end)) + "'");
    }
    rest.remove_prefix(scheme_end + 3);
  }
  Proxy proxy;
  const std::size_t at = rest.rfind('@');
  if (at != rest.npos) {
    proxy.authorization = authorization_of(rest.substr(0, at));
    rest.remove_prefix(at + 1);
  }
  const Url url = Url::parse("http://" + std::string(rest));
  if (url.target() != "/") throw std::invalid_argument("a proxy has no path: '" + std::string(url.target()) + "'");
  proxy.host = url.host();
  proxy.port = url.port();
  const bool is_ipv6 = proxy.host.find(':') != std::string::npos;
  proxy.authority = (is_ipv6 ? '[' + proxy.host + ']' : proxy.host) + ':' + std::to_string(proxy.port);
  return proxy;
}

NoProxy::NoProxy(std::string_view list) {
  while (true) {
    const std::size_t begin = list.find_first_not_of(separators);
    if (begin == list.npos) return;
    list.remove_prefix(begin);
    const std::string_view text = list.substr(0, list.find_first_of(separators));
    list.remove_prefix(text.size());
    if (text == "*") {
      all_ = true;
    } else {
      entries_.push_back(parse(text));
    }
  }
}

NoProxy::Entry NoProxy::parse(std::string_view text) {
  Entry entry;
  const std::size_t slash = text.find('/');
  const auto bits = slash == text.npos ? std::nullopt : parse_number<unsigned>(text.substr(slash + 1));
  if (bits) {
    const auto block = parse_address(text.substr(0, slash));
    const bool is_ipv4 = text.find(':') == text.npos;
    if (block && *bits <= (is_ipv4 ? 32U : 128U)) {
      entry.address = block;
      entry.bits = static_cast<int>(*bits) + (is_ipv4 ? 96 : 0);
      return entry;
    }
  }
  entry.port = take_port(text);
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  entry.address = parse_address(text);
  if (text.starts_with("*.")) text.remove_prefix(1);
  if (text.starts_with('.')) text.remove_prefix(1);
  if (text.ends_with('.')) text.remove_suffix(1);
  entry.name = text;
  return entry;
}

bool NoProxy::matches(std::string_view host, std::uint16_t port) const noexcept {
  if (all_) return true;
  if (host.ends_with('.')) host.remove_suffix(1);
  const auto address = parse_address(host);
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    if (entry.port != 0 && entry.port != port) return false;
    if (address || entry.address) return address && entry.address && same_block(*address, *entry.address, entry.bits);
    if (entry.name.empty() || host.size() < entry.name.size()) return false;
    const std::size_t above = host.size() - entry.name.size();
    return iequals(host.substr(above), entry.name) && (above == 0 || host[above - 1] == '.');
  });
}

namespace {

/// The lower case one counts, as with curl and Python.
const char* value_of(const ProxySettings::Variables& variables, std::initializer_list<const char*> names) {
  for (const char* const name : names) {
    const char* const value = variables(name);
    if (value && *value != '\0') return name;
  }
  return nullptr;
}

std::optional<Proxy> proxy_of(const ProxySettings::Variables& variables, std::initializer_list<const char*> names) {
  const char* const name = value_of(variables, names);
  if (!name) return std::nullopt;
  try {
    return Proxy::parse(variables(name));
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument("the environment variable " + std::string(name) + ": " + error.what());
  }
}

}  // namespace

ProxySettings::ProxySettings(const ClientOptions& options, const Variables& variables) {
  if (!options.proxy.empty()) {
    if (!options.unix_socket.empty()) throw std::invalid_argument("a client has a proxy or a unix_socket, not both");
    http_ = https_ = Proxy::parse(options.proxy);
    return;
  }
  if (!options.trust_env || !options.unix_socket.empty() || options.transport) return;
  // In a CGI program HTTP_PROXY is what the client sent as its `Proxy` field (httpoxy, CVE-2016-5385).
  const bool is_cgi = variables("REQUEST_METHOD") != nullptr;
  http_ = is_cgi ? proxy_of(variables, {"http_proxy", "all_proxy", "ALL_PROXY"})
                 : proxy_of(variables, {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"});
  https_ = proxy_of(variables, {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
  if (const char* const name = value_of(variables, {"no_proxy", "NO_PROXY"})) no_proxy_ = NoProxy(variables(name));
  spares_this_machine_ = true;
}

const Proxy* ProxySettings::find(const Url& url) const noexcept {
  const std::optional<Proxy>& proxy = url.scheme() == "https" ? https_ : http_;
  if (!proxy || (spares_this_machine_ && is_this_machine(url.host()))) return nullptr;
  return no_proxy_.matches(url.host(), url.port()) ? nullptr : &*proxy;
}

}  // namespace coroute::detail
