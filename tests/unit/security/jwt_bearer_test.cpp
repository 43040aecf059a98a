// SPDX-License-Identifier: BSL-1.0
#include "coroute/security/jwt_bearer.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "coroute/app/app.hpp"
#include "coroute/client/errors.hpp"
#include "coroute/json.hpp"
#include "coroute/security/oauth2.hpp"
#include "coroute/testing/mock_transport.hpp"
#include "coroute/testing/test_client.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

const Jwk& key() {
  static const Jwk made = Jwk::generate(JwtAlgorithm::HS256);
  return made;
}
JwtVerifier own_keys() {
  return {key(), {.algorithms = {JwtAlgorithm::HS256}, .require = {"exp"}}};
}
JwtVerifier unreachable_keys() {
  const auto transport = std::make_shared<MockTransport>();
  transport->fail<ConnectError>("GET", "/jwks", "refused");
  JwksClientOptions options;
  options.client.transport = transport;
  return {JwksClient("http://id/jwks", options), {.algorithms = {JwtAlgorithm::HS256}}};
}

struct User {
  std::string sub;
};
using Oauth2 = OAuth2PasswordBearer<"token", scopes<"me", "Read about me", "items", "Read items">>;

std::string token_for(Json claims, std::chrono::seconds lifetime = 60s) {
  claims["exp"] = NumericDate::in(lifetime).count();
  return jwt_encode(claims, key());
}

/// "200 {...}", or "401 detail | challenge".
template <class F>
std::string answer_to(F handler, std::optional<std::string> token) {
  App app;
  app.get("/", handler);
  TestClient client(std::move(app));
  TestRequestOptions request;
  if (token) request.headers.set("authorization", "Bearer " + *token);
  const TestResponse response = client.get("/", std::move(request));
  if (response.ok()) return "200 " + response.text();
  return std::to_string(response.status_code()) + " " + to_json_text(response.json()["detail"]) + " | " +
         std::string(response.headers().get("www-authenticate").value_or("none"));
}

}  // namespace

TEST_SUITE("security") {
  TEST_CASE("jwt bearer: gives the claims of a good token, as a model or as JSON") {
    const auto typed = [](JwtBearer<own_keys, User> user) { return user->sub; };
    CHECK(answer_to(typed, token_for({{"sub", "alice"}})) == R"(200 "alice")");
    const auto plain = [](JwtBearer<own_keys> claims) { return (*claims)["sub"]; };
    CHECK(answer_to(plain, token_for({{"sub", "alice"}})) == R"(200 "alice")");
  }

  TEST_CASE("jwt bearer: answers 401 without a token, and with one that isn't good") {
    const auto handler = [](JwtBearer<own_keys, User> user) { return user->sub; };
    CHECK(answer_to(handler, std::nullopt) == R"(401 "Not authenticated" | Bearer)");
    const std::string refused = R"(401 "Could not validate credentials" | Bearer error="invalid_token")";
    CHECK(answer_to(handler, "a.b.c") == refused);
    CHECK(answer_to(handler, token_for({{"sub", 1}})) == refused);
    CHECK(answer_to(handler, token_for(Json::object())) == refused);  // a User has a sub
    CHECK(answer_to(handler, jwt_encode(Json{{"sub", "alice"}}, key())) == refused);
    CHECK(answer_to(handler, jwt_encode(Json{{"sub", "alice"}}, Jwk::generate(JwtAlgorithm::HS256))) == refused);
    CHECK(answer_to(handler, token_for({{"sub", "alice"}}, -1s)) ==
          R"(401 "Could not validate credentials" | Bearer error="invalid_token", )"
          R"(error_description="The token has expired")");
  }

  TEST_CASE("jwt bearer: answers 403 when the token lacks a scope, wherever it has them") {
    const auto handler = [](Security<jwt_bearer<own_keys, User, Oauth2>, "items", "me"> user) { return user->sub; };
    for (const Json& claims :
         {Json{{"sub", "a"}, {"scope", "me items"}}, Json{{"sub", "a"}, {"scp", {"items", "me"}}},
          Json{{"sub", "a"}, {"scp", " items  me "}}, Json{{"sub", "a"}, {"scopes", {"x", "items", "me"}}},
          Json{{"sub", "a"}, {"scope", "me"}, {"scopes", {"items"}}}}) {
      CHECK(answer_to(handler, token_for(claims)) == R"(200 "a")");
    }
    for (const Json& claims :
         {Json{{"sub", "a"}}, Json{{"sub", "a"}, {"scope", "me"}}, Json{{"sub", "a"}, {"scope", "meitems me"}},
          Json{{"sub", "a"}, {"scp", {1, nullptr, "me items"}}}, Json{{"sub", "a"}, {"scope", true}}}) {
      CHECK(answer_to(handler, token_for(claims)) ==
            R"(403 "Not enough permissions" | Bearer error="insufficient_scope", scope="items me")");
    }
    CHECK(answer_to(handler, "a.b.c") ==
          R"(401 "Could not validate credentials" | Bearer error="invalid_token", scope="items me")");
  }

  TEST_CASE("jwt bearer: answers 503 when the provider's keys are not to be had") {
    const auto handler = [](JwtBearer<unreachable_keys, User> user) { return user->sub; };
    CHECK(answer_to(handler, token_for({{"sub", "alice"}})) == R"(503 "Service Unavailable" | none)");
    CHECK(answer_to(handler, "a.b.c").starts_with("401"));
  }

  TEST_CASE("jwt bearer: is the scheme of its token in documents, with the scopes that are asked for") {
    App app;
    app.get("/me", [](JwtBearer<own_keys, User> user) { return user->sub; });
    app.get("/items", [](Security<jwt_bearer<own_keys, User, Oauth2>, "items"> user) { return user->sub; });
    const Json document = parse_json(app.openapi());
    CHECK(document["paths"]["/me"]["get"]["security"] == Json::parse(R"([{"HTTPBearer":[]}])"));
    CHECK(document["paths"]["/items"]["get"]["security"] == Json::parse(R"([{"OAuth2PasswordBearer":["items"]}])"));
    CHECK(document["components"]["securitySchemes"]["HTTPBearer"] ==
          Json::parse(R"({"type":"http","scheme":"bearer","bearerFormat":"JWT"})"));
  }
}
