// SPDX-License-Identifier: BSL-1.0
// Snippets of framework/guide.md: OAuth2 with password and JWT.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "coroute/coroute.hpp"
#include "coroute/testing/test_client.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

// [jwt]
struct User {
  std::string username;
  std::string full_name;
};

struct StoredUser {
  std::string full_name;
  std::string password_hash;        // made by co_await hasher.hash("secret")
  std::vector<std::string> scopes;  // what she may do
};

const std::map<std::string, StoredUser> users{
    {"ada",
     {"Ada Lovelace",
      "$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$8qPpaWig0H31wvibKAgpght2Ry2M8rtRQYtZ93ooMus",
      {"me", "items"}}}};

struct Token {
  std::string access_token;
  std::string token_type = "bearer";
};

struct Claims {
  std::string sub;
  NumericDate exp;
  std::string scope;
};

using Oauth2 = OAuth2PasswordBearer<"token", scopes<"me", "Read about me", "items", "Read items", "admin", "All">>;

Jwk signing_key() {  // openssl rand -hex 32; from the environment, not from the source
  return Jwk::from_secret("09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7");
}

JwtVerifier make_verifier(Singleton<signing_key> key) {
  return {*key, {.algorithms = {JwtAlgorithm::HS256}, .require = {"exp", "sub"}}};
}

PasswordHasher make_hasher() {
  return PasswordHasher();
}

Async<Token> log_in(Params<OAuth2PasswordRequestForm> form, Singleton<make_hasher> hasher, Singleton<signing_key> key) {
  const auto found = users.find(*form->username);
  const bool is_known = found != users.end();
  // As much work for a name that isn't there: how long the answer takes tells nobody which names are.
  const std::string hash = is_known ? found->second.password_hash : hasher->dummy_hash();
  const bool is_right = co_await hasher->verify(*form->password, hash);
  if (!is_known || !is_right) {
    throw HttpException(401, "Incorrect username or password", {{"www-authenticate", "Bearer"}});
  }
  SecurityScopes granted;
  for (const std::string& scope : form->scopes()) {
    const std::vector<std::string>& allowed = found->second.scopes;
    if (std::find(allowed.begin(), allowed.end(), scope) != allowed.end()) granted.scopes.push_back(scope);
  }
  const Claims claims{.sub = *form->username, .exp = NumericDate::in(30min), .scope = granted.scope_str()};
  co_return Token{.access_token = jwt_encode(claims, *key)};
}

User current_user(JwtBearer<make_verifier, Claims, Oauth2> claims) {  // 401 unless the token is good
  const auto found = users.find(claims->sub);
  if (found == users.end()) throw HttpException(401, "User not found", {{"www-authenticate", "Bearer"}});
  return {.username = found->first, .full_name = found->second.full_name};
}

App make_app() {
  App app;
  app.post("/token", log_in);
  app.get("/users/me", [](Security<current_user, "me"> user) { return *user; });  // 403 without the scope
  app.get("/items", [](Security<current_user, "items"> user) { return Json{{"owner", user->username}}; });
  app.get("/status", [](Security<current_user, "admin">) { return Json{{"status", "ok"}}; });
  return app;
}
// [/jwt]

// [jwks]
JwtVerifier make_provider() {
  return {JwksClient("https://id.example.com/.well-known/jwks.json"),
          {.algorithms = {JwtAlgorithm::RS256, JwtAlgorithm::ES256},
           .audience = {"shop"},
           .issuer = {"https://id.example.com"},
           .require = {"exp", "sub"},
           .leeway = 10s}};
}

Json read_profile(JwtBearer<make_provider> claims) {
  return {{"id", (*claims)["sub"]}};
}
// [/jwks]

// [api_key]
std::string read_report(ApiKeyHeader<"x-api-key"> sent) {
  if (!compare_digest(sent.key, "wq3Zp0"))
    throw HttpException(401, "Wrong key");  // `==` would tell how far it is right
  return "figures";
}
// [/api_key]

