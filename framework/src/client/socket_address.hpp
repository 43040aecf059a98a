// SPDX-License-Identifier: BSL-1.0
#pragma once
/// An IPv4 or IPv6 address with a port, as the kernel takes it.
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>

namespace coroute::detail {

class SocketAddress {
 public:
  /// From what getaddrinfo gives; nullopt for another family.
  static std::optional<SocketAddress> from(const sockaddr& address, socklen_t size) noexcept;
  /// "127.0.0.1" or "::1"; nullopt when it is a name.
  static std::optional<SocketAddress> parse(const std::string& text) noexcept;

  SocketAddress with_port(std::uint16_t port) const noexcept;

  const sockaddr* data() const noexcept { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const noexcept;
  int family() const noexcept { return storage_.ss_family; }
  /// "127.0.0.1:80", "[::1]:80"
  std::string to_string() const;

 private:
  SocketAddress() noexcept : storage_{} {}
  sockaddr_storage storage_;
};

}  // namespace coroute::detail
