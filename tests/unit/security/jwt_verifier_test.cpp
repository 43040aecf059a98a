// SPDX-License-Identifier: BSL-1.0
#include "coroute/security/jwt_verifier.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>

#include "coroute/http/response.hpp"
#include "coroute/json.hpp"
#include "coroute/testing/mock_transport.hpp"
#include "support/async_test.hpp"

using namespace coroute;
using enum JwtAlgorithm;

namespace {

struct Claims {
  std::string sub;
};

JwtDecodeOptions allow(JwtAlgorithm algorithm) {
  return {.algorithms = {algorithm}};
}

/// "sub", or the name of what is thrown.
Async<std::string> outcome(const JwtVerifier& verifier, std::string token) {
  try {
    const Claims claims = co_await verifier.decode<Claims>(std::move(token));
    co_return claims.sub;
  } catch (const InvalidSignatureError&) {
    co_return "InvalidSignatureError";
  } catch (const InvalidAlgorithmError&) {
    co_return "InvalidAlgorithmError";
  } catch (const DecodeError&) {
    co_return "DecodeError";
  } catch (const InvalidTokenError& error) {
    co_return error.what();
  }
}

std::string token_of(std::string name, const Jwk& key) {
  return jwt_encode(Claims{.sub = std::move(name)}, key);
}

}  // namespace

TEST_SUITE_BEGIN("security");

ASYNC_TEST_CASE("jwt verifier: decodes with one key, whatever its kid, or with the one of a set") {
  const Jwk key = Jwk::generate(HS256, "a");
  const std::string token = jwt_encode(Claims{.sub = "alice"}, key);
  std::string ended = co_await outcome(JwtVerifier(key, allow(HS256)), token);
  CHECK(ended == "alice");
  const JwkSet both{Jwk::generate(HS256, "b"), key};
  ended = co_await outcome(JwtVerifier(both, allow(HS256)), token);
  CHECK(ended == "alice");
  const JwkSet other{Jwk::generate(HS256, "b")};
  ended = co_await outcome(JwtVerifier(other, allow(HS256)), token);
  CHECK(ended == "There is no key that the token's kid names");
  const JwkSet same_name{Jwk::generate(HS256, "a")};
  ended = co_await outcome(JwtVerifier(same_name, allow(HS256)), token);
  CHECK(ended == "InvalidSignatureError");
  const JwtVerifier plain(key, allow(HS256));
  const Json claims = co_await plain.decode<Json>(token);
  CHECK(claims == Json{{"sub", "alice"}});
}

ASYNC_TEST_CASE("jwt verifier: takes a provider's keys, and asks for a new one") {
  const Jwk first = Jwk::generate(ES256, "1");
  const Jwk second = Jwk::generate(ES256, "2");
  const auto transport = std::make_shared<MockTransport>();
  transport->on("GET", "/jwks", json_text(JwkSet{first}.public_json()));
  JwksClientOptions options;
  options.client.transport = transport;
  options.cooldown = std::chrono::seconds(0);
  const JwtVerifier verifier(JwksClient("http://id/jwks", options), allow(ES256));
  std::string ended = co_await outcome(verifier, token_of("alice", first));
  CHECK(ended == "alice");
  transport->on("GET", "/jwks", json_text(JwkSet{first, second}.public_json()));
  ended = co_await outcome(verifier, token_of("bob", second));
  CHECK(ended == "bob");
  CHECK(transport->requests().size() == 2);
}

ASYNC_TEST_CASE("jwt verifier: what is no token, or of an algorithm that isn't allowed, asks nobody") {
  const auto transport = std::make_shared<MockTransport>();
  JwksClientOptions options;
  options.client.transport = transport;
  const JwtVerifier verifier(JwksClient("http://id/jwks", options), allow(ES256));
  std::string ended = co_await outcome(verifier, "a.b.c");
  CHECK(ended == "DecodeError");
  ended = co_await outcome(verifier, token_of("x", Jwk::generate(HS256, "1")));
  CHECK(ended == "InvalidAlgorithmError");
  CHECK(transport->requests().empty());
}

TEST_CASE("jwt verifier: without algorithms there is none") {
  CHECK_THROWS_AS(JwtVerifier(Jwk::generate(HS256), {}), std::invalid_argument);
}

TEST_SUITE_END();
