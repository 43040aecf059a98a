// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/https_redirect.hpp"

#include <doctest/doctest.h>

#include <string>

#include "coroute/app/app.hpp"
#include "support/around.hpp"
#include "support/test_request.hpp"

using namespace coroute;
using coroute::testing::around;
using coroute::testing::TestRequest;

namespace {

std::string redirected(std::string_view host, std::string_view target, std::string_view scheme = "http") {
  const Handler handler = around(https_redirect_middleware, [] { return "content"; });
  TestRequest request("GET", target);
  request.without_headers().scheme(scheme);
  if (!host.empty()) request.header("host", host);
  const Response response = testing::answer(handler, request);
  return std::to_string(response.status.code()) + " " + std::string(response.headers.get("location").value_or(""));
}

}  // namespace

TEST_SUITE("middleware") {
  TEST_CASE("https redirect: http is sent to https with path and query as they are") {
    CHECK(redirected("a.org", "/p%20q/?x=1&y=%2F") == "307 https://a.org/p%20q/?x=1&y=%2F");
    CHECK(redirected("a.org", "/") == "307 https://a.org/");
  }

  TEST_CASE("https redirect: the ports of http and https are left out, others are kept") {
    CHECK(redirected("a.org:80", "/") == "307 https://a.org/");
    CHECK(redirected("a.org:443", "/") == "307 https://a.org/");
    CHECK(redirected("a.org:8000", "/") == "307 https://a.org:8000/");
    CHECK(redirected("[::1]:80", "/") == "307 https://[::1]/");
    CHECK(redirected("[::1]", "/") == "307 https://[::1]/");
  }

  TEST_CASE("https redirect: https is served") {
    CHECK(redirected("a.org", "/", "https") == "200 ");
  }

  TEST_CASE("https redirect: without a host there is nowhere to go") {
    CHECK(redirected("", "/") == "400 ");
  }

  TEST_CASE("https redirect: the path that a proxy has taken off is put before it again") {
    App app({.root_path = "/api"});
    app.use(https_redirect_middleware);
    TestRequest request("GET", "/p");
    CHECK(testing::answer(std::move(app).handler(), request).headers.get("location") == "https://testserver/api/p");
  }
}
