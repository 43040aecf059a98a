// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/trusted_host.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "support/answer_of.hpp"
#include "support/around.hpp"

using namespace coroute;
using coroute::testing::around;
using coroute::testing::TestRequest;

namespace {

/// Status and Location of the answer to a request to `host`.
std::string answer_for(std::vector<std::string> allowed, std::string_view host, bool www_redirect = true) {
  const Handler handler =
      around(TrustedHostMiddleware({.allowed_hosts = std::move(allowed), .www_redirect = www_redirect}),
             [] { return "content"; });
  TestRequest request("GET", "/p?x=1");
  request.without_headers();
  if (!host.empty()) request.header("host", host);
  const Response response = testing::answer(handler, request);
  if (response.status == Status::BadRequest) CHECK(response.content() == "Invalid host header");
  return std::to_string(response.status.code()) + std::string(response.headers.get("location").value_or(""));
}

}  // namespace

TEST_SUITE("middleware") {
  TEST_CASE("trusted host: known hosts are served, with any port and in any letter case") {
    CHECK(answer_for({"a.org", "b.org"}, "b.org") == "200");
    CHECK(answer_for({"a.org"}, "a.org:8000") == "200");
    CHECK(answer_for({"a.org"}, "A.Org") == "200");
    CHECK(answer_for({"A.org"}, "a.org") == "200");
    CHECK(answer_for({"[::1]"}, "[::1]:8000") == "200");
  }

  TEST_CASE("trusted host: other hosts are refused, and no host is") {
    CHECK(answer_for({"a.org"}, "b.org") == "400");
    CHECK(answer_for({"a.org"}, "a.org.evil.org") == "400");
    CHECK(answer_for({"a.org"}, "x.a.org") == "400");
    CHECK(answer_for({"a.org"}, "") == "400");
    CHECK(answer_for({}, "a.org") == "400");
  }

  TEST_CASE("trusted host: a wildcard stands for what is below a domain, or for everything") {
    CHECK(answer_for({"*.a.org"}, "x.a.org") == "200");
    CHECK(answer_for({"*.a.org"}, "y.x.a.org") == "200");
    CHECK(answer_for({"*.a.org"}, "a.org") == "400");
    CHECK(answer_for({"*.a.org"}, "xa.org") == "400");
    CHECK(answer_for({"*"}, "b.org") == "200");
    CHECK(answer_for({"*"}, "") == "200");
  }

  TEST_CASE("trusted host: a domain of which only www is allowed is sent there") {
    CHECK(answer_for({"www.a.org"}, "a.org:81") == "307http://www.a.org:81/p?x=1");
    CHECK(answer_for({"www.a.org"}, "a.org", false) == "400");
    CHECK(answer_for({"www.a.org"}, "b.org") == "400");
  }

  TEST_CASE("trusted host: a wildcard elsewhere is refused at once") {
    for (const char* const pattern : {"a.*", "*a.org", "*.*.org", "x*.org", "**"}) {
      CAPTURE(pattern);
      CHECK_THROWS_AS(TrustedHostMiddleware({.allowed_hosts = {pattern}}), std::invalid_argument);
    }
  }
}
