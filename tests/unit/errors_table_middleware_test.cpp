// SPDX-License-Identifier: BSL-1.0
// The table of framework/errors.md on what middleware answer themselves: each row is brought about here.
#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/coroute.hpp"
#include "coroute/testing/test_client.hpp"
#include "support/around.hpp"
#include "support/errors_table.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::around;
using coroute::testing::Rows;
using coroute::testing::rows_below;
using coroute::testing::text_of;

namespace {

int one() {
  return 1;
}

void add(Rows& rows, const TestResponse& response) {
  rows.emplace(std::to_string(response.status_code()), response.text());
}

void add(Rows& rows, Middleware middleware, std::string_view method, TestRequestOptions request) {
  TestClient client(around(std::move(middleware), one));
  add(rows, client.request(method, "/", std::move(request)));
}

void add_cors(Rows& rows, CorsOptions options, Headers fields) {
  fields.set("origin", "https://example.org");
  if (!fields.contains("access-control-request-method")) fields.set("access-control-request-method", "GET");
  TestClient client(around(CorsMiddleware(std::move(options)), one));
  add(rows, client.options("/", {.headers = std::move(fields)}));
}

void add_idempotency_key(Rows& rows) {
  add(rows, IdempotencyKeyMiddleware({.required = true}), "POST", {});
  add(rows, IdempotencyKeyMiddleware({.max_key_length = 1}), "POST", {.headers = {{"idempotency-key", "ab"}}});
  TestClient client(around(IdempotencyKeyMiddleware(), []() -> Async<int> {
    co_await sleep(1s);
    co_return 1;
  }));
  const auto ask = [](TestClient& to, Rows& found) -> Async<> {
    auto [first, second] = co_await gather(to.async_post("/").header("idempotency-key", "a"),
                                           to.async_post("/").header("idempotency-key", "a"));
    CHECK(first.status_code() == 200);
    add(found, second);
  };
  client.run(ask(client, rows));
  add(rows, client.post("/other", {.headers = {{"idempotency-key", "a"}}}));
}

}  // namespace

TEST_SUITE("errors") {
  TEST_CASE("errors table: what middleware answer themselves is as listed") {
    Rows rows;
    add(rows, TrustedHostMiddleware({.allowed_hosts = {"example.com"}}), "GET", {});
    add_cors(rows, {}, {});
    add_cors(rows, {.allow_origins = {"*"}}, {{"access-control-request-method", "PUT"}});
    add_cors(rows, {.allow_origins = {"*"}}, {{"access-control-request-headers", "x-a"}});
    add_cors(rows, {.allow_origins = {"*"}}, {{"access-control-request-private-network", "true"}});
    add(rows, CsrfMiddleware({.secret_keys = {"secret"}}), "POST", {});
    add(rows, CsrfMiddleware({.secret_keys = {"secret"}}), "POST", {.headers = {{"origin", "https://evil.example"}}});
    add_idempotency_key(rows);
    add(rows, EtagMiddleware(), "GET", {.headers = {{"if-match", "\"other\""}}});
    TestClient limited(around(RateLimitMiddleware({.limit = 1}), one));
    limited.get("/");
    add(rows, limited.get("/"));
    TestClient slow(around(TimeoutMiddleware(1s), []() -> Async<> { co_await sleep(2s); }));
    add(rows, slow.get("/"));
    TestClient small(around(BodyLimitMiddleware(1), [](Request& request) -> Async<int> {
      const std::string_view body = co_await request.body();
      co_return static_cast<int>(body.size());
    }));
    add(rows, small.post("/", {.body = "ab"}));
    CHECK(text_of(rows) == text_of(rows_below("Middleware")));
  }
}
