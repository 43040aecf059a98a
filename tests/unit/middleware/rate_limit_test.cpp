// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/rate_limit.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>

#include "coroute/testing/test_client.hpp"
#include "support/around.hpp"
#include "support/test_request.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::around;
using coroute::testing::TestRequest;

namespace {

std::string by_header(const Request& request) {
  return std::string(request.header("x-key").value_or(""));
}

Handler limited(RateLimitOptions options) {
  return around(RateLimitMiddleware(std::move(options)), [] { return 1; });
}

/// "200 remaining/reset" or "429 remaining/reset after retry-after".
std::string ask(TestClient& client, std::string_view key = "a") {
  const TestResponse response = client.get("/", {.headers = {{"x-key", key}}});
  std::string text = std::to_string(response.status_code());
  text.append(" ").append(response.header("ratelimit-remaining").value_or("none"));
  text.append("/").append(response.header("ratelimit-reset").value_or("none"));
  if (const auto wait = response.header("retry-after")) text.append(" after ").append(*wait);
  return text;
}

int status_from(const Handler& handler, const std::string& host) {
  TestRequest request;
  request.from(host, 1000);
  return testing::answer(handler, request).status.code();
}

}  // namespace

TEST_SUITE("middleware") {
  TEST_CASE("rate limit: as many requests as the limit at once, and one more for each share of the window") {
    TestClient client(limited({.limit = 3, .window = 30s, .key = by_header}));
    CHECK(ask(client) == "200 2/10");
    CHECK(ask(client) == "200 1/20");
    CHECK(ask(client) == "200 0/30");
    CHECK(ask(client) == "429 0/30 after 10");
    client.advance(9999ms);
    CHECK(ask(client) == "429 0/21 after 1");
    client.advance(1ms);
    CHECK(ask(client) == "200 0/30");
    CHECK(ask(client) == "429 0/30 after 10");
    client.advance(20s);
    CHECK(ask(client) == "200 1/20");
    client.advance(1h);
    CHECK(ask(client) == "200 2/10");
  }

  TEST_CASE("rate limit: a refusal says why, by how much and until when") {
    TestClient client(limited({.limit = 1, .window = 1500ms, .key = by_header}));
    ask(client);
    const TestResponse response = client.get("/", {.headers = {{"x-key", "a"}}});
    CHECK(response.status_code() == 429);
    CHECK(response.text() == R"({"detail":"Too Many Requests"})");
    CHECK(response.header("ratelimit-limit") == "1");
    CHECK(response.header("ratelimit-policy") == "1;w=2");
    CHECK(response.header("retry-after") == "2");
  }

  TEST_CASE("rate limit: shares that are no whole milliseconds add up") {
    TestClient client(limited({.limit = 7, .window = 1s, .key = by_header}));
    int allowed = 0;
    for (int i = 0; i < 1000; ++i) {
      allowed += ask(client).starts_with("200") ? 1 : 0;
      client.advance(10ms);
    }
    CHECK(allowed == 7 + 69);  // the first 7, then 7 a second for 9.99 s
  }

  TEST_CASE("rate limit: each key has its own, no key has none") {
    TestClient client(limited({.limit = 1, .window = 10s, .key = by_header}));
    CHECK(ask(client, "a") == "200 0/10");
    CHECK(ask(client, "b") == "200 0/10");
    CHECK(ask(client, "a") == "429 0/10 after 10");
    CHECK(ask(client, "") == "200 none/none");
    CHECK(ask(client, "") == "200 none/none");
  }

  TEST_CASE("rate limit: without a key function clients are known by address, those of IPv6 by network") {
    const Handler handler = limited({.limit = 1, .window = 1h});
    CHECK(status_from(handler, "10.0.0.1") == 200);
    CHECK(status_from(handler, "10.0.0.1") == 429);
    CHECK(status_from(handler, "10.0.0.2") == 200);
    CHECK(status_from(handler, "2001:db8:0:1::1") == 200);
    CHECK(status_from(handler, "2001:db8:0:1:ffff::2") == 429);
    CHECK(status_from(handler, "2001:db8:0:2::1") == 200);
    CHECK(status_from(handler, "::ffff:10.0.0.3") == 200);
    CHECK(status_from(handler, "::ffff:10.0.0.4") == 200);
  }

  TEST_CASE("rate limit: of more keys than max_keys the one not seen for longest begins anew") {
    TestClient client(limited({.limit = 1, .window = 1h, .key = by_header, .max_keys = 1}));
    CHECK(ask(client, "a").starts_with("200"));
    CHECK(ask(client, "a").starts_with("429"));
    CHECK(ask(client, "b").starts_with("200"));
    CHECK(ask(client, "a").starts_with("200"));
    TestClient both(limited({.limit = 1, .window = 1h, .key = by_header, .max_keys = 100}));
    CHECK(ask(both, "a").starts_with("200"));
    CHECK(ask(both, "b").starts_with("200"));
    CHECK(ask(both, "a").starts_with("429"));
  }

  TEST_CASE("rate limit: keys of any length are told apart by all their text") {
    TestClient client(limited({.limit = 1, .window = 1h, .key = by_header}));
    for (const std::size_t size : {63U, 64U, 65U, 4000U}) {
      CHECK(ask(client, std::string(size, 'x') + "a").starts_with("200"));
      CHECK(ask(client, std::string(size, 'x') + "b").starts_with("200"));
      CHECK(ask(client, std::string(size, 'x') + "a").starts_with("429"));
    }
  }

  TEST_CASE("rate limit: loops share what there is") {
    const Handler handler = limited({.limit = 50, .window = 1h});
    std::atomic<int> allowed = 0;
    const auto ask_often = [&] {
      for (int i = 0; i < 40; ++i)
        allowed += status_from(handler, "10.0.0.1") == 200 ? 1 : 0;
    };
    std::thread other(ask_often);
    ask_often();
    other.join();
    CHECK(allowed == 50);
  }

  TEST_CASE("rate limit: limits of nothing are refused at once") {
    CHECK_THROWS_AS(RateLimitMiddleware({.limit = 0}), std::invalid_argument);
    CHECK_THROWS_AS(RateLimitMiddleware({.window = 0s}), std::invalid_argument);
    CHECK_THROWS_AS(RateLimitMiddleware({.max_keys = 0}), std::invalid_argument);
    CHECK_THROWS_AS(RateLimitMiddleware({.limit = 1'000'001, .window = 1ms}), std::invalid_argument);
    CHECK_NOTHROW(RateLimitMiddleware({.limit = 1'000'000, .window = 1ms}));
  }
}