TestResponse log_in_as(TestClient& client, const std::string& username, const std::string& password,
                       const std::string& wanted) {
  return client.post("/token", {.form = {{"username", username}, {"password", password}, {"scope", wanted}}});
}

void use_token(TestClient& client, const TestResponse& logged_in) {
  client.headers().set("authorization", "Bearer " + logged_in.json()["access_token"].get<std::string>());
}

}  // namespace

TEST_SUITE("guide") {
  TEST_CASE("guide: a password gives a token, and the token what its scopes allow") {
    TestClient client(make_app(), {.virtual_time = false});
    CHECK(client.get("/users/me").status_code() == 401);
    const TestResponse logged_in = log_in_as(client, "ada", "secret", "me admin");
    CHECK(logged_in.json()["token_type"] == "bearer");
    use_token(client, logged_in);
    CHECK(client.get("/users/me").json() == Json{{"username", "ada"}, {"full_name", "Ada Lovelace"}});
    const TestResponse refused = client.get("/items");
    CHECK(refused.status_code() == 403);
    CHECK(refused.headers().get("www-authenticate") == R"(Bearer error="insufficient_scope", scope="items")");
    CHECK(client.get("/status").status_code() == 403);  // which she asked for and may not have
    use_token(client, log_in_as(client, "ada", "secret", "items"));
    CHECK(client.get("/items").json() == Json{{"owner", "ada"}});
  }

  TEST_CASE("guide: a wrong password and a wrong name are answered alike") {
    TestClient client(make_app(), {.virtual_time = false});
    for (const char* name : {"ada", "eve"}) {
      const TestResponse answer = log_in_as(client, name, "wrong", "");
      CHECK(answer.status_code() == 401);
      CHECK(answer.json() == Json{{"detail", "Incorrect username or password"}});
    }
  }

  TEST_CASE("guide: a token of somebody who is gone, expired or changed is refused") {
    TestClient client(make_app());
    const auto status_of = [&](const std::string& token) {
      return client.get("/users/me", {.headers = {{"authorization", "Bearer " + token}}}).status_code();
    };
    const auto token_for = [](const char* name, std::chrono::seconds lifetime) {
      return jwt_encode(Claims{.sub = name, .exp = NumericDate::in(lifetime), .scope = "me"}, signing_key());
    };
    CHECK(status_of(token_for("ada", 60s)) == 200);
    CHECK(status_of(token_for("eve", 60s)) == 401);
    CHECK(status_of(token_for("ada", -60s)) == 401);
    CHECK(status_of(token_for("ada", 60s) + "A") == 401);
  }

  TEST_CASE("guide: the document has the scopes of each route") {
    App app = make_app();
    const Json document = parse_json(app.openapi());
    CHECK(document["paths"]["/items"]["get"]["security"] == Json::parse(R"([{"OAuth2PasswordBearer":["items"]}])"));
    CHECK(document["components"]["securitySchemes"]["OAuth2PasswordBearer"]["flows"]["password"]["scopes"]["me"] ==
          "Read about me");
  }

  TEST_CASE("guide: tokens of a provider need its keys, and nobody asks for them for what is no token") {
    App app;
    app.get("/profile", read_profile);
    TestClient client(std::move(app));
    CHECK(client.get("/profile").status_code() == 401);
    CHECK(client.get("/profile", {.headers = {{"authorization", "Bearer a.b.c"}}}).status_code() == 401);
  }

  TEST_CASE("guide: a key is compared in constant time") {
    App app;
    app.get("/report", read_report);
    TestClient client(std::move(app));
    CHECK(client.get("/report", {.headers = {{"x-api-key", "wq3Zp0"}}}).text() == R"("figures")");
    CHECK(client.get("/report", {.headers = {{"x-api-key", "wq3Zp1"}}}).status_code() == 401);
  }
}
