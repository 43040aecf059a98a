// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Whose word counts about whom it asks for.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/http/request.hpp"

namespace coroute::detail {

/// The 16 bytes of an address; IPv4 as the IPv6 address that maps it, so that both forms are equal.
using IpAddress = std::array<std::uint8_t, 16>;

/// Numeric, without brackets or zone.
std::optional<IpAddress> parse_ip_address(std::string_view text) noexcept;
/// As it is written: "203.0.113.7", "2001:db8::1".
std::string to_string(const IpAddress& address);
/// "203.0.113.7", "203.0.113.7:80", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:80"
std::optional<PeerAddress> parse_peer_address(std::string_view text);

/// Immutable; any thread.
class TrustedPeers {
 public:
  /// See `ServerOptions::trusted_proxies`. Throws std::invalid_argument that names the entry.
  explicit TrustedPeers(const std::vector<std::string>& entries);

  /// A peer without an address came through a unix socket.
  bool trusts(const PeerAddress& peer) const noexcept;

 private:
  struct Network {
    IpAddress address;
    unsigned prefix_bits;

    bool contains(const IpAddress& other) const noexcept;
  };

  static Network parse_network(const std::string& text);

  std::vector<Network> networks_;
  bool trusts_all_ = false;
  bool trusts_unix_ = false;
};

}  // namespace coroute::detail
