// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/security_headers.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "coroute/app/app.hpp"
#include "coroute/testing/test_client.hpp"
#include "support/around.hpp"

using namespace coroute;
using coroute::testing::around;

TEST_SUITE("middleware") {
  TEST_CASE("security headers: answers have them, errors too") {
    App app;
    app.use(SecurityHeadersMiddleware());
    TestClient client(std::move(app));
    const TestResponse response = client.get("/nowhere");
    CHECK(response.status_code() == 404);
    CHECK(response.header("content-security-policy") ==
          "default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; object-src 'none'");
    CHECK(response.header("x-content-type-options") == "nosniff");
    CHECK(response.header("x-frame-options") == "DENY");
    CHECK(response.header("referrer-policy") == "strict-origin-when-cross-origin");
    CHECK(response.header("cross-origin-opener-policy") == "same-origin");
    CHECK(response.header("cross-origin-resource-policy") == "same-origin");
    CHECK_FALSE(response.header("permissions-policy"));
  }

  TEST_CASE("security headers: https is demanded over https only") {
    const auto transport = [](const char* base_url) {
      TestClient client(around(SecurityHeadersMiddleware(), [] { return 1; }), {.base_url = base_url});
      return std::string(client.get("/").header("strict-transport-security").value_or("none"));
    };
    CHECK(transport("http://testserver") == "none");
    CHECK(transport("https://testserver") == "max-age=31536000");
  }

  TEST_CASE("security headers: what the handler says stays, what is empty is left out") {
    TestClient client(around(SecurityHeadersMiddleware({.x_frame_options = "", .permissions_policy = "camera=()"}), [] {
      Response response = text("x");
      response.headers.set("content-security-policy", "default-src *");
      response.headers.set("x-frame-options", "SAMEORIGIN");
      return response;
    }));
    const TestResponse response = client.get("/");
    CHECK(response.headers().get_all("content-security-policy") == std::vector<std::string_view>{"default-src *"});
    CHECK(response.header("x-frame-options") == "SAMEORIGIN");
    CHECK(response.header("permissions-policy") == "camera=()");
  }

  TEST_CASE("security headers: the documentation pages keep the policy that they need") {
    App app;
    app.use(SecurityHeadersMiddleware());
    App plain;
    TestClient client(std::move(app));
    TestClient without(std::move(plain));
    CHECK(client.get("/docs").header("content-security-policy") ==
          without.get("/docs").header("content-security-policy"));
  }

  TEST_CASE("security headers: a value that can't be sent is refused at once") {
    CHECK_THROWS_AS(SecurityHeadersMiddleware({.referrer_policy = "a\r\nb: c"}), std::invalid_argument);
  }
}
