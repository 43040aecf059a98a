// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/cookie.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>

using namespace coroute;
using namespace std::chrono_literals;
using namespace std::string_view_literals;

namespace {

/// "[name=value][name=value]"
std::string dump(std::string_view header) {
  std::string out;
  for (const auto& [name, value] : parse_cookies(header))
    out += '[' + name + '=' + value + ']';
  return out;
}

/// What `value` looks like in a Set-Cookie field.
std::string written(std::string_view value) {
  const SetCookie cookie{.name = "k", .value = std::string(value), .path = "", .same_site = std::nullopt};
  return cookie.to_string().substr(2);
}

std::string error_of(const SetCookie& cookie) {
  try {
    return "accepted: " + cookie.to_string();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

bool accepts_name(std::string name) {
  return error_of({.name = std::move(name), .value = "v"}).starts_with("accepted");
}

}  // namespace

TEST_SUITE("http") {
  TEST_CASE("parse_cookies: splits at semicolons and the first =") {
    CHECK(dump("a=1; b=2;c=3") == "[a=1][b=2][c=3]");
    CHECK(dump("a=1=2; b==") == "[a=1=2][b==]");
    CHECK(dump("a=1, b=2") == "[a=1, b=2]");
    CHECK(dump("a=1; a=2") == "[a=1][a=2]");
    CHECK(dump("A=1; a=2") == "[A=1][a=2]");
  }

  TEST_CASE("parse_cookies: whitespace around names and values is dropped") {
    CHECK(dump(" a = 1 ;\tb\t=\t2 3\t; ") == "[a=1][b=2 3]");
  }

  TEST_CASE("parse_cookies: empty pieces are skipped, half empty ones kept") {
    CHECK(dump("") == "");
    CHECK(dump(" ; ;; = ;") == "");
    CHECK(dump("alone; a=; =b") == "[=alone][a=][=b]");
  }

  TEST_CASE("parse_cookies: a value in double quotes is unquoted with its escapes") {
    CHECK(dump(R"(a="q v")") == "[a=q v]");
    CHECK(dump(R"(a="")") == "[a=]");
    CHECK(dump(R"(a="x\"y\\z")") == R"([a=x"y\z])");
    CHECK(dump(R"(a="\054\073\040")") == "[a=,; ]");
    CHECK(dump(R"(a="\303\251")") == "[a=\xC3\xA9]");
    CHECK(dump(R"(a="\377\012")") == "[a=\xFF\n]");
    CHECK(dump(R"(a="x"; b="y")") == "[a=x][b=y]");
  }

  TEST_CASE("parse_cookies: what is no octal escape loses only its backslash") {
    CHECK(dump(R"(a="\400")") == "[a=400]");
    CHECK(dump(R"(a="\08x")") == "[a=08x]");
    CHECK(dump(R"(a="\07")") == "[a=07]");
    CHECK(dump(R"(a="\n")") == "[a=n]");
    CHECK(dump(R"(a="\\054")") == R"([a=\054])");
  }

  TEST_CASE("parse_cookies: quotes that don't enclose the value stay") {
    CHECK(dump(R"(a=")") == R"([a="])");
    CHECK(dump(R"(a="x)") == R"([a="x])");
    CHECK(dump(R"(a=x")") == R"([a=x"])");
    CHECK(dump(R"(a=x\054)") == R"([a=x\054])");
    CHECK(dump(R"(a="x\")") == R"([a=x\])");
    CHECK(dump(R"("a"=1)") == R"(["a"=1])");
  }

  TEST_CASE("parse_cookies: a semicolon inside quotes still separates") {
    CHECK(dump(R"(a="x;y")") == R"([a="x][=y"])");
  }

  TEST_CASE("set cookie: defaults are path / and SameSite lax") {
    CHECK(SetCookie{.name = "k", .value = "v"}.to_string() == "k=v; Path=/; SameSite=lax");
    CHECK(SetCookie{.name = "fakesession", .value = "fake-cookie-session-value"}.to_string() ==
          "fakesession=fake-cookie-session-value; Path=/; SameSite=lax");
  }

  TEST_CASE("set cookie: attributes come in alphabetical order") {
    const SetCookie cookie{.name = "b",
                           .value = "q v",
                           .max_age = 60s,
                           .path = "/p",
                           .domain = "x.io",
                           .secure = true,
                           .http_only = true,
                           .same_site = SameSite::Strict};
    CHECK(cookie.to_string() == R"(b="q v"; Domain=x.io; HttpOnly; Max-Age=60; Path=/p; SameSite=strict; Secure)");
  }

  TEST_CASE("set cookie: every attribute at once") {
    const SetCookie cookie{.name = "k",
                           .value = "v",
                           .max_age = 1h,
                           .expires = std::chrono::system_clock::time_point{784111777s},
                           .domain = "x.io",
                           .secure = true,
                           .http_only = true,
                           .same_site = SameSite::None,
                           .partitioned = true};
    CHECK(cookie.to_string() ==
          "k=v; Domain=x.io; expires=Sun, 06 Nov 1994 08:49:37 GMT; HttpOnly; Max-Age=3600; Partitioned; Path=/; "
          "SameSite=none; Secure");
  }

  TEST_CASE("set cookie: a deleting cookie has an empty quoted value and Max-Age 0") {
    const SetCookie cookie{
        .name = "fakesession", .max_age = 0s, .expires = std::chrono::system_clock::time_point{784111777s}};
    CHECK(cookie.to_string() ==
          R"(fakesession=""; expires=Sun, 06 Nov 1994 08:49:37 GMT; Max-Age=0; Path=/; SameSite=lax)");
  }

  TEST_CASE("set cookie: what is not set is not written") {
    CHECK(SetCookie{.name = "k", .value = "v", .path = "", .same_site = std::nullopt}.to_string() == "k=v");
    CHECK(SetCookie{.name = "k", .value = "v", .max_age = -5s, .path = "", .same_site = std::nullopt}.to_string() ==
          "k=v; Max-Age=-5");
  }

  TEST_CASE("set cookie: a value is quoted when a character is not plain") {
    CHECK(written("abc-XYZ_09!#$%&'*+.^`|~:") == "abc-XYZ_09!#$%&'*+.^`|~:");
    CHECK(written("") == R"("")");
    CHECK(written("a b") == R"("a b")");
    CHECK(written("()/<=>?@[]{}") == R"("()/<=>?@[]{}")");
    CHECK(written(R"(a"b\c)") == R"("a\"b\\c")");
    CHECK(written("a,b;c") == R"("a\054b\073c")");
    CHECK(written("\xC3\xA9\xFF") == R"("\303\251\377")");
  }

  TEST_CASE("set cookie: every value it takes is read back the same") {
    for (int byte = 0x20; byte < 256; ++byte) {
      if (byte == 0x7F) continue;
      const std::string value = std::string("x") + static_cast<char>(byte) + "1";
      const auto cookies = parse_cookies("k=" + written(value));
      REQUIRE_MESSAGE(cookies.size() == 1, byte);
      CHECK_MESSAGE(cookies[0].second == value, byte);
    }
  }

  TEST_CASE("set cookie: control characters are refused in every part, the value is not shown") {
    for (int byte = 0; byte < 256; ++byte) {
      if (byte >= 0x20 && byte != 0x7F) continue;
      const std::string bad = std::string("x") + static_cast<char>(byte);
      CHECK_THROWS_AS((SetCookie{.name = bad}.to_string()), std::invalid_argument);
      CHECK_THROWS_AS((SetCookie{.name = "k", .value = bad}.to_string()), std::invalid_argument);
      CHECK_THROWS_AS((SetCookie{.name = "k", .path = '/' + bad}.to_string()), std::invalid_argument);
      CHECK_THROWS_AS((SetCookie{.name = "k", .domain = bad}.to_string()), std::invalid_argument);
    }
    CHECK(error_of({.name = "k", .value = "secret\r\n"}) == "the value of cookie 'k' has the byte 0x0D at position 6");
  }

  TEST_CASE("set cookie: path and domain can't start another attribute") {
    CHECK(error_of({.name = "k", .path = "/; Secure"}) == "the path of cookie 'k' has the byte 0x3B at position 1");
    CHECK(error_of({.name = "k", .domain = "x.io;a"}) == "the domain of cookie 'k' has the byte 0x3B at position 4");
    CHECK(error_of({.name = "k", .path = "/\xC3\xA9"}) == "the path of cookie 'k' has the byte 0xC3 at position 1");
    CHECK(error_of({.name = "k", .path = "/a b~"}) == R"(accepted: k=""; Path=/a b~; SameSite=lax)");
  }

  TEST_CASE("set cookie: the name is a token or has a colon, and no attribute's name") {
    for (const std::string_view name : {"k", "__Host-id", "a:b", "$x", "!#$%&'*+-.^_`|~", "pathx", "max_age"}) {
      CHECK_MESSAGE(accepts_name(std::string(name)), name);
    }
    for (const std::string_view name :
         {"",         " ",        "a b",      "a=b",         "a;b",     "a,b",     "\"a\"",   "a\\",
          "\xC3\xA9", "(a)",      "a/b",      "path",        "PATH",    "Max-Age", "expires", "domain",
          "secure",   "HttpOnly", "SameSite", "partitioned", "comment", "version"}) {
      CHECK_MESSAGE(!accepts_name(std::string(name)), name);
    }
    CHECK(error_of({.name = "a\nb"}) == "cookie name 'a\\x0Ab' is not a token (RFC 6265 section 4.1.1)");
    CHECK(error_of({.name = "Path"}) == "cookie name 'Path' is the name of an attribute");
  }
}
