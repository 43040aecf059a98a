// SPDX-License-Identifier: BSL-1.0
#include "proxy_protocol.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "trusted_peers.hpp"

namespace coroute::detail {
namespace {

using Result = ProxyHeader::Result;
using namespace std::string_view_literals;

constexpr std::string_view v1_prefix = "PROXY ";
constexpr std::size_t v1_max_bytes = 107;  // section 2.1, with the line end
constexpr std::string_view v2_signature = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::size_t v2_fixed_bytes = 16;
constexpr std::size_t v4_addresses = 4 + 4 + 2 + 2;
constexpr std::size_t v6_addresses = 16 + 16 + 2 + 2;

std::uint8_t byte_at(std::string_view bytes, std::size_t at) noexcept {
  return static_cast<std::uint8_t>(bytes[at]);
}
std::uint16_t number_at(std::string_view bytes, std::size_t at) noexcept {
  return static_cast<std::uint16_t>(byte_at(bytes, at) << 8 | byte_at(bytes, at + 1));
}

/// What stands before the next space, and the space, taken off.
std::string_view next_word(std::string_view& line) noexcept {
  const std::size_t space = line.find(' ');
  const std::string_view word = line.substr(0, space);
  line.remove_prefix(space == std::string_view::npos ? line.size() : space + 1);
  return word;
}

/// Decimal without leading zeros.
std::optional<std::uint16_t> parse_port(std::string_view text) noexcept {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool is_whole = error == std::errc() && end == text.data() + text.size();
  if (!is_whole || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  return port;
}

bool has_family(const std::optional<IpAddress>& address, std::string_view text, bool v6) noexcept {
  return address && (text.find(':') != std::string_view::npos) == v6;
}

/// "TCP4 192.0.2.1 198.51.100.1 56324 443", without what stands around it.
ProxyHeader parse_v1_line(std::string_view line, std::size_t size) {
  ProxyHeader header{Result::Complete, size, {}};
  const std::string_view family = next_word(line);
  if (family == "UNKNOWN") return header;
  if (family != "TCP4" && family != "TCP6") return {};
  const std::string_view source = next_word(line);
  const std::string_view destination = next_word(line);
  const std::optional<std::uint16_t> source_port = parse_port(next_word(line));
  const std::optional<std::uint16_t> destination_port = parse_port(line);
  const bool v6 = family == "TCP6";
  const std::optional<IpAddress> address = parse_ip_address(source);
  if (!has_family(address, source, v6) || !has_family(parse_ip_address(destination), destination, v6)) return {};
  if (!source_port || !destination_port) return {};
  header.client.emplace(PeerAddress{to_string(*address), *source_port});
  return header;
}

ProxyHeader parse_v1(std::string_view bytes, std::size_t max_bytes) {
  const std::string_view first = bytes.substr(0, std::min(v1_max_bytes, max_bytes));
  const std::size_t end = first.find("\r\n");
  if (first.find('\n') != (end == std::string_view::npos ? end : end + 1)) return {};  // a line feed alone
  if (end == std::string_view::npos) {
    const bool goes_on = first.size() < std::min(v1_max_bytes, max_bytes);
    return {goes_on ? Result::Incomplete : Result::Malformed, 0, {}};
  }
  return parse_v1_line(first.substr(v1_prefix.size(), end - v1_prefix.size()), end + 2);
}

PeerAddress address_at(std::string_view bytes, std::size_t address_bytes) {
  IpAddress address{};
  if (address_bytes == 4) address[10] = address[11] = 0xFF;
  for (std::size_t i = 0; i < address_bytes; ++i)
    address[16 - address_bytes + i] = byte_at(bytes, i);
  return {to_string(address), number_at(bytes, 2 * address_bytes)};
}

ProxyHeader parse_v2(std::string_view bytes, std::size_t max_bytes) {
  if (bytes.size() < v2_fixed_bytes) return {Result::Incomplete, 0, {}};
  const unsigned version = byte_at(bytes, 12) >> 4;
  const unsigned command = byte_at(bytes, 12) & 0x0F;
  const unsigned family = byte_at(bytes, 13) >> 4;
  const unsigned transport = byte_at(bytes, 13) & 0x0F;
  const std::size_t length = number_at(bytes, 14);
  if (version != 2 || command > 1 || family > 3 || transport > 2) return {};
  if (v2_fixed_bytes + length > max_bytes) return {};
  const bool has_client = command == 1 && transport == 1 && (family == 1 || family == 2);
  const std::size_t needed = family == 1 ? v4_addresses : v6_addresses;
  if (has_client && length < needed) return {};
  if (bytes.size() < v2_fixed_bytes + length) return {Result::Incomplete, 0, {}};
  ProxyHeader header{Result::Complete, v2_fixed_bytes + length, {}};
  if (has_client) header.client = address_at(bytes.substr(v2_fixed_bytes), family == 1 ? 4 : 16);
  return header;
}

bool begins_like(std::string_view bytes, std::string_view prefix) noexcept {
  const std::size_t size = std::min(bytes.size(), prefix.size());
  return bytes.substr(0, size) == prefix.substr(0, size);
}

}  // namespace

ProxyHeader parse_proxy_header(std::string_view bytes, std::size_t max_bytes) {
  if (bytes.empty()) return {Result::Incomplete, 0, {}};
  if (begins_like(bytes, v1_prefix)) {
    if (bytes.size() < v1_prefix.size()) return {Result::Incomplete, 0, {}};
    return parse_v1(bytes, max_bytes);
  }
  return begins_like(bytes, v2_signature) ? parse_v2(bytes, max_bytes) : ProxyHeader{};
}

}  // namespace coroute::detail
