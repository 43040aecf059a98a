// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/http_url.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <string_view>

#include "support/value_outcome.hpp"

using namespace coroute;
using coroute::testing::read;
using coroute::testing::ValueRow;

namespace {

constexpr std::string_view wrong_scheme =
    "url_scheme | URL scheme should be 'http' or 'https' | {\"expected_schemes\":\"'http' or 'https'\"}";
constexpr std::string_view too_long = "url_too_long | URL should have at most 2083 characters | {\"max_length\":2083}";

std::string refused(std::string_view reason) {
  return coroute::testing::refused("url_parsing", "Input should be a valid URL", reason);
}

void check_all(const auto& rows) {
  for (const ValueRow& row : rows) {
    CAPTURE(row.input);
    CHECK(read<HttpUrl>(row.input) == row.outcome);
  }
}

void check_all_refused(const auto& rows) {
  for (const ValueRow& row : rows) {
    CAPTURE(row.input);
    CHECK(read<HttpUrl>(row.input) == refused(row.outcome));
  }
}

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("http url: scheme and host become lower case and the path is at least a slash") {
    const ValueRow rows[] = {
        {"https://x.io", "https://x.io/"},
        {"HTTPS://X.IO/Path", "https://x.io/Path"},
        {"http://localhost", "http://localhost/"},
        {"http://x.io?q=1", "http://x.io/?q=1"},
        {"http://x.io#f", "http://x.io/#f"},
        {"http://x.io/a?b=c#d", "http://x.io/a?b=c#d"},
        {"http://x.io?", "http://x.io/?"},
        {"http://x.io/a#", "http://x.io/a#"},
        {"http://x_y.io/", "http://x_y.io/"},
        {"http://x..io/", "http://x..io/"},
        {"http://x.io./", "http://x.io./"},
        {"http://-x.io", "http://-x.io/"},
        {"http://xn--mnchen-3ya.de/", "http://xn--mnchen-3ya.de/"},
        {"http://x%41.io/", "http://xa.io/"},
    };
    check_all(rows);
  }

  TEST_CASE("http url: the default port is dropped") {
    const ValueRow rows[] = {
        {"https://x.io:443/a", "https://x.io/a"},   {"http://x.io:80", "http://x.io/"},
        {"https://x.io:80/a", "https://x.io:80/a"}, {"http://x.io:443", "http://x.io:443/"},
        {"http://x.io:00080/", "http://x.io/"},     {"http://x.io:", "http://x.io/"},
        {"http://x.io:1", "http://x.io:1/"},        {"http://x.io:65535/", "http://x.io:65535/"},
        {"http://[::1]:80/", "http://[::1]/"},      {"http://[::1]:81/", "http://[::1]:81/"},
    };
    check_all(rows);
  }

  TEST_CASE("http url: a port is a number from 1 to 65535") {
    for (const std::string_view text :
         {"http://x.io:0", "http://x.io:65536", "http://x.io:99999999999999999999", "http://x.io:abc", "http://x.io:8a",
          "http://x.io:+80", "http://x.io:-1", "http://x.io:8 0", "http://[::1]:8a"}) {
      CAPTURE(text);
      CHECK(read<HttpUrl>(text) == refused("invalid port number"));
    }
  }

  TEST_CASE("http url: slashes after the scheme may be missing, too many or backslashes") {
    for (const std::string_view text :
         {"http:/x.io/a", "http:x.io/a", "http:///x.io/a", "http:////x.io/a", "http:\\\\x.io\\a", "http:\\/x.io/a"}) {
      CAPTURE(text);
      CHECK(read<HttpUrl>(text) == "http://x.io/a");
    }
    CHECK(read<HttpUrl>("http://x.io//a") == "http://x.io//a");
  }

  TEST_CASE("http url: white space around it and line ends inside don't count") {
    for (const std::string_view text : {" http://x.io/a ", "\thttp://x.io/a\r\n", "http://x.io/\ta\n",
                                        "ht\ntp://x.i\ro/a", "\x01http://x.io/a\x1F"}) {
      CAPTURE(text);
      CHECK(read<HttpUrl>(text) == "http://x.io/a");
    }
    CHECK(read<HttpUrl>(std::string_view("http://x.io/a\0", 14)) == "http://x.io/a");
  }

