// SPDX-License-Identifier: BSL-1.0
#include "server/proxy_protocol.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace coroute;
using detail::parse_proxy_header;
using detail::ProxyHeader;
using namespace std::string_literals;

namespace {

constexpr std::size_t limit = 4096;

/// "incomplete", "malformed", or the size and the client, "-" when none is said.
std::string read(std::string_view bytes, std::size_t max_bytes = limit) {
  const ProxyHeader header = parse_proxy_header(bytes, max_bytes);
  if (header.result == ProxyHeader::Result::Incomplete) return "incomplete";
  if (header.result == ProxyHeader::Result::Malformed) return "malformed";
  return std::to_string(header.size) + " " +
         (header.client ? header.client->host + " " + std::to_string(header.client->port) : "-");
}

const std::string v1 = "PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n";

std::string v2(int version_and_command, int family, const std::string& content) {
  std::string header = "\r\n\r\n\0\r\nQUIT\n"s;
  header += static_cast<char>(version_and_command);
  header += static_cast<char>(family);
  header += static_cast<char>(content.size() >> 8);
  header += static_cast<char>(content.size() & 0xFF);
  return header + content;
}

const std::string v4_content = "\xC0\x00\x02\x07\xC6\x33\x64\x01\xDC\x04\x01\xBB"s;  // 192.0.2.7:56324
const std::string v6_content =
    "\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x07"s + std::string(16, '\1') + "\xDC\x04\x01\xBB";

}  // namespace

TEST_SUITE("server") {
  TEST_CASE("proxy protocol: version 1 names the client of TCP over IPv4 and IPv6") {
    CHECK(read(v1) == std::to_string(v1.size()) + " 192.0.2.7 56324");
    const std::string v6 = "PROXY TCP6 2001:db8::7 2001:db8::1 1 65535\r\n";
    CHECK(read(v6) == std::to_string(v6.size()) + " 2001:db8::7 1");
  }

  TEST_CASE("proxy protocol: version 1 may not know the client") {
    CHECK(read("PROXY UNKNOWN\r\n") == "15 -");
    CHECK(read("PROXY UNKNOWN ffff::1 whatever 1 2\r\nGET") == "36 -");
  }

  TEST_CASE("proxy protocol: what follows the header is left alone") {
    CHECK(read(v1 + "GET / HTTP/1.1\r\n") == std::to_string(v1.size()) + " 192.0.2.7 56324");
    CHECK(read(v2(0x21, 0x11, v4_content) + "GET /") == "28 192.0.2.7 56324");
  }

  TEST_CASE("proxy protocol: any part of a header may become one") {
    for (const std::string& header : {v1, v2(0x21, 0x11, v4_content), v2(0x21, 0x21, v6_content), v2(0x20, 0x00, "")}) {
      for (std::size_t size = 0; size < header.size(); ++size)
        CHECK_MESSAGE(read(header.substr(0, size)) == "incomplete", size);
      CHECK(read(header).starts_with(std::to_string(header.size()) + " "));
    }
  }

  TEST_CASE("proxy protocol: version 1 has at most 107 bytes") {
    const std::string longest = "PROXY UNKNOWN " + std::string(107 - 14 - 2, 'x') + "\r\n";
    CHECK(longest.size() == 107);
    CHECK(read(longest) == "107 -");
    CHECK(read("PROXY UNKNOWN " + std::string(107 - 14 - 1, 'x') + "\r\n") == "malformed");
    CHECK(read("PROXY UNKNOWN " + std::string(107 - 14 - 1, 'x')) == "incomplete");
    CHECK(read("PROXY UNKNOWN " + std::string(107 - 14, 'x')) == "malformed");
  }

  TEST_CASE("proxy protocol: what version 1 doesn't write is malformed") {
    for (const char* const wrong :
         {"GET / HTTP/1.1\r\n", "proxy TCP4", "PROXX", "PROXY TCP5 192.0.2.7 192.0.2.8 1 2\r\n",
          "PROXY TCP4 192.0.2.7 192.0.2.8 1 2\n", "PROXY TCP4 2001:db8::7 2001:db8::1 1 2\r\n",
          "PROXY TCP6 192.0.2.7 192.0.2.8 1 2\r\n", "PROXY TCP4 192.0.2.7 192.0.2.8 1\r\n",
          "PROXY TCP4 192.0.2.7 192.0.2.8 1 2 3\r\n", "PROXY TCP4 192.0.2.7 192.0.2.8 65536 2\r\n",
          "PROXY TCP4 192.0.2.7 192.0.2.8 01 2\r\n", "PROXY TCP4 192.0.2.7 192.0.2.8 +1 2\r\n",
          "PROXY TCP4  192.0.2.7 192.0.2.8 1 2\r\n", "PROXY TCP4 localhost 192.0.2.8 1 2\r\n", "PROXY TCP4\r\n",
          "PROXY UNKNOWN x\nx\r\n", "PROXY \r\n"})
      CHECK_MESSAGE(read(wrong) == "malformed", wrong);
  }

  TEST_CASE("proxy protocol: version 2 names the client of TCP over IPv4 and IPv6") {
    CHECK(read(v2(0x21, 0x11, v4_content)) == "28 192.0.2.7 56324");
    CHECK(read(v2(0x21, 0x21, v6_content)) == "52 2001:db8::7 56324");
  }

  TEST_CASE("proxy protocol: version 2 has other fields behind the addresses, which are passed over") {
    CHECK(read(v2(0x21, 0x11, v4_content + std::string("\x04\x00\x02xx", 5))) == "33 192.0.2.7 56324");
  }

  TEST_CASE("proxy protocol: a proxy that speaks for itself, or for what isn't TCP, names no client") {
    CHECK(read(v2(0x20, 0x11, v4_content)) == "28 -");
    CHECK(read(v2(0x20, 0x00, "")) == "16 -");
    CHECK(read(v2(0x21, 0x00, "")) == "16 -");
    CHECK(read(v2(0x21, 0x12, v4_content)) == "28 -");
    CHECK(read(v2(0x21, 0x31, std::string(216, '/'))) == "232 -");
  }

  TEST_CASE("proxy protocol: what version 2 doesn't have is malformed") {
    CHECK(read(v2(0x11, 0x11, v4_content)) == "malformed");
    CHECK(read(v2(0x22, 0x11, v4_content)) == "malformed");
    CHECK(read(v2(0x21, 0x41, v4_content)) == "malformed");
    CHECK(read(v2(0x21, 0x13, v4_content)) == "malformed");
    CHECK(read(v2(0x21, 0x11, v4_content.substr(1))) == "malformed");
    CHECK(read(v2(0x21, 0x21, v6_content.substr(1))) == "malformed");
    CHECK(read("\r\n\r\n\0\r\nQUIX"s) == "malformed");
  }

  TEST_CASE("proxy protocol: version 2 may be as long as allowed and no longer") {
    const std::string header = v2(0x21, 0x11, v4_content + std::string(100, 'x'));
    CHECK(read(header, header.size() + 1).starts_with("128 "));
    CHECK(read(header, header.size()).starts_with("128 "));
    CHECK(read(header, header.size() - 1) == "malformed");
    CHECK(read(v2(0x21, 0x11, std::string(65'535, 'x'))) == "malformed");
  }
}
