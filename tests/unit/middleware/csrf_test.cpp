// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/csrf.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "coroute/testing/test_client.hpp"
#include "support/around.hpp"

using namespace coroute;
using coroute::testing::around;

namespace {

Handler guarded(CsrfOptions options) {
  return around(CsrfMiddleware(std::move(options)), [] { return 1; });
}
Handler guarded() {
  return guarded({.secret_keys = {"secret"}});
}

std::string token_of(const TestResponse& response) {
  const std::string cookie(response.header("set-cookie").value_or("none"));
  const std::size_t begin = cookie.find('=') + 1;
  return cookie.substr(begin, cookie.find(';') - begin);
}

/// What a POST with this cookie, token and origin gets; empty ones are left out.
std::string post(TestClient& client, std::string_view cookie, std::string_view token, std::string_view origin = {}) {
  TestRequestOptions request;
  if (!cookie.empty()) request.cookies = {{"csrftoken", cookie}};
  if (!token.empty()) request.headers.set("x-csrf-token", token);
  if (!origin.empty()) request.headers.set("origin", origin);
  return client.post("/", std::move(request)).text();
}

constexpr const char* bad_token = R"({"detail":"CSRF token missing or incorrect"})";
constexpr const char* bad_origin = R"({"detail":"CSRF origin not trusted"})";

}  // namespace

TEST_SUITE("middleware") {
  TEST_CASE("csrf: reading sets a cookie that scripts can read, once") {
    TestClient client(guarded());
    const TestResponse first = client.get("/");
    const std::string cookie(first.header("set-cookie").value_or("none"));
    CHECK(cookie.starts_with("csrftoken="));
    CHECK(cookie.ends_with("; Path=/; SameSite=lax"));
    CHECK(first.header("vary") == "Cookie");
    const TestResponse second = client.get("/");
    CHECK_FALSE(second.header("set-cookie"));
    CHECK(second.header("vary") == "Cookie");  // a cache must not give it to those without a cookie
    for (const char* const method : {"HEAD", "OPTIONS", "TRACE"}) {
      TestClient other(guarded());
      CHECK(other.request(method, "/").header("set-cookie"));
    }
  }

  TEST_CASE("csrf: writing needs the token of the cookie in a field") {
    TestClient client(guarded());
    const std::string token = token_of(client.get("/"));
    client.cookies().clear();
    CHECK(post(client, token, token) == "1");
    CHECK(post(client, token, "") == bad_token);
    CHECK(post(client, "", token) == bad_token);
    CHECK(post(client, "", "") == bad_token);
    CHECK(post(client, token, token + "x") == bad_token);
    for (const char* const method : {"POST", "PUT", "PATCH", "DELETE", "PURGE"})
      CHECK(client.request(method, "/").status_code() == 403);
  }

  TEST_CASE("csrf: a token that somebody else has made is none") {
    TestClient client(guarded());
    for (const char* const made : {"x", "x.", ".", ".x", "x.y", "AAAAAAAAAAAAAAAAAAAAAA.AAAA"}) {
      CAPTURE(made);
      CHECK(post(client, made, made) == bad_token);
    }
    TestClient other(guarded({.secret_keys = {"other"}}));
    const std::string token = token_of(other.get("/"));
    CHECK(post(client, token, token) == bad_token);
  }

  TEST_CASE("csrf: an old secret goes on checking, the first one makes tokens") {
    TestClient before(guarded({.secret_keys = {"old"}}));
    TestClient rotated(guarded({.secret_keys = {"new", "old"}}));
    TestClient after(guarded({.secret_keys = {"new"}}));
    const std::string old = token_of(before.get("/"));
    CHECK(post(rotated, old, old) == "1");
    CHECK(post(after, old, old) == bad_token);
    const std::string fresh = token_of(rotated.get("/"));
    CHECK(post(after, fresh, fresh) == "1");
  }

  TEST_CASE("csrf: the origin is the host that was asked, or a trusted one") {
    TestClient client(guarded({.secret_keys = {"secret"}, .trusted_origins = {"https://shop.org"}}));
    const std::string token = token_of(client.get("/"));
    client.cookies().clear();
    CHECK(post(client, token, token, "http://testserver") == "1");
    CHECK(post(client, token, token, "https://TestServer") == "1");
    CHECK(post(client, token, token, "https://shop.org") == "1");
    for (const char* const origin : {"http://shop.org", "https://evil.org", "null", "http://testserver.evil.org",
                                     "http://testserver:81", "testserver", "https://shop.org.evil.org"}) {
      CAPTURE(origin);
      CHECK(post(client, token, token, origin) == bad_origin);
    }
  }

  TEST_CASE("csrf: cookie and field have the names and attributes that were chosen") {
    TestClient client(guarded({.secret_keys = {"secret"},
                               .cookie_name = "xsrf",
                               .header_name = "x-xsrf",
                               .path = "/app",
                               .domain = "testserver.org",
                               .same_site = SameSite::Strict,
                               .https_only = true}));
    const TestResponse first = client.get("/");
    const std::string token = token_of(first);
    CHECK(first.header("set-cookie") ==
          "xsrf=" + token + "; Domain=testserver.org; Path=/app; SameSite=strict; Secure");
    CHECK(client.post("/", {.headers = {{"x-xsrf", token}}, .cookies = {{"xsrf", token}}}).text() == "1");
  }

  TEST_CASE("csrf: secrets and cookie attributes that can't be used are refused at once") {
    CHECK_THROWS_AS(CsrfMiddleware({.secret_keys = {}}), std::invalid_argument);
    CHECK_THROWS_AS(CsrfMiddleware({.secret_keys = {""}}), std::invalid_argument);
    CHECK_THROWS_AS(CsrfMiddleware({.secret_keys = {"s"}, .cookie_name = "a b"}), std::invalid_argument);
  }
}