  TEST_CASE("http url: dot segments are resolved") {
    const ValueRow rows[] = {
        {"http://x.io/../a/./b/../c", "http://x.io/a/c"},
        {"http://x.io/a/..", "http://x.io/"},
        {"http://x.io/a/.", "http://x.io/a/"},
        {"http://x.io/a/b/..", "http://x.io/a/"},
        {"http://x.io/%2e%2E/a", "http://x.io/a"},
        {"http://x.io/a/.%2e/b", "http://x.io/b"},
        {"http://x.io\\a\\..\\b", "http://x.io/b"},
        {"http://x.io/.../a", "http://x.io/.../a"},
        {"http://x.io/.a/..b", "http://x.io/.a/..b"},
        {"http://x.io/a//../b", "http://x.io/a/b"},
        {"http://x.io/../../..", "http://x.io/"},
        {"http://x.io?a/../b", "http://x.io/?a/../b"},
    };
    check_all(rows);
  }

  TEST_CASE("http url: characters that a URL can't have are percent-encoded") {
    const ValueRow rows[] = {
        {"http://x.io/a b", "http://x.io/a%20b"},
        {"http://x.io/\xC3\xA4", "http://x.io/%C3%A4"},
        {"http://x.io/?q=\xC3\xA4 b", "http://x.io/?q=%C3%A4%20b"},
        {"http://x.io/{}`\"<>", "http://x.io/%7B%7D%60%22%3C%3E"},
        {"http://x.io/|^[]", "http://x.io/%7C%5E%5B%5D"},
        {"http://x.io/?a'b\"<>", "http://x.io/?a%27b%22%3C%3E"},
        {"http://x.io/#x`y'", "http://x.io/#x%60y'"},
        {"http://x.io/%7e%C3", "http://x.io/%7e%C3"},
        {"http://x.io/%zz%", "http://x.io/%25zz%25"},
        {"http://x.io/a\x7F", "http://x.io/a%7F"},
        {"http://x.io/!$&'()*+,;=:@-._~", "http://x.io/!$&'()*+,;=:@-._~"},
    };
    check_all(rows);
  }

  TEST_CASE("http url: numeric hosts are IPv4 addresses in every notation") {
    const ValueRow rows[] = {
        {"http://1.2.3.4/", "http://1.2.3.4/"},
        {"http://1.2.3/", "http://1.2.0.3/"},
        {"http://1.65536/", "http://1.1.0.0/"},
        {"http://0x7f.1/", "http://127.0.0.1/"},
        {"http://0X7F000001/", "http://127.0.0.1/"},
        {"http://0300.1/", "http://192.0.0.1/"},
        {"http://2130706433/", "http://127.0.0.1/"},
        {"http://4294967295/", "http://255.255.255.255/"},
        {"http://0x/", "http://0.0.0.0/"},
        {"http://1.2.3.4./", "http://1.2.3.4/"},
        {"http://%31.2.3.4/", "http://1.2.3.4/"},
        {"http://1.16777215/", "http://1.255.255.255/"},
        {"http://1a/", "http://1a/"},
        {"http://a.0xg/", "http://a.0xg/"},
    };
    check_all(rows);
  }

  TEST_CASE("http url: a numeric host that is no IPv4 address is refused") {
    for (const std::string_view text :
         {"http://256.1.1.1/", "http://1.256.1.1/", "http://1.2.3.256/", "http://4294967296/", "http://999999999999/",
          "http://1.16777216/", "http://1.2.3.4.5/", "http://1.2.3.08/", "http://09/", "http://foo.0x4/", "http://a.1/",
          "http://1..2/", "http://0x100000000/", "http://99999999999999999999999999/"}) {
      CAPTURE(text);
      CHECK(read<HttpUrl>(text) == refused("invalid IPv4 address"));
    }
  }

  TEST_CASE("http url: an IPv6 address is in brackets and in its short form") {
    const ValueRow rows[] = {
        {"http://[::1]/", "http://[::1]/"},
        {"http://[0:0:0:0:0:0:0:1]/", "http://[::1]/"},
        {"http://[1:0:0:2:0:0:0:3]:81/", "http://[1:0:0:2::3]:81/"},
        {"http://[::FFFF]/", "http://[::ffff]/"},
    };
    check_all(rows);
    for (const std::string_view text : {"http://[::1", "http://[::1]x", "http://[zz]/", "http://[1.2.3.4]/",
                                        "http://[]/", "http://[fe80::1%25eth0]/"}) {
      CAPTURE(text);
      CHECK(read<HttpUrl>(text) == refused("invalid IPv6 address"));
    }
  }

  TEST_CASE("http url: user info is kept, encoded, and apart from what a client connects to") {
    const ValueRow rows[] = {
        {"http://user:pass@x.io/", "http://user:pass@x.io/"},
        {"http://user@x.io", "http://user@x.io/"},
        {"http://user:p@ss@x.io/", "http://user:p%40ss@x.io/"},
        {"http://u:@x.io/", "http://u@x.io/"},
        {"http://:p@x.io/", "http://:p@x.io/"},
        {"http://@x.io", "http://x.io/"},
        {"http://:@x.io", "http://x.io/"},
    };
    check_all(rows);
    const HttpUrl url = HttpUrl::parse("https://ann:s%20x@x.io:8443/a?b#c");
    CHECK(url.user_info() == "ann:s%20x");
    CHECK(url.url().to_string() == "https://x.io:8443/a?b");
    CHECK(url.fragment() == "c");
    CHECK(HttpUrl::parse("http://x.io/a@b").user_info().empty());
    CHECK(HttpUrl::parse("http://x.io/a@b").fragment().empty());
  }

