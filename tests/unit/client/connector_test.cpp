// SPDX-License-Identifier: BSL-1.0
#include "client/connector.hpp"

#include <doctest/doctest.h>

#include <string>

using coroute::detail::interleave_families;
using coroute::detail::SocketAddress;

namespace {

/// Interleaves what is given and returned as addresses with blanks between.
std::string interleaved(const std::string& addresses) {
  std::vector<SocketAddress> list;
  for (std::size_t begin = 0; begin < addresses.size();) {
    const std::size_t end = std::min(addresses.find(' ', begin), addresses.size());
    list.push_back(SocketAddress::parse(addresses.substr(begin, end - begin)).value());
    begin = end + 1;
  }
  std::string text;
  for (const SocketAddress& address : interleave_families(list)) {
    const std::string with_port = address.to_string();
    text += (text.empty() ? "" : " ") + with_port.substr(0, with_port.rfind(':'));
  }
  return text;
}

}  // namespace

TEST_SUITE("client") {
  TEST_CASE("connector: the families of addresses alternate, the first one's before the other") {
    CHECK(interleaved("1.1.1.1 2.2.2.2 ::1 ::2") == "1.1.1.1 [::1] 2.2.2.2 [::2]");
    CHECK(interleaved("::1 ::2 1.1.1.1") == "[::1] 1.1.1.1 [::2]");
  }

  TEST_CASE("connector: what is left of a family comes last, in its order") {
    CHECK(interleaved("::1 1.1.1.1 2.2.2.2 3.3.3.3") == "[::1] 1.1.1.1 2.2.2.2 3.3.3.3");
  }

  TEST_CASE("connector: one family alone keeps its order") {
    CHECK(interleaved("3.3.3.3 1.1.1.1 2.2.2.2") == "3.3.3.3 1.1.1.1 2.2.2.2");
    CHECK(interleaved("") == "");
  }
}
