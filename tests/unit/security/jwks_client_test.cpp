// SPDX-License-Identifier: BSL-1.0
#include "coroute/security/jwks_client.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/client/errors.hpp"
#include "coroute/http/response.hpp"
#include "coroute/testing/mock_transport.hpp"
#include "support/async_test.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

constexpr const char* url = "https://id.example/jwks.json";

std::string set_json(const char* kid) {
  static const Jwk key = Jwk::generate(JwtAlgorithm::EdDSA);
  std::string json = key.public_json();
  json.insert(1, "\"kid\":\"" + std::string(kid) + "\",");
  return "{\"keys\":[" + json + R"(,{"kty":"oct","kid":"secret","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T"}]})";
}

struct Provider {
  std::shared_ptr<MockTransport> transport = std::make_shared<MockTransport>();

  void answer(const char* kid) { transport->on("GET", "/jwks.json", json_text(set_json(kid))); }
  void answer_after(std::chrono::milliseconds delay, const char* kid) {
    transport->on("GET", "/jwks.json", [delay, kid](const TransportRequest&) -> Async<Response> {
      co_await sleep(delay);
      co_return json_text(set_json(kid));
    });
  }
  JwksClient client() const { return client(JwksClientOptions()); }
  JwksClient client(const JwksClientOptions& given) const {
    JwksClientOptions options = given;
    options.client.transport = transport;
    options.client.retries.max_attempts = 1;
    return JwksClient(url, std::move(options));
  }
  std::size_t asked() const { return transport->requests().size(); }
};

/// "found", or what is thrown.
Async<std::string> outcome(JwksClient client, std::string kid) {
  try {
    const Jwk key = co_await client.signing_key(kid);
    co_return key.kid() == kid ? "found" : "another key";
  } catch (const JwksClientConnectionError& error) {
    co_return std::string("JwksClientConnectionError ") + error.what();
  } catch (const JwksClientError& error) {
    co_return std::string("JwksClientError ") + error.what();
  }
}

}  // namespace

TEST_SUITE_BEGIN("security");

ASYNC_TEST_CASE("jwks client: asks when it is first needed, and keeps the keys for their lifespan") {
  Provider provider;
  provider.answer("a");
  const JwksClient client = provider.client();
  CHECK(provider.asked() == 0);
  for (int i = 0; i < 3; ++i) {
    const std::string ended = co_await outcome(client, "a");
    CHECK(ended == "found");
    co_await sleep(99s);
  }
  CHECK(provider.asked() == 1);
  co_await sleep(3s);
  const std::string ended = co_await outcome(client, "a");
  CHECK(ended == "found");
  CHECK(provider.asked() == 2);
}

ASYNC_TEST_CASE("jwks client: a kid that isn't there makes it ask once per cooldown, and finds a new key") {
  Provider provider;
  provider.answer("a");
  const JwksClient client = provider.client();
  std::string ended = co_await outcome(client, "a");
  provider.answer("b");
  ended = co_await outcome(client, "b");
  CHECK(ended == "JwksClientError Unable to find a signing key that matches: \"b\"");
  CHECK(provider.asked() == 1);
  co_await sleep(30s);
  ended = co_await outcome(client, "b");
  CHECK(ended == "found");
  CHECK(provider.asked() == 2);
  for (int i = 0; i < 100; ++i)
    ended = co_await outcome(client, "invented" + std::to_string(i));
  CHECK(provider.asked() == 2);
}

ASYNC_TEST_CASE("jwks client: many that need a key at once ask once") {
  Provider provider;
  provider.answer_after(2s, "a");
  const JwksClient client = provider.client();
  auto [first, second, third] = co_await gather(outcome(client, "a"), outcome(client, "a"), outcome(client, "a"));
  CHECK(first == "found");
  CHECK(second == "found");
  CHECK(third == "found");
  CHECK(provider.asked() == 1);
}

ASYNC_TEST_CASE("jwks client: while one asks for an expired set others go on with it") {
  Provider provider;
  provider.answer("a");
  const JwksClient client = provider.client();
  std::string ended = co_await outcome(client, "a");
  co_await sleep(301s);
  provider.answer_after(3s, "a");
  Task<std::string> asking = create_task(outcome(client, "a"));
  co_await sleep(1s);
  Task<std::string> other = create_task(outcome(client, "a"));
  co_await sleep(0s);
  co_await sleep(0s);
  CHECK(other.done());
  CHECK_FALSE(asking.done());
  ended = co_await asking;
  CHECK(ended == "found");
  CHECK(provider.asked() == 2);
}

