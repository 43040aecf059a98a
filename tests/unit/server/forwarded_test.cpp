// SPDX-License-Identifier: BSL-1.0
#include "server/forwarded.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace coroute;
using detail::ForwardedRequest;
using detail::TrustedPeers;

namespace {

const TrustedPeers proxies({"10.0.0.0/8"});

/// "client port scheme host", "-" for what isn't said.
std::string text_of(const ForwardedRequest& said) {
  const std::string client = said.client ? said.client->host + ":" + std::to_string(said.client->port) : "-";
  return client + " " + std::string(said.scheme.empty() ? "-" : said.scheme) + " " +
         (said.host.empty() ? "-" : said.host);
}

std::string x_forwarded(const std::vector<HeaderField>& fields) {
  return text_of(detail::read_x_forwarded(HeadersView(fields), proxies));
}

std::string forwarded(std::string_view value) {
  const std::vector<HeaderField> fields{{"Forwarded", value}};
  return text_of(detail::read_forwarded(HeadersView(fields), proxies));
}

}  // namespace

TEST_SUITE("server") {
  TEST_CASE("x-forwarded: the client is the last that is no proxy") {
    CHECK(x_forwarded({{"x-forwarded-for", "203.0.113.1"}}) == "203.0.113.1:0 - -");
    CHECK(x_forwarded({{"X-Forwarded-For", "203.0.113.1, 10.0.0.1"}}) == "203.0.113.1:0 - -");
    CHECK(x_forwarded({{"x-forwarded-for", "6.6.6.6, 203.0.113.1,10.0.0.1 , 10.0.0.2"}}) == "203.0.113.1:0 - -");
  }

  TEST_CASE("x-forwarded: what a client writes itself is left of what its proxy writes, and doesn't count") {
    CHECK(x_forwarded({{"x-forwarded-for", "10.0.0.9"}, {"x-forwarded-for", "203.0.113.1"}}) == "203.0.113.1:0 - -");
    CHECK(x_forwarded({{"x-forwarded-for", "6.6.6.6"}, {"x-forwarded-for", "203.0.113.1, 10.0.0.1"}}) ==
          "203.0.113.1:0 - -");
  }

  TEST_CASE("x-forwarded: where all are proxies the first is the client") {
    CHECK(x_forwarded({{"x-forwarded-for", "10.0.0.3, 10.0.0.2, 10.0.0.1"}}) == "10.0.0.3:0 - -");
  }

  TEST_CASE("x-forwarded: what is no address ends the way") {
    CHECK(x_forwarded({{"x-forwarded-for", "unknown"}}) == "- - -");
    CHECK(x_forwarded({{"x-forwarded-for", "6.6.6.6, unknown, 10.0.0.1"}}) == "10.0.0.1:0 - -");
    CHECK(x_forwarded({{"x-forwarded-for", ""}}) == "- - -");
    CHECK(x_forwarded({{"x-forwarded-for", ", ,"}}) == "- - -");
    CHECK(x_forwarded({}) == "- - -");
  }

  TEST_CASE("x-forwarded: addresses may have ports and brackets") {
    CHECK(x_forwarded({{"x-forwarded-for", "203.0.113.1:555"}}) == "203.0.113.1:555 - -");
    CHECK(x_forwarded({{"x-forwarded-for", "[2001:db8::1]:555, 10.0.0.1"}}) == "2001:db8::1:555 - -");
  }

  TEST_CASE("x-forwarded: the scheme is http or https") {
    const auto scheme = [](std::string_view proto) {
      return x_forwarded({{"x-forwarded-for", "203.0.113.1"}, {"x-forwarded-proto", proto}});
    };
    CHECK(scheme("https") == "203.0.113.1:0 https -");
    CHECK(scheme("HTTP") == "203.0.113.1:0 http -");
    CHECK(scheme("wss") == "203.0.113.1:0 https -");
    CHECK(scheme("ws") == "203.0.113.1:0 http -");
    CHECK(scheme("gopher") == "203.0.113.1:0 - -");
    CHECK(scheme("") == "203.0.113.1:0 - -");
  }

  TEST_CASE("x-forwarded: of several schemes that of the client's hop counts, else what the nearest proxy says") {
    CHECK(x_forwarded({{"x-forwarded-for", "203.0.113.1, 10.0.0.1"}, {"x-forwarded-proto", "https, http"}}) ==
          "203.0.113.1:0 https -");
    CHECK(x_forwarded({{"x-forwarded-for", "10.0.0.5, 203.0.113.1"}, {"x-forwarded-proto", "https, http"}}) ==
          "203.0.113.1:0 http -");
    CHECK(x_forwarded({{"x-forwarded-for", "203.0.113.1"}, {"x-forwarded-proto", "https, http"}}) ==
          "203.0.113.1:0 http -");
    CHECK(x_forwarded({{"x-forwarded-proto", "https"}}) == "- https -");
  }

  TEST_CASE("x-forwarded: a host is one that a Host field could have") {
    CHECK(x_forwarded({{"x-forwarded-host", "shop.test:8443"}}) == "- - shop.test:8443");
    CHECK(x_forwarded({{"x-forwarded-host", "evil.test, shop.test"}}) == "- - shop.test");
    CHECK(x_forwarded({{"x-forwarded-host", "shop test"}}) == "- - -");
    CHECK(x_forwarded({{"x-forwarded-host", "shop.test/x"}}) == "- - -");
  }

  TEST_CASE("forwarded: the examples of RFC 7239 are understood") {
    CHECK(forwarded("for=\"_gazonk\"") == "- - -");
    CHECK(forwarded("For=\"[2001:db8:cafe::17]:4711\"") == "2001:db8:cafe::17:4711 - -");
    CHECK(forwarded("for=192.0.2.60;proto=http;by=203.0.113.43") == "192.0.2.60:0 http -");
    CHECK(forwarded("for=192.0.2.43, for=198.51.100.17") == "198.51.100.17:0 - -");
    CHECK(forwarded("for=192.0.2.43,for=\"[2001:db8:cafe::17]\",for=unknown") == "- - -");
  }

  TEST_CASE("forwarded: scheme and host are those of the client's hop") {
    CHECK(
        forwarded("for=6.6.6.6;proto=http;host=evil.test, for=203.0.113.1;proto=https;host=shop.test, for=10.0.0.1") ==
        "203.0.113.1:0 https shop.test");
    CHECK(forwarded("host=shop.test;proto=https") == "- https shop.test");
    CHECK(forwarded("for=203.0.113.1;host=\"shop.test:8443\"") == "203.0.113.1:0 - shop.test:8443");
  }

  TEST_CASE("forwarded: empty elements and pairs are passed over, quotes may escape") {
    CHECK(forwarded(" ,, for=203.0.113.1 ;; proto=https ; , ") == "203.0.113.1:0 https -");
    CHECK(forwarded("for=\"203.0.113.\\1\"") == "203.0.113.1:0 - -");
    CHECK(forwarded("x=\"a,b;c\";for=203.0.113.1") == "203.0.113.1:0 - -");
    CHECK(forwarded("") == "- - -");
  }

  TEST_CASE("forwarded: a line that breaks the grammar doesn't hide those that proxies add behind it") {
    const auto read = [](const std::vector<HeaderField>& fields) {
      return text_of(detail::read_forwarded(HeadersView(fields), proxies));
    };
    const HeaderField broken{"forwarded", "for=6.6.6.6, for=\""};
    const HeaderField added{"forwarded", "for=203.0.113.1;proto=https"};
    CHECK(read({broken, added}) == "203.0.113.1:0 https -");
    CHECK(read({{"forwarded", "for=6.6.6.6"}, broken, added, {"forwarded", "for=10.0.0.1"}}) ==
          "203.0.113.1:0 https -");
    CHECK(read({broken, {"forwarded", "for=10.0.0.1"}}) == "10.0.0.1:0 - -");
    CHECK(read({added, broken}) == "- - -");
  }

  TEST_CASE("forwarded: what breaks the grammar says nothing at all") {
    for (const char* const wrong : {"for", "for=", "=x", "for=203.0.113.1 proto=https", "for=\"203.0.113.1",
                                    "for=203.0.113.1;for=203.0.113.2", "for=[2001:db8::1]", "for =203.0.113.1",
                                    "for=203.0.113.1, for=\"x\\", "for=6.6.6.6;x=\", for=\"[2001:db8::1]\""})
      CHECK_MESSAGE(forwarded(wrong) == "- - -", wrong);
  }
}
