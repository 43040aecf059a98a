// SPDX-License-Identifier: BSL-1.0
#include "server/trusted_peers.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

using namespace coroute;
using detail::parse_peer_address;
using detail::TrustedPeers;

namespace {

bool trusts(const std::vector<std::string>& entries, const std::string& host) {
  return TrustedPeers(entries).trusts(PeerAddress{host, 80});
}

std::string shown(const std::string& text) {
  const std::optional<PeerAddress> peer = parse_peer_address(text);
  return peer ? peer->host + " " + std::to_string(peer->port) : "none";
}

}  // namespace

TEST_SUITE("server") {
  TEST_CASE("trusted peers: an address is trusted, its neighbours are not") {
    CHECK(trusts({"192.0.2.7"}, "192.0.2.7"));
    CHECK_FALSE(trusts({"192.0.2.7"}, "192.0.2.8"));
    CHECK(trusts({"2001:db8::7"}, "2001:db8::7"));
    CHECK(trusts({"2001:db8::7"}, "2001:0db8:0:0::7"));
    CHECK_FALSE(trusts({"2001:db8::7"}, "2001:db8::8"));
  }

  TEST_CASE("trusted peers: a network has its first and its last address, and none beyond") {
    for (const char* const inside : {"10.16.0.0", "10.20.1.2", "10.31.255.255"})
      CHECK_MESSAGE(trusts({"10.16.0.0/12"}, inside), inside);
    for (const char* const outside : {"10.15.255.255", "10.32.0.0", "11.16.0.0", "::1"})
      CHECK_FALSE_MESSAGE(trusts({"10.16.0.0/12"}, outside), outside);
    CHECK(trusts({"2001:db8::/33"}, "2001:db8:7fff::1"));
    CHECK_FALSE(trusts({"2001:db8::/33"}, "2001:db8:8000::1"));
    CHECK(trusts({"0.0.0.0/0"}, "203.0.113.1"));
    CHECK_FALSE(trusts({"0.0.0.0/0"}, "2001:db8::1"));
    CHECK(trusts({"10.0.0.1/32"}, "10.0.0.1"));
    CHECK_FALSE(trusts({"10.0.0.1/32"}, "10.0.0.0"));
  }

  TEST_CASE("trusted peers: an IPv4 address is the same when IPv6 maps it") {
    CHECK(trusts({"10.0.0.0/8"}, "::ffff:10.1.2.3"));
    CHECK(trusts({"::ffff:10.1.2.3"}, "10.1.2.3"));
  }

  TEST_CASE("trusted peers: a star stands for everyone, unix for unix sockets") {
    CHECK(trusts({"*"}, "203.0.113.1"));
    CHECK(trusts({"*"}, ""));
    CHECK(trusts({"unix"}, ""));
    CHECK_FALSE(trusts({"unix"}, "127.0.0.1"));
    CHECK_FALSE(trusts({"127.0.0.1"}, ""));
    CHECK_FALSE(trusts({}, "127.0.0.1"));
  }

  TEST_CASE("trusted peers: an entry that is none is named") {
    for (const char* const wrong : {"", "localhost", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x",
                                    "2001:db8::/129", "10.0.0", "[::1]", "/8", "**"}) {
      CHECK_THROWS_WITH_AS(TrustedPeers({wrong}), doctest::Contains(("'" + std::string(wrong) + "'").c_str()),
                           std::invalid_argument);
    }
    CHECK_NOTHROW(TrustedPeers({"10.0.0.0/32", "::/128", "::/0"}));
  }

  TEST_CASE("trusted peers: addresses are read with and without a port") {
    CHECK(shown("192.0.2.7") == "192.0.2.7 0");
    CHECK(shown("192.0.2.7:8080") == "192.0.2.7 8080");
    CHECK(shown("2001:DB8::7") == "2001:db8::7 0");
    CHECK(shown("[2001:db8::7]") == "2001:db8::7 0");
    CHECK(shown("[2001:db8::7]:65535") == "2001:db8::7 65535");
    CHECK(shown("::ffff:192.0.2.7") == "192.0.2.7 0");
    for (const char* const wrong : {"", "unknown", "_x", "192.0.2.7:", "192.0.2.7:65536", "192.0.2.7:x", "192.0.2",
                                    "[192.0.2.7]", "[::1", "[::1]x", "[::1]:", "::1%eth0", "256.0.0.1", "1.2.3.4 "})
      CHECK_MESSAGE(shown(wrong) == "none", wrong);
  }
}
