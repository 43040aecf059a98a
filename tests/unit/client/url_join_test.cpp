// SPDX-License-Identifier: BSL-1.0
#include "client/url_join.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

using coroute::QueryParams;
using coroute::Url;
using coroute::detail::http_url_of;
using coroute::detail::join_url;
using coroute::detail::normalize_base_url;
using coroute::detail::printable_url;

namespace {

std::string joined(const std::string& base, std::string_view reference, std::string_view query = "") {
  try {
    if (base.empty()) return join_url(nullptr, reference, QueryParams(query)).to_string();
    const Url normal = Url::parse(normalize_base_url(base));
    return join_url(&normal, reference, QueryParams(query)).to_string();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

}  // namespace

TEST_SUITE("client") {
  TEST_CASE("url_join: a reference is appended to the base with exactly one slash") {
    CHECK(joined("http://h:8000/api", "/x") == "http://h:8000/api/x");
    CHECK(joined("http://h:8000/api/", "/x") == "http://h:8000/api/x");
    CHECK(joined("http://h:8000/api", "x") == "http://h:8000/api/x");
    CHECK(joined("http://h:8000/api///", "x/y/") == "http://h:8000/api/x/y/");
    CHECK(joined("http://h", "/x") == "http://h/x");
    CHECK(joined("http://h/", "") == "http://h/");
    CHECK(joined("http://h/api", "") == "http://h/api");
  }

  TEST_CASE("url_join: a reference that is only a query keeps the base's path") {
    CHECK(joined("http://h/api", "?a=1") == "http://h/api?a=1");
    CHECK(joined("http://h", "?a=1", "b=2") == "http://h/?a=1&b=2");
    CHECK(joined("http://h", "?a=1") == "http://h/?a=1");
    CHECK(joined("http://h/api", "", "b=2") == "http://h/api?b=2");
    CHECK(joined("http://h", "", "b=2") == "http://h/?b=2");
  }

  TEST_CASE("url_join: an absolute URL overrides the base, also without one") {
    CHECK(joined("http://h/api", "http://other:81/x") == "http://other:81/x");
    CHECK(joined("http://h/api", "HTTP://Other/x") == "http://other/x");
    CHECK(joined("", "http://other/x?y#z") == "http://other/x?y");
  }

  TEST_CASE("url_join: what looks like another host stays on the base's host") {
    CHECK(joined("http://h", "//evil/x") == "http://h//evil/x");
    CHECK(joined("http://h", "evil:99/x") == "http://h/evil:99/x");
    CHECK(joined("http://h", "/x?next=http://evil/") == "http://h/x?next=http://evil/");
    CHECK(joined("http://h", ".evil/x") == "http://h/.evil/x");
    CHECK(joined("http://h", "@evil/x") == "http://h/@evil/x");
  }

  TEST_CASE("url_join: query parameters are encoded and follow those of the URL") {
    CHECK(joined("http://h", "/x", "q=1") == "http://h/x?q=1");
    CHECK(joined("http://h", "/x?a=1", "q=a%26b+c") == "http://h/x?a=1&q=a%26b+c");
    CHECK(joined("http://h", "/x#part", "q=1") == "http://h/x?q=1");
    CHECK(joined("http://h/api", "/x#part") == "http://h/api/x");
    CHECK(joined("http://h", "#part") == "http://h/");
  }

  TEST_CASE("url_join: refuses what is relative without a base, and other schemes") {
    CHECK(joined("", "/x") == "invalid URL: it is relative and the client has no base_url");
    CHECK(joined("", "") == "invalid URL: it is relative and the client has no base_url");
    CHECK(joined("", "h:8000/x") == "invalid URL: it is relative and the client has no base_url");
    CHECK(joined("http://h", "ftp://h/x").find("scheme is not http or https") != std::string::npos);
    CHECK(joined("http://h", "https://h/x") == "https://h/x");
  }

  TEST_CASE("url_join: refuses what must be percent-encoded instead of guessing") {
    CHECK(joined("http://h", "/a b").find("must be percent-encoded") != std::string::npos);
    CHECK(joined("http://h", "/a\r\nx: y").find("must be percent-encoded") != std::string::npos);
    CHECK(joined("http://h", "/\xC3\xA4").find("must be percent-encoded") != std::string::npos);
    CHECK(joined("http://h", "/%zz").find("two hex digits") != std::string::npos);
  }

  TEST_CASE("url_join: a base must be an http URL without query and fragment") {
    CHECK(normalize_base_url("http://h:1/a/") == "http://h:1/a");
    CHECK_THROWS_AS(normalize_base_url("http://h/?a"), std::invalid_argument);
    CHECK_THROWS_AS(normalize_base_url("http://h/#a"), std::invalid_argument);
    CHECK_THROWS_AS(normalize_base_url("h:8000"), std::invalid_argument);
    CHECK(normalize_base_url("https://h/") == "https://h");
    CHECK_THROWS_AS(normalize_base_url("ftp://h"), std::invalid_argument);
    CHECK_THROWS_AS(normalize_base_url("http://h:99999"), std::invalid_argument);
  }

  TEST_CASE("url_join: the printable form shows no query, no user info and no control characters") {
    CHECK(printable_url("http://h", "/x?token=1") == "http://h/x");
    CHECK(printable_url("", "http://h/x#f") == "http://h/x");
    CHECK(printable_url("", "http://me:secret@h/x") == "(URL with '@')");
    CHECK(printable_url("http://h", "/a\r\nb") == "http://h/a??b");
    CHECK(printable_url("http://h", "/" + std::string(500, 'a')).size() == 203);
  }

  TEST_CASE("url_join: ws and wss are http and https, anything else stands as it is") {
    CHECK(http_url_of("ws://h:1/x?q#f") == "http://h:1/x?q#f");
    CHECK(http_url_of("wss://h") == "https://h");
    CHECK(http_url_of("WSS://h") == "https://h");
    CHECK(http_url_of("http://h") == "http://h");
    CHECK(http_url_of("https://ws://h") == "https://ws://h");
    CHECK(http_url_of("/ws") == "/ws");
    CHECK(http_url_of("ws") == "ws");
    CHECK(http_url_of("ws:/h") == "ws:/h");
    CHECK(http_url_of("") == "");
  }
}
