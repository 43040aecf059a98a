// SPDX-License-Identifier: BSL-1.0
#pragma once
/// Where a stream socket is or leads to: IPv4, IPv6 or a Unix path.
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>

namespace coroute::detail {

class StreamAddress {
 public:
  /// Of no family, as of a pipe.
  StreamAddress() noexcept : storage_{} {}
  StreamAddress(const sockaddr& address, socklen_t size) noexcept;

  /// A path, or an abstract name when it begins with NUL; std::invalid_argument when it is empty or too long.
  static StreamAddress from_unix_path(const std::string& path);
  static StreamAddress local_of(int socket) noexcept;
  static StreamAddress peer_of(int socket) noexcept;

  const sockaddr* data() const noexcept { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const noexcept { return size_; }
  int family() const noexcept { return storage_.ss_family; }
  bool is_tcp() const noexcept { return family() == AF_INET || family() == AF_INET6; }
  /// 0 unless it has one.
  std::uint16_t port() const noexcept;
  /// "127.0.0.1:80", "[::1]:80", "/run/x.sock", "@abstract"; empty without a name.
  std::string to_string() const;

 private:
  sockaddr_storage storage_;
  socklen_t size_ = 0;
};

}  // namespace coroute::detail
