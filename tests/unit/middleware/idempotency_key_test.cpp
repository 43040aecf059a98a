// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/idempotency_key.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "coroute/testing/test_client.hpp"
#include "support/around.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::around;

namespace {

AsyncGenerator<std::string> one_piece() {
  co_yield std::string("piece");
}

/// Says which call it was.
Handler counting(IdempotencyKeyOptions options = {}, Status status = Status::Created, std::size_t size = 0) {
  const auto calls = std::make_shared<int>(0);
  return around(IdempotencyKeyMiddleware(std::move(options)), [calls, status, size] {
    return text("call " + std::to_string(++*calls) + std::string(size, '.'), status);
  });
}

TestResponse post(TestClient& client, std::string_view key, std::string body = "{}", std::string_view path = "/") {
  return client.post(path, {.headers = {{"idempotency-key", key}}, .body = std::move(body)});
}

std::string say(const TestResponse& response) {
  return std::to_string(response.status_code()) + " " + response.text();
}

}  // namespace

TEST_SUITE("middleware") {
  TEST_CASE("idempotency key: the same request gets the first answer again, with its status and fields") {
    const auto calls = std::make_shared<int>(0);
    TestClient client(around(IdempotencyKeyMiddleware(), [calls] {
      Response response = json_text("{\"call\":" + std::to_string(++*calls) + "}", Status::Created);
      response.headers.set("location", "/payments/1");
      return response;
    }));
    const TestResponse first = post(client, "a");
    CHECK(say(first) == R"(201 {"call":1})");
    CHECK_FALSE(first.header("idempotent-replayed"));
    const TestResponse again = post(client, "a");
    CHECK(say(again) == R"(201 {"call":1})");
    CHECK(again.header("idempotent-replayed") == "true");
    CHECK(again.header("location") == "/payments/1");
    CHECK(again.header("content-type") == "application/json");
    CHECK(*calls == 1);
  }

  TEST_CASE("idempotency key: other keys, no key and other methods are served anew") {
    TestClient client(counting());
    CHECK(say(post(client, "a")) == "201 call 1");
    CHECK(say(post(client, "b")) == "201 call 2");
    CHECK(say(client.post("/", {.body = "{}"})) == "201 call 3");
    CHECK(say(client.post("/", {.body = "{}"})) == "201 call 4");
    CHECK(say(client.put("/", {.headers = {{"idempotency-key", "a"}}, .body = "{}"})) == "201 call 5");
    CHECK(say(client.get("/", {.headers = {{"idempotency-key", "a"}}})) == "201 call 6");
    CHECK(say(client.patch("/", {.headers = {{"idempotency-key", "c"}}})) == "201 call 7");
    CHECK(say(client.patch("/", {.headers = {{"idempotency-key", "c"}}})) == "201 call 7");
  }

  TEST_CASE("idempotency key: a key of another request gets 422") {
    constexpr const char* used = R"(422 {"detail":"Idempotency-Key was used for another request"})";
    TestClient client(counting());
    CHECK(say(post(client, "a")) == "201 call 1");
    CHECK(say(post(client, "a", "{ }")) == used);
    CHECK(say(post(client, "a", "{}", "/other")) == used);
    CHECK(say(post(client, "a", "{}", "/?q=1")) == used);
    CHECK(say(client.patch("/", {.headers = {{"idempotency-key", "a"}}, .body = "{}"})) == used);
    CHECK(say(post(client, "a")) == "201 call 1");
  }

  TEST_CASE("idempotency key: a request whose like is served at that time gets 409, later the answer") {
    const auto calls = std::make_shared<int>(0);
    TestClient client(around(IdempotencyKeyMiddleware(), [calls]() -> Async<int> {
      co_await sleep(1s);
      co_return ++*calls;
    }));
    const auto ask_twice = [&client]() -> Async<std::pair<std::string, std::string>> {
      auto [first, second] = co_await gather(client.async_post("/").header("idempotency-key", "a"),
                                             client.async_post("/").header("idempotency-key", "a"));
      co_return std::pair(say(first), say(second));
    };
    const auto [first, second] = client.run(ask_twice());
    CHECK(first == "200 1");
    CHECK(second == R"(409 {"detail":"a request with this Idempotency-Key is in progress"})");
    CHECK(say(post(client, "a", "")) == "200 1");
  }

  TEST_CASE("idempotency key: failures are not kept, refusals are") {
    for (const int status : {408, 425, 429, 500, 503, 504}) {
      TestClient client(counting({}, Status(status)));
      CHECK(post(client, "a").text() == "call 1");
      CHECK(post(client, "a").text() == "call 2");
    }
    for (const int status : {200, 204, 303, 400, 402, 404, 409, 422}) {
      TestClient client(counting({}, Status(status)));
      CHECK_FALSE(post(client, "a").header("idempotent-replayed"));
      CHECK(post(client, "a").header("idempotent-replayed") == "true");
    }
  }

  TEST_CASE("idempotency key: a streamed answer is not kept") {
    TestClient client(around(IdempotencyKeyMiddleware(), [] { return stream(one_piece(), "text/plain"); }));
    for (int i = 0; i < 2; ++i) {
      const TestResponse response = post(client, "a");
      CHECK(response.text() == "piece");
      CHECK_FALSE(response.header("idempotent-replayed"));
    }
  }

  TEST_CASE("idempotency key: a handler that throws, or is cancelled, leaves the key free") {
    const auto calls = std::make_shared<int>(0);
    TestClient client(around(IdempotencyKeyMiddleware(), [calls]() -> Async<int> {
      if (++*calls == 1) throw std::runtime_error("boom");
      if (*calls == 2) co_await sleep(1h);
      co_return *calls;
    }));
    CHECK_THROWS_WITH(post(client, "a"), "boom");
    const auto give_up = [&client]() -> Async<bool> {
      try {
        co_await timeout(1s, client.async_post("/").header("idempotency-key", "a").body("{}", "text/plain").send());
      } catch (const TimeoutError&) {
        co_return true;
      }
      co_return false;
    };
    CHECK(client.run(give_up()));
    CHECK(say(post(client, "a")) == "200 3");
  }

  TEST_CASE("idempotency key: an answer is given again for less than expires_after") {
    TestClient client(counting({.expires_after = 60s}));
    CHECK(say(post(client, "a")) == "201 call 1");
    client.advance(59'999ms);
    CHECK(say(post(client, "a")) == "201 call 1");
    client.advance(1ms);
    CHECK(say(post(client, "a")) == "201 call 2");
  }

  TEST_CASE("idempotency key: one that is missing or too long gets 400") {
    TestClient client(counting({.required = true, .max_key_length = 3}));
    CHECK(say(client.post("/")) == R"(400 {"detail":"Idempotency-Key is missing"})");
    CHECK(say(post(client, "")) == R"(400 {"detail":"Idempotency-Key is missing"})");
    CHECK(say(post(client, "12")) == "201 call 1");
    CHECK(say(post(client, "123")) == "201 call 2");
    CHECK(say(post(client, "1234")) == R"(400 {"detail":"Idempotency-Key is too long"})");
    CHECK(say(client.get("/")) == "201 call 3");
  }

  TEST_CASE("idempotency key: whoever authenticates otherwise has other keys") {
    TestClient client(counting());
    const auto ask_as = [&client](std::string_view who, std::string_view key) {
      return say(client.post("/", {.headers = {{"idempotency-key", key}, {"authorization", who}}}));
    };
    CHECK(ask_as("Bearer a", "k") == "201 call 1");
    CHECK(ask_as("Bearer b", "k") == "201 call 2");
    CHECK(ask_as("Bearer a", "k") == "201 call 1");
    CHECK(ask_as("Bearer a", "kB") == "201 call 3");
    const auto by_tenant = [](const Request& request) { return std::string(request.header("x-tenant").value_or("")); };
    TestClient scoped(counting({.scope = by_tenant}));
    const auto ask_of = [&scoped](std::string_view tenant) {
      return say(scoped.post("/", {.headers = {{"idempotency-key", "k"}, {"x-tenant", tenant}}}));
    };
    CHECK(ask_of("a") == "201 call 1");
    CHECK(ask_of("b") == "201 call 2");
    CHECK(ask_of("a") == "201 call 1");
  }

  TEST_CASE("idempotency key: beyond max_entries the answer not asked for longest is forgotten") {
    TestClient client(counting({.max_entries = 2}));
    post(client, "a");
    post(client, "b");
    CHECK(say(post(client, "a")) == "201 call 1");
    CHECK(say(post(client, "c")) == "201 call 3");
    CHECK(say(post(client, "a")) == "201 call 1");
    CHECK(say(post(client, "b")) == "201 call 4");
  }

  TEST_CASE("idempotency key: an answer larger than max_bytes is given, but not kept") {
    TestClient client(counting({.max_bytes = 2000}, Status::Ok, 2000));
    CHECK(post(client, "a").text().starts_with("call 1"));
    CHECK(post(client, "a").text().starts_with("call 2"));
    TestClient large(counting({.max_bytes = 2000}, Status::Ok, 1000));
    CHECK(post(large, "a").text().starts_with("call 1"));
    CHECK(post(large, "a").text().starts_with("call 1"));
  }
}
