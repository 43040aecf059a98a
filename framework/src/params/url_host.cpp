// SPDX-License-Identifier: BSL-1.0
#include "url_host.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>
#include "coroute/http/percent_encoding.hpp"

#include "http/byte_set.hpp"
#include "text_scan.hpp"

namespace coroute::detail {
namespace {

constexpr std::string_view invalid_ipv4 = "invalid IPv4 address";
constexpr std::string_view invalid_ipv6 = "invalid IPv6 address";
constexpr std::string_view invalid_name = "invalid international domain name";

/// What can't be part of an address, and yet adds up to more than one without overflow.
constexpr std::uint64_t too_large = std::uint64_t{1} << 32;

/// A part of a numeric host: decimal, "0x" hexadecimal or "0" octal, at most `too_large`.
std::optional<std::uint64_t> ipv4_part(std::string_view text) noexcept {
  if (text.empty()) return std::nullopt;
  unsigned base = 10;
  if (text.starts_with("0x")) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text[0] == '0') {
    base = 8;
    text.remove_prefix(1);
  }
  std::uint64_t value = 0;
  for (const char c : text) {
    const std::size_t digit = std::string_view("0123456789abcdef").find(c);
    if (digit >= base) return std::nullopt;
    value = std::min(too_large, value * base + digit);
  }
  return value;
}

std::vector<std::string_view> labels_of(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  std::vector<std::string_view> labels;
  for (std::size_t start = 0; start <= host.size();) {
    const std::size_t end = std::min(host.find('.', start), host.size());
    labels.push_back(host.substr(start, end - start));
    start = end + 1;
  }
  return labels;
}

bool ends_in_number(const std::vector<std::string_view>& labels) noexcept {
  const std::string_view last = labels.back();
  return (!last.empty() && all_digits(last)) || ipv4_part(last).has_value();
}

std::string_view read_ipv4(const std::vector<std::string_view>& labels, std::string& host) {
  if (labels.size() > 4) return invalid_ipv4;
  std::uint64_t address = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto part = ipv4_part(labels[i]);
    const std::size_t bytes = i + 1 < labels.size() ? 1 : 4 - i;
    if (!part || *part >= std::uint64_t{1} << (8 * bytes)) return invalid_ipv4;
    address = address << (8 * bytes) | *part;
  }
  host.clear();
  for (unsigned shift = 32; shift > 0; shift -= 8)
    host.append(host.empty() ? "" : ".").append(std::to_string(address >> (shift - 8) & 0xFFU));
  return {};
}

std::string_view read_ipv6(const std::string& text, std::string& host) {
  in6_addr address;
  std::array<char, INET6_ADDRSTRLEN> buffer;
  if (text.find('\0') != std::string::npos || ::inet_pton(AF_INET6, text.c_str(), &address) != 1) return invalid_ipv6;
  host = std::string("[") + ::inet_ntop(AF_INET6, &address, buffer.data(), buffer.size()) + "]";
  return {};
}

}  // namespace

std::string_view read_url_host(std::string_view text, std::string& host) {
  if (text.starts_with('[')) {
    if (!text.ends_with(']')) return invalid_ipv6;
    return read_ipv6(std::string(text.substr(1, text.size() - 2)), host);
  }
  if (text.empty()) return "empty host";
  auto name = percent_decode(text);
  if (!name || !unreserved_bytes.contains_all(*name)) return invalid_name;
  std::transform(name->begin(), name->end(), name->begin(), ascii_lower);
  const auto labels = labels_of(*name);
  if (ends_in_number(labels)) return read_ipv4(labels, host);
  host = std::move(*name);
  return {};
}

}  // namespace coroute::detail
