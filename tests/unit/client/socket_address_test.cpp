// SPDX-License-Identifier: BSL-1.0
#include "client/socket_address.hpp"

#include <doctest/doctest.h>
#include <sys/un.h>

#include <cstring>

using coroute::detail::SocketAddress;

TEST_SUITE("client") {
  TEST_CASE("socket_address: numbers become addresses, with the port they are given") {
    const auto v4 = SocketAddress::parse("127.0.0.1");
    REQUIRE(v4);
    CHECK(v4->family() == AF_INET);
    CHECK(v4->with_port(8000).to_string() == "127.0.0.1:8000");
    CHECK(v4->to_string() == "127.0.0.1:0");
    const auto v6 = SocketAddress::parse("2001:db8::1");
    REQUIRE(v6);
    CHECK(v6->family() == AF_INET6);
    CHECK(v6->with_port(65535).to_string() == "[2001:db8::1]:65535");
    CHECK(v6->size() == sizeof(sockaddr_in6));
    CHECK(v4->size() == sizeof(sockaddr_in));
  }

  TEST_CASE("socket_address: names and half addresses are left to the resolver") {
    for (const char* const text :
         {"", "localhost", "127.1", "1.2.3.4.5", "0x7f.0.0.1", "256.0.0.1", "::1%lo", "[::1]"}) {
      CAPTURE(text);
      CHECK_FALSE(SocketAddress::parse(text));
    }
  }

  TEST_CASE("socket_address: other families are not taken") {
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    sockaddr plain{};
    std::memcpy(&plain, &local, sizeof plain);
    CHECK_FALSE(SocketAddress::from(plain, sizeof plain));
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    std::memcpy(&plain, &v4, sizeof plain);
    CHECK_FALSE(SocketAddress::from(plain, 4096));
    const auto taken = SocketAddress::from(plain, sizeof v4);
    REQUIRE(taken);
    CHECK(taken->to_string() == "0.0.0.0:0");
  }
}