  TEST_CASE("http url: what isn't a web address is refused with the reason") {
    const ValueRow rows[] = {
        {"", "input is empty"},
        {" ", "relative URL without a base"},
        {"x", "relative URL without a base"},
        {"/a", "relative URL without a base"},
        {"//x.io/a", "relative URL without a base"},
        {"1http://x", "relative URL without a base"},
        {"h ttp://x", "relative URL without a base"},
        {"://x", "relative URL without a base"},
        {"http", "relative URL without a base"},
        {"http:", "empty host"},
        {"http://", "empty host"},
        {"http:/", "empty host"},
        {"http:?x", "empty host"},
        {"http:#x", "empty host"},
        {"http://:80/", "empty host"},
        {"http://user:pass@/", "empty host"},
        {"http://a b/", "invalid international domain name"},
        {"http://x<y/", "invalid international domain name"},
        {"http://x^y/", "invalid international domain name"},
        {"http://x%00.io/", "invalid international domain name"},
        {"http://%", "invalid international domain name"},
        {"http://x%2Fy/", "invalid international domain name"},
        {"http://x%40y/", "invalid international domain name"},
        {"http://m\xC3\xBCnchen.de/", "invalid international domain name"},
        {"http://\xFF/", "invalid international domain name"},
    };
    check_all_refused(rows);
  }

  TEST_CASE("http url: other schemes are refused") {
    for (const std::string_view text :
         {"ftp://x.io", "mailto:x@y.z", "file:///etc", "javascript:alert(1)", "ws://x.io", "httpss://x.io", "a:b"}) {
      CAPTURE(text);
      CHECK(read<HttpUrl>(text) == wrong_scheme);
    }
  }

  TEST_CASE("http url: a text has at most 2083 bytes") {
    const std::string start = "http://x.io/";
    CHECK(read<HttpUrl>(start + std::string(2070, 'a')) == start + std::string(2070, 'a'));
    CHECK(read<HttpUrl>(start + std::string(2071, 'a')) == start + std::string(2071, 'a'));
    CHECK(read<HttpUrl>(start + std::string(2072, 'a')) == too_long);
    CHECK(read<HttpUrl>(std::string(3000, ' ') + start) == too_long);
    CHECK(read<HttpUrl>(start + std::string(2071, '{')).size() == start.size() + 3 * std::size_t{2071});
  }

  TEST_CASE("http url: whatever is accepted is a Url and reads back as it is") {
    for (const std::string_view text :
         {"http:x.io\\a|b^c?d|e'f#g|h", "HTTP://u:p@[::FFFF]:8080/%zz/../%2e?%#%", "http://0x7f.1:80?x[]=1",
          "http://x.io/\xFF\xC3?\x80#\xF0", "http://x.io/?\\^`{|}"}) {
      CAPTURE(text);
      const HttpUrl url = HttpUrl::parse(text);
      CHECK_NOTHROW(url.url());
      CHECK(read<HttpUrl>(url.text()) == url.text());
    }
  }

  TEST_CASE("http url: the default is empty and a refused text leaves the value as it was") {
    HttpUrl url;
    CHECK(url.text().empty());
    CHECK(url.user_info().empty());
    CHECK(url.fragment().empty());
    CHECK_THROWS_AS(url.url(), std::invalid_argument);
    url = HttpUrl::parse("http://x.io");
    CHECK(value_from_text("ftp://x.io", url));
    CHECK(value_from_text("http://x.io:x", url));
    CHECK(to_text(url) == "http://x.io/");
  }

  TEST_CASE("http url: values compare by their normal form") {
    CHECK(HttpUrl::parse("HTTP://x.io:80") == HttpUrl::parse("http://x.io/"));
    CHECK(HttpUrl::parse("http://a.io") < HttpUrl::parse("http://b.io"));
    CHECK_THROWS_WITH_AS(HttpUrl::parse("x"), "Input should be a valid URL, relative URL without a base",
                         std::invalid_argument);
  }

  TEST_CASE("http url: the schema is a string of format uri") {
    CHECK(ValueSchema<HttpUrl>::format == "uri");
    CHECK(ValueSchema<HttpUrl>::error_type == "url_type");
    CHECK(HttpUrl::max_length == 2083);
  }
}
