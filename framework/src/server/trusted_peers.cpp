// SPDX-License-Identifier: BSL-1.0
#include "trusted_peers.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <stdexcept>

namespace coroute::detail {
namespace {

constexpr std::array<std::uint8_t, 12> v4_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr unsigned v4_prefix_bits = 96;

bool is_v4(const IpAddress& address) noexcept {
  return std::equal(v4_prefix.begin(), v4_prefix.end(), address.begin());
}

std::optional<std::uint16_t> parse_port(std::string_view text) noexcept {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

std::optional<unsigned> parse_prefix(std::string_view text, unsigned longest) noexcept {
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  if (error != std::errc() || end != text.data() + text.size() || bits > longest) return std::nullopt;
  return bits;
}

}  // namespace

std::optional<IpAddress> parse_ip_address(std::string_view text) noexcept {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.size() >= terminated.size() || text.find('\0') != std::string_view::npos) return std::nullopt;
  std::copy(text.begin(), text.end(), terminated.begin());
  IpAddress address{};
  if (inet_pton(AF_INET6, terminated.data(), address.data()) == 1) return address;
  std::copy(v4_prefix.begin(), v4_prefix.end(), address.begin());
  if (inet_pton(AF_INET, terminated.data(), address.data() + v4_prefix.size()) == 1) return address;
  return std::nullopt;
}

std::string to_string(const IpAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (is_v4(address)) {
    inet_ntop(AF_INET, address.data() + v4_prefix.size(), text.data(), text.size());
  } else {
    inet_ntop(AF_INET6, address.data(), text.data(), text.size());
  }
  return text.data();
}

std::optional<PeerAddress> parse_peer_address(std::string_view text) {
  std::string_view host = text;
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) return std::nullopt;
    host = text.substr(1, bracket - 1);
    port = text.substr(bracket + 1);
    if (host.find(':') == std::string_view::npos) return std::nullopt;
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    host = text.substr(0, text.find(':'));
    port = text.substr(host.size());
  }
  const std::optional<IpAddress> address = parse_ip_address(host);
  if (!address) return std::nullopt;
  PeerAddress peer;
  peer.host = to_string(*address);
  if (port.empty()) return peer;
  const std::optional<std::uint16_t> number = port.front() == ':' ? parse_port(port.substr(1)) : std::nullopt;
  if (!number) return std::nullopt;
  peer.port = *number;
  return peer;
}

bool TrustedPeers::Network::contains(const IpAddress& other) const noexcept {
  const unsigned bytes = prefix_bits / 8;
  if (!std::equal(address.begin(), address.begin() + bytes, other.begin())) return false;
  const unsigned rest = prefix_bits % 8;
  if (rest == 0) return true;
  const unsigned mask = 0xFFU << (8 - rest) & 0xFFU;
  return ((address[bytes] ^ other[bytes]) & mask) == 0;
}

TrustedPeers::Network TrustedPeers::parse_network(const std::string& text) {
  const std::string_view whole = text;
  const std::size_t slash = whole.find('/');
  const std::optional<IpAddress> address = parse_ip_address(whole.substr(0, slash));
  const bool v4 = address && is_v4(*address) && whole.find(':') == std::string_view::npos;
  std::optional<unsigned> bits = v4 ? 32 : 128;
  if (slash != std::string_view::npos) bits = parse_prefix(whole.substr(slash + 1), *bits);
  if (!address || !bits) {
    throw std::invalid_argument("'" + text + "' is no address, no network as 10.0.0.0/8, not 'unix' and not '*'");
  }
  return {*address, *bits + (v4 ? v4_prefix_bits : 0)};
}

TrustedPeers::TrustedPeers(const std::vector<std::string>& entries) {
  for (const std::string& entry : entries) {
    if (entry == "*") {
      trusts_all_ = true;
    } else if (entry == "unix") {
      trusts_unix_ = true;
    } else {
      networks_.push_back(parse_network(entry));
    }
  }
}

bool TrustedPeers::trusts(const PeerAddress& peer) const noexcept {
  if (trusts_all_) return true;
  if (peer.host.empty()) return trusts_unix_;
  const std::optional<IpAddress> address = parse_ip_address(peer.host);
  return address && std::any_of(networks_.begin(), networks_.end(),
                                [&](const Network& network) { return network.contains(*address); });
}

}  // namespace coroute::detail