ASYNC_TEST_CASE("jwks client: uses the old set while the provider fails, for as long as it may") {
  Provider provider;
  provider.answer("a");
  JwksClientOptions options;
  options.max_stale = 1000s;
  const JwksClient client = provider.client(options);
  std::string ended = co_await outcome(client, "a");
  provider.transport->fail<ConnectError>("GET", "/jwks.json", "refused");
  co_await sleep(301s);
  ended = co_await outcome(client, "a");
  CHECK(ended == "found");
  CHECK(provider.asked() == 2);
  co_await sleep(1000s);
  ended = co_await outcome(client, "a");
  CHECK(ended.starts_with("JwksClientConnectionError Failed to fetch keys: "));
  provider.answer("a");
  co_await sleep(30s);
  ended = co_await outcome(client, "a");
  CHECK(ended == "found");
}

ASYNC_TEST_CASE("jwks client: a provider that fails is not asked again at once") {
  Provider provider;
  provider.transport->on("GET", "/jwks.json", Response(Status::InternalServerError));
  const JwksClient client = provider.client();
  for (int i = 0; i < 3; ++i) {
    const std::string ended = co_await outcome(client, "a");
    CHECK(ended.starts_with("JwksClientConnectionError "));
    CHECK(ended.find("500") != ended.npos);
    CHECK(provider.asked() == 1);
    co_await sleep(9s);
  }
  co_await sleep(3s);
  const std::string ended = co_await outcome(client, "a");
  CHECK(provider.asked() == 2);
}

ASYNC_TEST_CASE("jwks client: what is no set, or has secrets alone, gives no keys") {
  for (const char* body : {"<html>", "{}", R"({"keys":[]})",
                           R"({"keys":[{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T"}]})"}) {
    Provider provider;
    provider.transport->on("GET", "/jwks.json", json_text(body));
    const std::string ended = co_await outcome(provider.client(), "a");
    CHECK(ended.starts_with("JwksClientError The JWK Set "));
  }
}

ASYNC_TEST_CASE("jwks client: secrets in a set are left out") {
  Provider provider;
  provider.answer("a");
  const std::string ended = co_await outcome(provider.client(), "secret");
  CHECK(ended == "JwksClientError Unable to find a signing key that matches: \"secret\"");
}

ASYNC_TEST_CASE("jwks client: a provider that takes too long is given up") {
  Provider provider;
  provider.answer_after(5001ms, "a");
  const std::string slow = co_await outcome(provider.client(), "a");
  CHECK(slow.starts_with("JwksClientConnectionError "));
  provider.answer_after(4999ms, "a");
  const std::string fast = co_await outcome(provider.client(), "a");
  CHECK(fast == "found");
}

ASYNC_TEST_CASE("jwks client: a set may have as many bytes as the limit says") {
  Provider provider;
  provider.answer("a");
  JwksClientOptions options;
  std::string ended;
  options.max_body_bytes = set_json("a").size() + 1;
  ended = co_await outcome(provider.client(options), "a");
  CHECK(ended == "found");
  options.max_body_bytes -= 1;
  ended = co_await outcome(provider.client(options), "a");
  CHECK(ended == "found");
  options.max_body_bytes -= 1;
  ended = co_await outcome(provider.client(options), "a");
  CHECK(ended.starts_with("JwksClientConnectionError "));
}

ASYNC_TEST_CASE("jwks client: a cancelled request doesn't lose the answer for others") {
  Provider provider;
  provider.answer_after(2s, "a");
  const JwksClient client = provider.client();
  Task<std::string> first = create_task(outcome(client, "a"));
  co_await sleep(1s);
  Task<std::string> second = create_task(outcome(client, "a"));
  co_await sleep(0s);
  first.cancel();
  const std::string ended = co_await second;
  CHECK(ended == "found");
  CHECK(provider.asked() == 1);
  const std::string own = co_await first;  // which had nothing left to wait for
  CHECK(own == "found");
}

TEST_CASE("jwks client: times that make no sense are refused when it is made") {
  JwksClientOptions options;
  options.lifespan = 0s;
  CHECK_THROWS_AS(JwksClient(url, options), std::invalid_argument);
  options.lifespan = 1s;
  options.cooldown = -1s;
  CHECK_THROWS_AS(JwksClient(url, options), std::invalid_argument);
  options.cooldown = 0s;
  options.max_stale = -1s;
  CHECK_THROWS_AS(JwksClient(url, options), std::invalid_argument);
  options.max_stale = 0s;
  CHECK_NOTHROW(JwksClient(url, options));
}

TEST_CASE("jwks client: a URL that can't be asked is refused when it is made") {
  CHECK_THROWS_AS(JwksClient("jwks.json"), std::invalid_argument);
}

TEST_SUITE_END();
