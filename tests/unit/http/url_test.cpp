// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/url.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <string_view>

using coroute::Url;
using namespace std::string_view_literals;

namespace {

std::string error_of(std::string_view text) {
  try {
    Url::parse(text);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

bool refused(std::string_view text) {
  return error_of(text) != "accepted";
}

std::string target_of(std::string_view text) {
  return std::string(Url::parse(text).target());
}

std::string resolved(std::string_view base, std::string_view reference) {
  return Url::parse(base).resolve(reference).to_string();
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("url: parse splits all parts") {
    const Url url = Url::parse("http://inventory:8000/stock/7?fields=a,b&x=%20#top");
    CHECK(url.scheme() == "http");
    CHECK(url.host() == "inventory");
    CHECK(url.port() == 8000);
    CHECK(url.authority() == "inventory:8000");
    CHECK(url.target() == "/stock/7?fields=a,b&x=%20");
    CHECK(url.to_string() == "http://inventory:8000/stock/7?fields=a,b&x=%20");
  }

  TEST_CASE("url: the port defaults by scheme and a default port leaves the authority") {
    CHECK(Url::parse("http://h").port() == 80);
    CHECK(Url::parse("https://h").port() == 443);
    CHECK(Url::parse("http://h:").port() == 80);
    CHECK(Url::parse("http://h:80").authority() == "h");
    CHECK(Url::parse("https://h:443").authority() == "h");
    CHECK(Url::parse("http://h:443").authority() == "h:443");
    CHECK(Url::parse("https://h:80").authority() == "h:80");
    CHECK(Url::parse("http://h:0080").authority() == "h");
  }

  TEST_CASE("url: the port is at least 1 and at most 65535") {
    CHECK(Url::parse("http://h:1").port() == 1);
    CHECK(Url::parse("http://h:65535").port() == 65535);
    for (const std::string_view port :
         {"0", "65536", "99999999999999999999", "-1", "+80", "80x", "x", " 80", "8 0", "80:80"}) {
      CHECK_MESSAGE(refused("http://h:" + std::string(port) + "/"), port);
    }
  }

  TEST_CASE("url: the target has a path and the query, never the fragment") {
    CHECK(target_of("http://h") == "/");
    CHECK(target_of("http://h/") == "/");
    CHECK(target_of("http://h?a=1") == "/?a=1");
    CHECK(target_of("http://h#f") == "/");
    CHECK(target_of("http://h/?") == "/?");
    CHECK(target_of("http://h/a?b?c/d#e?f/g") == "/a?b?c/d");
    CHECK(target_of("http://h//a//b") == "//a//b");
    CHECK(target_of("http://h/a/../b/./c") == "/a/../b/./c");
    CHECK(target_of("http://h/a:b@c;d=e,f!$&'()*+-._~") == "/a:b@c;d=e,f!$&'()*+-._~");
  }

  TEST_CASE("url: scheme and host become lower case, nothing else") {
    const Url url = Url::parse("HTTPS://API.Example.COM:8443/A%2fB?C#D");
    CHECK(url.to_string() == "https://api.example.com:8443/A%2fB?C");
    CHECK(Url::parse("HTTP://H") == Url::parse("http://h:80/"));
    CHECK(Url::parse("http://h/a") != Url::parse("http://h/A"));
    CHECK(Url::parse("http://h/") != Url::parse("https://h/"));
  }

  TEST_CASE("url: hosts are names, IPv4 and bracketed IPv6 addresses") {
    CHECK(Url::parse("http://my_service.local-1/").host() == "my_service.local-1");
    CHECK(Url::parse("http://127.0.0.1:1/").host() == "127.0.0.1");
    CHECK(Url::parse("http://1.2.3.4.5/").host() == "1.2.3.4.5");
    const Url v6 = Url::parse("http://[2001:DB8::1]:8080/x");
    CHECK(v6.host() == "2001:db8::1");
    CHECK(v6.port() == 8080);
    CHECK(v6.authority() == "[2001:db8::1]:8080");
    CHECK(Url::parse("http://[::1]").authority() == "[::1]");
    CHECK(Url::parse("http://[::ffff:1.2.3.4]").host() == "::ffff:1.2.3.4");
  }

  TEST_CASE("url: what is no host is refused") {
    for (const std::string_view text : {"http://",
                                        "http:///x",
                                        "http://:80/",
                                        "http://?a",
                                        "http://#a",
                                        "http://[]/",
                                        "http://[::1",
                                        "http://[::1]x/",
                                        "http://[::1]80/",
                                        "http://[1.2.3.4]/",
                                        "http://[::1%25eth0]/",
                                        "http://[v1.x]/",
                                        "http://[::g]/",
                                        "http://[:::]/",
                                        "http://::1/",
                                        "http://a b/",
                                        "http://a%41/",
                                        "http://a,b/",
                                        "http://h\\x/",
                                        "http://h|/",
                                        "http://\xC3\xA9.example/",
                                        "http://h]/",
                                        "http://h[/"}) {
      CHECK_MESSAGE(refused(text), text);
    }
    CHECK(refused("http://[::1\0]/"sv));
    CHECK(refused("http://h\0/"sv));
  }

  TEST_CASE("url: anything but absolute http and https is refused") {
    for (const std::string_view text :
         {"", "h", "/a", "//h/a", "h:80", "http", "http:", "http:/", "http:/h", "http:h", "ftp://h/", "httpx://h/",
          "ws://h/", "://h", " http://h/", "1http://h/", "ht tp://h/", "mailto:a", "javascript:alert(1)"}) {
      CHECK_MESSAGE(refused(text), text);
    }
  }

  TEST_CASE("url: characters that must be encoded and bad escapes are refused in every part") {
    const std::string base = "http://h/";
    for (const std::string_view part : {"a", "?a", "#a"}) {
      for (const std::string_view bad :
           {" "sv, "\r"sv, "\n"sv, "\t"sv, "\0"sv, "\x7F"sv, "\""sv,       "<"sv, ">"sv,  "\\"sv, "^"sv,
            "`"sv, "{"sv,  "|"sv,  "}"sv,  "["sv,  "]"sv,    "\xC3\xA9"sv, "%"sv, "%4"sv, "%4g"sv}) {
        CHECK_MESSAGE(refused(base + std::string(part) + std::string(bad)), part, coroute::percent_encode(bad));
        CHECK_MESSAGE(refused(base + std::string(part) + std::string(bad) + "~"), part, coroute::percent_encode(bad));
      }
      CHECK_FALSE(refused(base + std::string(part) + "%20"));
    }
    CHECK(refused("http://h/a#b#c"));
  }

  TEST_CASE("url: errors say what is wrong") {
    CHECK(error_of("/stock") == "invalid URL '/stock': it does not start with http:// or https://");
    CHECK(error_of("ftp://h/") == "invalid URL 'ftp://h/': the scheme is not http or https");
    CHECK(error_of("http:/h") == "invalid URL 'http:/h': '//' and a host must follow the scheme");
    CHECK(error_of("http:///x") == "invalid URL 'http:///x': the host is missing");
    CHECK(error_of("http://a b/") ==
          "invalid URL 'http://a b/': the host has a character other than letters, digits and '-._~'");
    CHECK(error_of("http://h:0/") == "invalid URL 'http://h:0/': the port is not a number between 1 and 65535");
    CHECK(error_of("http://[::1") == "invalid URL 'http://[::1': the '[' of the IPv6 address is not closed");
    CHECK(error_of("http://[1]/") == "invalid URL 'http://[1]/': the brackets do not hold an IPv6 address");
    CHECK(error_of("http://[::1]8/") == "invalid URL 'http://[::1]8/': only a port may follow the IPv6 address");
    CHECK(error_of("http://h/a\r\nb") ==
          "invalid URL 'http://h/a\\x0D\\x0Ab': the path has the character 0x0D, which must be percent-encoded");
    CHECK(error_of("http://h/?%zz") == "invalid URL 'http://h/': the query has a % without two hex digits behind it");
    CHECK(error_of("http://h/# ") ==
          "invalid URL 'http://h/': the fragment has the character 0x20, which must be percent-encoded");
  }

  TEST_CASE("url: user info is refused and no password or query value is shown") {
    CHECK(error_of("http://user:hunter2@h/") ==
          "invalid URL (not shown): user info before '@' is not supported, send an Authorization header instead");
    CHECK(refused("http://@h/"));
    CHECK(refused("http://h\\@evil/"));
    for (const std::string_view text :
         {"http://user:hunter2?x@h/", "http://user:hunter2#x@h/", "http://h/ ?key=hunter2", "ftp://user:hunter2@h/",
          "http://user:hunter2/x@h/"}) {
      const std::string error = error_of(text);
      CHECK_MESSAGE(error != "accepted", text);
      CHECK_MESSAGE(error.find("hunter2") == std::string::npos, error);
    }
    CHECK(target_of("http://h/@me") == "/@me");
  }

  TEST_CASE("url: resolve passes the examples of RFC 3986 section 5.4") {
    const std::string_view base = "http://a/b/c/d;p?q";
    struct Example {
      std::string_view reference;
      std::string_view expected;
    };
    for (const Example& e : {Example{"http://g:81", "http://g:81/"},
                             Example{"g", "http://a/b/c/g"},
                             Example{"./g", "http://a/b/c/g"},
                             Example{"g/", "http://a/b/c/g/"},
                             Example{"/g", "http://a/g"},
                             Example{"//g", "http://g/"},
                             Example{"?y", "http://a/b/c/d;p?y"},
                             Example{"g?y", "http://a/b/c/g?y"},
                             Example{"#s", "http://a/b/c/d;p?q"},
                             Example{"g#s", "http://a/b/c/g"},
                             Example{"g?y#s", "http://a/b/c/g?y"},
                             Example{";x", "http://a/b/c/;x"},
                             Example{"g;x", "http://a/b/c/g;x"},
                             Example{"g;x?y#s", "http://a/b/c/g;x?y"},
                             Example{"", "http://a/b/c/d;p?q"},
                             Example{".", "http://a/b/c/"},
                             Example{"./", "http://a/b/c/"},
                             Example{"..", "http://a/b/"},
                             Example{"../", "http://a/b/"},
                             Example{"../g", "http://a/b/g"},
                             Example{"../..", "http://a/"},
                             Example{"../../", "http://a/"},
                             Example{"../../g", "http://a/g"},
                             Example{"../../../g", "http://a/g"},
                             Example{"../../../../g", "http://a/g"},
                             Example{"/./g", "http://a/g"},
                             Example{"/../g", "http://a/g"},
                             Example{"g.", "http://a/b/c/g."},
                             Example{".g", "http://a/b/c/.g"},
                             Example{"g..", "http://a/b/c/g.."},
                             Example{"..g", "http://a/b/c/..g"},
                             Example{"./../g", "http://a/b/g"},
                             Example{"./g/.", "http://a/b/c/g/"},
                             Example{"g/./h", "http://a/b/c/g/h"},
                             Example{"g/../h", "http://a/b/c/h"},
                             Example{"g;x=1/./y", "http://a/b/c/g;x=1/y"},
                             Example{"g;x=1/../y", "http://a/b/c/y"},
                             Example{"g?y/./x", "http://a/b/c/g?y/./x"},
                             Example{"g?y/../x", "http://a/b/c/g?y/../x"},
                             Example{"g#s/../x", "http://a/b/c/g"}}) {
      CHECK_MESSAGE(resolved(base, e.reference) == e.expected, e.reference);
    }
  }

  TEST_CASE("url: resolve keeps the scheme and the port of the base") {
    CHECK(resolved("https://h:8443/a/b", "c") == "https://h:8443/a/c");
    CHECK(resolved("https://[::1]:8443/a/b", "/c?d") == "https://[::1]:8443/c?d");
    CHECK(resolved("https://h/a", "//other:444/x/../y") == "https://other:444/y");
    CHECK(resolved("https://h/a", "http://h/./b") == "http://h/b");
    CHECK(resolved("https://h", "a") == "https://h/a");
    CHECK(resolved("http://h/a?b", "?") == "http://h/a?");
    CHECK(resolved("http://h/a?b/c?d", "x") == "http://h/x");
  }

  TEST_CASE("url: resolve handles empty segments, dots without end and encoded dots") {
    CHECK(resolved("http://h//a/b", "c") == "http://h//a/c");
    CHECK(resolved("http://h//a", "") == "http://h//a");
    CHECK(resolved("http://h//a", "?q") == "http://h//a?q");
    CHECK(resolved("http://h/a//b", "../c") == "http://h/a/c");
    CHECK(resolved("http://h/a", "/b//../c") == "http://h/b/c");
    CHECK(resolved("http://h/a", "/%2e%2e/c") == "http://h/%2e%2e/c");
    CHECK(resolved("http://h/a", "./b:c?d:e") == "http://h/b:c?d:e");
    CHECK(resolved("http://h/a", "2024:b") == "http://h/2024:b");
    std::string dots = "x";
    for (int i = 0; i < 100'000; ++i)
      dots.insert(0, "../");
    CHECK(resolved("http://h/a/b/c/d", dots) == "http://h/x");
  }

  TEST_CASE("url: with_target keeps the origin and takes the target as it stands") {
    const Url base = Url::parse("https://h:8443/a?b=1");
    const Url other = base.with_target("/x/../%7E?y=/?&z");
    CHECK(other.to_string() == "https://h:8443/x/../%7E?y=/?&z");
    CHECK(other.scheme() == "https");
    CHECK(other.host() == "h");
    CHECK(other.port() == 8443);
    CHECK(other.authority() == "h:8443");
    CHECK(Url::parse("http://[::1]/").with_target("//other/x").to_string() == "http://[::1]//other/x");
  }

  TEST_CASE("url: with_target equals parse of origin and target") {
    const Url base = Url::parse("http://h:81/a");
    for (const std::string target : {"", "/", "/x", "?q", "/x?q#part", "#part", "?q#", "/%2F?%20"}) {
      INFO(target);
      CHECK(base.with_target(target) == Url::parse("http://h:81" + target));
    }
  }

  TEST_CASE("url: with_target refuses what is no target, and never leaves the origin") {
    const Url base = Url::parse("http://h");
    for (const std::string_view target : {"x", ".evil/", ":81/", "@evil/", "http://evil/", "/a b", "/\r\nx: y", "/%zz",
                                          "/%4", "?\xC3\xA9", "/x#\xC3\xA9", "/[x]"}) {
      INFO(target);
      CHECK_THROWS_AS(base.with_target(target), std::invalid_argument);
    }
  }

  TEST_CASE("url: resolve refuses what parse refuses") {
    const Url base = Url::parse("http://h/a/b");
    for (const std::string_view reference : {"ftp://x/", "mailto:a@b", "javascript:alert(1)", "http:g", "//u:p@x/",
                                             "//", "http://", "a b", "/\r\nx: y", "%zz", "?\xC3\xA9", "//h:0/"}) {
      INFO(reference);
      CHECK_THROWS_AS(base.resolve(reference), std::invalid_argument);
    }
  }
}
