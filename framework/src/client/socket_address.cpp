// SPDX-License-Identifier: BSL-1.0
#include "socket_address.hpp"

#include <arpa/inet.h>

#include <array>
#include <cstring>

namespace coroute::detail {
namespace {

template <class T>
T as(const sockaddr_storage& storage) noexcept {
  T address;
  std::memcpy(&address, &storage, sizeof address);
  return address;
}

template <class T>
void assign(sockaddr_storage& storage, const T& address) noexcept {
  std::memcpy(&storage, &address, sizeof address);
}

}  // namespace

std::optional<SocketAddress> SocketAddress::from(const sockaddr& address, socklen_t size) noexcept {
  const bool known = address.sa_family == AF_INET || address.sa_family == AF_INET6;
  if (!known || size > sizeof(sockaddr_storage)) return std::nullopt;
  SocketAddress result;
  std::memcpy(&result.storage_, &address, size);
  return result;
}

std::optional<SocketAddress> SocketAddress::parse(const std::string& text) noexcept {
  SocketAddress result;
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  if (inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    assign(result.storage_, v4);
    return result;
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  if (inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) != 1) return std::nullopt;
  assign(result.storage_, v6);
  return result;
}

SocketAddress SocketAddress::with_port(std::uint16_t port) const noexcept {
  SocketAddress result = *this;
  if (family() == AF_INET) {
    auto v4 = as<sockaddr_in>(storage_);
    v4.sin_port = htons(port);
    assign(result.storage_, v4);
  } else {
    auto v6 = as<sockaddr_in6>(storage_);
    v6.sin6_port = htons(port);
    assign(result.storage_, v6);
  }
  return result;
}

socklen_t SocketAddress::size() const noexcept {
  return family() == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
}

std::string SocketAddress::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (family() == AF_INET) {
    const auto v4 = as<sockaddr_in>(storage_);
    inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return std::string(text.data()) + ':' + std::to_string(ntohs(v4.sin_port));
  }
  const auto v6 = as<sockaddr_in6>(storage_);
  inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
  return '[' + std::string(text.data()) + "]:" + std::to_string(ntohs(v6.sin6_port));
}

}  // namespace coroute::detail
