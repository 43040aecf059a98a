// SPDX-License-Identifier: BSL-1.0
#include "coroute/http/cookie_jar.hpp"

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>

#include "coroute/http/cookie.hpp"
#include "coroute/http/date.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

/// A jar whose clock the test moves.
struct Fixture {
  CookieJar::TimePoint now = std::chrono::sys_days(std::chrono::year(2030) / 6 / 1);
  CookieJar jar{[this] { return now; }};

  void store(std::string_view field, std::string_view url = "http://shop.example.org/a/b") {
    jar.store(field, Url::parse(url));
  }
  std::string sent_to(std::string_view url = "http://shop.example.org/a/b") { return jar.header_for(Url::parse(url)); }
};

/// Whether a cookie set for `url` goes to `other`.
bool reaches(std::string_view field, std::string_view url, std::string_view other) {
  Fixture f;
  f.store(field, url);
  return !f.sent_to(other).empty();
}

}  // namespace

TEST_SUITE("testing") {
  TEST_CASE("cookie jar: what was set is sent back as it stood") {
    Fixture f;
    CHECK(f.jar.empty());
    f.store(R"(a=1)");
    f.store(R"(b="q \"v\""; HttpOnly; SameSite=strict)");
    CHECK(f.sent_to() == R"(a=1; b="q \"v\"")");
    CHECK(f.jar.get("b") == R"(q "v")");
    CHECK(f.jar.size() == 2);
    CHECK_FALSE(f.jar.get("c"));
  }

  TEST_CASE("cookie jar: what Response::set_cookie writes is understood") {
    Fixture f;
    SetCookie cookie;
    cookie.name = "n";
    cookie.value = "a;b,\"c\\d\xc3\xa4";
    cookie.max_age = 10s;
    f.store(cookie.to_string());
    CHECK(f.jar.get("n") == cookie.value);
    CHECK(parse_cookies(f.sent_to()).at(0).second == cookie.value);
  }

  TEST_CASE("cookie jar: the same name, domain and path replaces, and keeps its place") {
    Fixture f;
    f.store("a=1; Path=/");
    f.store("b=1; Path=/");
    f.store("a=2; Path=/");
    CHECK(f.sent_to() == "a=2; b=1");
    CHECK(f.jar.size() == 2);
  }

  TEST_CASE("cookie jar: longer paths go first") {
    Fixture f;
    f.store("short=1; Path=/");
    f.store("long=1; Path=/a/b");
    f.store("middle=1; Path=/a");
    f.store("middle2=1; Path=/a");
    CHECK(f.sent_to() == "long=1; middle=1; middle2=1; short=1");
  }

  TEST_CASE("cookie jar: of several of a name the one set last counts") {
    Fixture f;
    f.store("a=root; Path=/");
    f.store("a=deep; Path=/a");
    CHECK(f.jar.get("a") == "deep");
    f.store("a=root2; Path=/");
    CHECK(f.jar.get("a") == "root2");
  }

  TEST_CASE("cookie jar: max-age ends a cookie on the second") {
    Fixture f;
    f.store("a=1; Max-Age=60");
    f.now += 60s - 1ns;
    CHECK(f.sent_to() == "a=1");
    f.now += 1ns;
    CHECK(f.sent_to().empty());
    CHECK(f.jar.empty());
  }

  TEST_CASE("cookie jar: max-age goes before expires, whatever their order") {
    Fixture f;
    const std::string past = "Expires=" + http_date(f.now - 1h);
    f.store("a=1; Max-Age=60; " + past);
    f.store("b=1; " + past + "; Max-Age=60");
    CHECK(f.sent_to() == "a=1; b=1");
    f.store("a=1; Max-Age=0; Expires=" + http_date(f.now + 1h));
    CHECK(f.sent_to() == "b=1");
  }

  TEST_CASE("cookie jar: zero and negative max-age delete") {
    for (const std::string value : {"0", "00", "-1", "-99999999999999999999"}) {
      Fixture f;
      f.store("a=1; Path=/");
      f.store("a=; Path=/; Max-Age=" + value);
      CHECK_MESSAGE(f.jar.empty(), value);
    }
  }

  TEST_CASE("cookie jar: a max-age that is no number or beyond all numbers does no harm") {
    Fixture f;
    for (const std::string value : {"", "x", "1x", "+1", " ", "--1", "9223372036854775807", "99999999999999999999"}) {
      f.jar.clear();
      f.store("a=1; Max-Age=" + value);
      f.now += 24h * 365 * 5;
      CHECK_MESSAGE(f.sent_to() == "a=1", value);
    }
  }

  TEST_CASE("cookie jar: expires is understood in the forms that servers write") {
    for (const std::string date :
         {"Sat, 01 Jun 2030 00:01:00 GMT", "Sat, 01-Jun-2030 00:01:00 GMT", "Saturday, 01-Jun-30 00:01:00 GMT"}) {
      Fixture f;
      f.store("a=1; expires=" + date);
      f.now += 59s;
      CHECK_MESSAGE(f.jar.size() == 1, date);
      f.now += 1s;
      CHECK_MESSAGE(f.jar.empty(), date);
    }
    Fixture f;
    f.store("a=1; Expires=tomorrow");
    CHECK(f.jar.size() == 1);
  }

  TEST_CASE("cookie jar: without a domain only the very host gets it") {
    CHECK(reaches("a=1", "http://example.org/", "http://example.org/"));
    CHECK(reaches("a=1", "http://example.org:81/", "http://EXAMPLE.org:82/"));
    CHECK_FALSE(reaches("a=1", "http://example.org/", "http://www.example.org/"));
    CHECK_FALSE(reaches("a=1; Domain=", "http://example.org/", "http://www.example.org/"));
  }

  TEST_CASE("cookie jar: with a domain its subdomains get it too") {
    for (const char* const domain : {"example.org", ".example.org", "EXAMPLE.ORG"}) {
      const std::string field = std::string("a=1; Domain=") + domain;
      CHECK(reaches(field, "http://www.example.org/", "http://example.org/"));
      CHECK(reaches(field, "http://www.example.org/", "http://deep.www.example.org/"));
      CHECK_FALSE(reaches(field, "http://www.example.org/", "http://badexample.org/"));
      CHECK_FALSE(reaches(field, "http://www.example.org/", "http://example.org.evil.com/"));
    }
  }

  TEST_CASE("cookie jar: nobody sets cookies for another host") {
    Fixture f;
    for (const char* const domain : {"evil.com", "other.example.org", "deep.shop.example.org", "org", ".org", "le.org"})
      f.store(std::string("a=1; Domain=") + domain);
    CHECK(f.jar.empty());
  }

  TEST_CASE("cookie jar: a host without dots may name itself") {
    CHECK(reaches("a=1; Domain=testserver", "http://testserver/", "http://testserver/"));
    CHECK_FALSE(reaches("a=1; Domain=testserver", "http://testserver/", "http://x.testserver/"));
  }

  TEST_CASE("cookie jar: addresses have no subdomains") {
    CHECK(reaches("a=1; Domain=127.0.0.1", "http://127.0.0.1/", "http://127.0.0.1/"));
    CHECK_FALSE(reaches("a=1; Domain=0.0.1", "http://127.0.0.1/", "http://127.0.0.1/"));
    CHECK(reaches("a=1", "http://[::1]/", "http://[::1]/"));
  }

  TEST_CASE("cookie jar: a path covers what is below it, by whole segments") {
    CHECK(reaches("a=1; Path=/x", "http://h/", "http://h/x"));
    CHECK(reaches("a=1; Path=/x", "http://h/", "http://h/x/y?q"));
    CHECK(reaches("a=1; Path=/x/", "http://h/", "http://h/x/y"));
    CHECK_FALSE(reaches("a=1; Path=/x/", "http://h/", "http://h/x"));
    CHECK_FALSE(reaches("a=1; Path=/x", "http://h/", "http://h/xy"));
    CHECK_FALSE(reaches("a=1; Path=/x", "http://h/", "http://h/"));
  }

  TEST_CASE("cookie jar: the default path is the folder of the request") {
    for (const char* const field : {"a=1", "a=1; Path=", "a=1; Path=x", "a=1; Path=/y; Path"}) {
      CHECK(reaches(field, "http://h/f/g?/q/", "http://h/f"));
      CHECK(reaches(field, "http://h/f/g", "http://h/f/z"));
      CHECK_FALSE(reaches(field, "http://h/f/g", "http://h/"));
      CHECK(reaches(field, "http://h", "http://h/any"));
    }
  }

  TEST_CASE("cookie jar: secure cookies go over https only") {
    CHECK(reaches("a=1; Secure", "https://h/", "https://h/"));
    CHECK_FALSE(reaches("a=1; secure", "https://h/", "http://h/"));
    CHECK(reaches("a=1", "https://h/", "http://h/"));
  }

  TEST_CASE("cookie jar: what comes over http is never secure, and takes the place of nothing that is") {
    CHECK_FALSE(reaches("a=1; Secure", "http://h/", "https://h/"));
    Fixture f;
    const std::string_view secure_url = "https://shop.example.org/account/me";
    f.store("sid=good; Secure; Path=/account", secure_url);
    for (const std::string_view evil :
         {"sid=evil; Path=/account", "sid=evil; Path=/account/me", "sid=evil; Path=/account; Max-Age=0",
          "sid=evil; Path=/account; Domain=example.org"}) {
      CAPTURE(evil);
      f.store(evil, "http://shop.example.org/account/me");
      CHECK(f.sent_to(secure_url) == "sid=good");
    }
    f.store("sid=other; Path=/", "http://shop.example.org/account/me");  // it goes behind the longer path
    CHECK(f.sent_to(secure_url) == "sid=good; sid=other");
    f.store("sid=new; Path=/account", secure_url);
    CHECK(f.sent_to(secure_url) == "sid=new; sid=other");
  }

  TEST_CASE("cookie jar: a name with a prefix keeps what that promises") {
    const auto is_kept = [](std::string_view field, std::string_view url = "https://a.example.org/x") {
      Fixture f;
      f.store(field, url);
      return !f.jar.empty();
    };
    CHECK(is_kept("__Secure-a=1; Secure"));
    CHECK_FALSE(is_kept("__Secure-a=1"));
    CHECK_FALSE(is_kept("__secure-a=1"));
    CHECK_FALSE(is_kept("__Secure-a=1; Secure", "http://a.example.org/x"));
    CHECK(is_kept("__Host-a=1; Secure; Path=/"));
    CHECK_FALSE(is_kept("__Host-a=1; Path=/"));
    CHECK_FALSE(is_kept("__Host-a=1; Secure"));
    CHECK_FALSE(is_kept("__HOST-a=1; Secure; Path=/x"));
    CHECK_FALSE(is_kept("__Host-a=1; Secure; Path=/; Domain=a.example.org"));
    CHECK_FALSE(is_kept("__Host-a=1; Secure; Path=/; Domain=example.org"));
    CHECK(is_kept("__Hosta=1"));
  }

  TEST_CASE("cookie jar: what is no cookie is left out") {
    Fixture f;
    for (const char* const field : {"", "a", ";", "=1", " =1", "; a=1", "Secure; a=1", "a\x01=1", "a=\x7f"})
      f.store(field);
    CHECK(f.jar.empty());
    f.store(" a = 1 ;;; x ; =y; Path = /a ");
    CHECK(f.sent_to() == "a=1");
    f.store("empty=");
    CHECK(f.jar.get("empty") == "");
  }

  TEST_CASE("cookie jar: cookies can be removed by name, and all of them") {
    Fixture f;
    f.store("a=1; Path=/");
    f.store("a=2; Path=/a");
    f.store("b=3");
    CHECK(f.jar.remove("a") == 2);
    CHECK(f.jar.remove("a") == 0);
    CHECK(f.jar.contains("b"));
    f.jar.clear();
    CHECK(f.jar.empty());
  }

  TEST_CASE("cookie jar: a cookie of the largest size is kept, one byte more is not") {
    CookieJar jar;
    const Url url = Url::parse("http://h/");
    jar.store("a=" + std::string(CookieJar::max_cookie_bytes - 1, 'x'), url);
    jar.store("b=" + std::string(CookieJar::max_cookie_bytes, 'x'), url);
    CHECK(jar.contains("a"));
    CHECK_FALSE(jar.contains("b"));
  }

  TEST_CASE("cookie jar: a domain has its limit, and what was set longest ago goes") {
    CookieJar jar;
    const Url url = Url::parse("http://h/");
    jar.store("other=1", Url::parse("http://other/"));
    for (std::size_t i = 0; i < CookieJar::max_cookies_per_domain; ++i)
      jar.store("c" + std::to_string(i) + "=1", url);
    jar.store("c0=2", url);
    CHECK(jar.size() == CookieJar::max_cookies_per_domain + 1);
    jar.store("more=1", url);
    CHECK(jar.size() == CookieJar::max_cookies_per_domain + 1);
    CHECK(jar.contains("c0"));
    CHECK_FALSE(jar.contains("c1"));
    CHECK(jar.contains("more"));
    CHECK(jar.contains("other"));
  }

  TEST_CASE("cookie jar: all domains together have a limit too") {
    CookieJar jar;
    for (std::size_t i = 0; i <= CookieJar::max_cookies; ++i)
      jar.store("c=" + std::to_string(i), Url::parse("http://h" + std::to_string(i) + "/"));
    CHECK(jar.size() == CookieJar::max_cookies);
    CHECK(jar.header_for(Url::parse("http://h0/")).empty());
    CHECK(jar.header_for(Url::parse("http://h1/")) == "c=1");
  }

  TEST_CASE("cookie jar: without a clock of its own it looks at the system's") {
    CookieJar jar;
    jar.store("a=1; Max-Age=3600", Url::parse("http://h/"));
    jar.store("b=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", Url::parse("http://h/"));
    CHECK(jar.contains("a"));
    CHECK_FALSE(jar.contains("b"));
  }
}
