// SPDX-License-Identifier: BSL-1.0
#include "stream_address.hpp"

#include <arpa/inet.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <stdexcept>

namespace coroute::detail {
namespace {

template <class T>
T as(const sockaddr_storage& storage) noexcept {
  T address;
  std::memcpy(&address, &storage, sizeof address);
  return address;
}

std::string unix_name(const sockaddr_storage& storage, socklen_t size) {
  const auto address = as<sockaddr_un>(storage);
  const std::size_t length = size - std::min<std::size_t>(size, offsetof(sockaddr_un, sun_path));
  if (length == 0) return {};
  if (address.sun_path[0] == '\0') return '@' + std::string(address.sun_path + 1, length - 1);
  return std::string(address.sun_path, strnlen(address.sun_path, length));
}

}  // namespace

StreamAddress::StreamAddress(const sockaddr& address, socklen_t size) noexcept : StreamAddress() {
  size_ = std::min<socklen_t>(size, sizeof storage_);
  std::memcpy(&storage_, &address, size_);
}

StreamAddress StreamAddress::from_unix_path(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const bool abstract = !path.empty() && path.front() == '\0';
  if (path.empty()) throw std::invalid_argument("the path of a unix socket must not be empty");
  if (!abstract && path.find('\0') != path.npos) throw std::invalid_argument("embedded null byte in a socket path");
  if (path.size() >= sizeof address.sun_path) throw std::invalid_argument("AF_UNIX path too long: " + path);
  std::memcpy(address.sun_path, path.data(), path.size());
  const std::size_t size = offsetof(sockaddr_un, sun_path) + path.size() + (abstract ? 0 : 1);
  return StreamAddress(reinterpret_cast<const sockaddr&>(address), static_cast<socklen_t>(size));
}

StreamAddress StreamAddress::local_of(int socket) noexcept {
  StreamAddress result;
  socklen_t size = sizeof result.storage_;
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&result.storage_), &size) == 0) result.size_ = size;
  return result;
}

StreamAddress StreamAddress::peer_of(int socket) noexcept {
  StreamAddress result;
  socklen_t size = sizeof result.storage_;
  if (getpeername(socket, reinterpret_cast<sockaddr*>(&result.storage_), &size) == 0) result.size_ = size;
  return result;
}

std::uint16_t StreamAddress::port() const noexcept {
  if (family() == AF_INET) return ntohs(as<sockaddr_in>(storage_).sin_port);
  if (family() == AF_INET6) return ntohs(as<sockaddr_in6>(storage_).sin6_port);
  return 0;
}

std::string StreamAddress::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  switch (family()) {
    case AF_INET: {
      const auto v4 = as<sockaddr_in>(storage_);
      inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
      return std::string(text.data()) + ':' + std::to_string(port());
    }
    case AF_INET6: {
      const auto v6 = as<sockaddr_in6>(storage_);
      inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
      return '[' + std::string(text.data()) + "]:" + std::to_string(port());
    }
    case AF_UNIX:
      return unix_name(storage_, size_);
    default:
      return {};
  }
}

}  // namespace coroute::detail
