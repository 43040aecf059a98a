// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <string>

#include "chat_house.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::test::ChatHouse;

TEST_SUITE_BEGIN("chat");

TEST_CASE("chat: who has registered logs in, and is known by the token") {
  ChatHouse house;
  const TestResponse registered = house.sign_up("ada");
  CHECK(registered.status_code() == 201);
  CHECK(registered.json() == Json{{"username", "ada"}});
  const Json token = house.log_in("ada").json();
  CHECK(token["token_type"] == "bearer");
  CHECK(token["expires_in"] == 86'400);
  CHECK(house.get(token["access_token"], "/users/me").json() == Json{{"username", "ada"}});
}

TEST_CASE("chat: a name is given once") {
  ChatHouse house;
  house.sign_up("ada");
  const TestResponse again = house.sign_up("ada", "another password");
  CHECK(again.status_code() == 409);
  CHECK(again.json() == Json{{"detail", "This name is taken"}});
  CHECK(house.log_in("ada", "another password").status_code() == 401);
}

TEST_CASE("chat: names and passwords out of bounds are refused") {
  ChatHouse house;
  const auto status = [&](const std::string& name, const std::string& password) {
    return house.sign_up(name, password).status_code();
  };
  CHECK(status("a", "12345678") == 422);
  CHECK(status("ab", "12345678") == 201);
  CHECK(status(std::string(32, 'a'), "12345678") == 201);
  CHECK(status(std::string(33, 'a'), "12345678") == 422);
  CHECK(status("a b", "12345678") == 422);
  CHECK(status("abc", "1234567") == 422);
  CHECK(status("abc", std::string(200, 'x')) == 201);
  CHECK(status("abd", std::string(201, 'x')) == 422);
}

TEST_CASE("chat: a wrong password and an unknown name get the same answer") {
  ChatHouse house;
  house.sign_up("ada");
  const TestResponse wrong = house.log_in("ada", "wrong password");
  const TestResponse unknown = house.log_in("bob");
  CHECK(wrong.status_code() == 401);
  CHECK(wrong.header("www-authenticate") == "Bearer");
  CHECK(unknown.status_code() == 401);
  CHECK(wrong.text() == unknown.text());
}

TEST_CASE("chat: without a token, or with one of another service, nobody gets in") {
  ChatHouse house({.secret = SecretStr("the secret of one service, 32 bytes")});
  ChatHouse other({.secret = SecretStr("the secret of another one, 32 bytes")});
  house.sign_up("ada");
  const std::string foreign = other.join("ada");
  CHECK(house.client().get("/rooms").status_code() == 401);
  CHECK(house.get(foreign, "/rooms").status_code() == 401);
  CHECK(house.get("nonsense", "/rooms").status_code() == 401);
}

TEST_CASE("chat: a token of a user who isn't there is refused") {
  const SecretStr secret("the secret that both houses share");
  ChatHouse house({.secret = secret});
  ChatHouse other({.secret = secret});
  const std::string token = other.join("ada");
  CHECK(house.get(token, "/rooms").json() == Json{{"detail", "User not found"}});
}

TEST_CASE("chat: a token ends with its lifetime") {
  ChatHouse house({.token_lifetime = -1s});
  const std::string token = house.join("ada");
  CHECK(house.get(token, "/rooms").status_code() == 401);
}

TEST_CASE("chat: attempts to log in are limited, and allowed again later") {
  ChatHouse house;
  for (int i = 0; i < 30; ++i)
    REQUIRE(house.log_in("nobody").status_code() == 401);
  const TestResponse refused = house.log_in("nobody");
  CHECK(refused.status_code() == 429);
  CHECK(refused.header("retry-after") == "2");
  house.client().advance(2s);
  CHECK(house.log_in("nobody").status_code() == 401);
}

TEST_CASE("chat: users and their tokens survive a restart") {
  ChatHouse house;
  const std::string token = house.join("ada");
  house.restart();
  CHECK(house.get(token, "/users/me").json()["username"] == "ada");
  CHECK(house.log_in("ada").status_code() == 200);
  CHECK(house.sign_up("ada").status_code() == 409);
}

TEST_CASE("chat: the document knows how to log in") {
  ChatHouse house;
  const Json document = house.client().get("/openapi.json").json();
  const Json& scheme = document["components"]["securitySchemes"]["OAuth2PasswordBearer"];
  CHECK(scheme["flows"]["password"]["tokenUrl"] == "login");
  const Json& operation = document["paths"]["/rooms/{room}/messages"]["post"];
  CHECK(operation["security"] == Json::array({Json{{"OAuth2PasswordBearer", Json::array()}}}));
  CHECK(operation["requestBody"]["content"]["application/json"]["schema"]["$ref"] == "#/components/schemas/NewMessage");
  CHECK_FALSE(document["paths"].contains("/chat.js"));
}

TEST_SUITE_END();
