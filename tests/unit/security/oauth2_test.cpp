// SPDX-License-Identifier: BSL-1.0
#include "coroute/security/oauth2.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>

#include "coroute/app/make_handler.hpp"
#include "support/answer_of.hpp"

using namespace coroute;
using coroute::testing::exchange;
using coroute::testing::TestRequest;

namespace {

using Password = OAuth2PasswordBearer<"token", scopes<"me", "Read">>;
using Code = OAuth2AuthorizationCodeBearer<"a", "t", refresh_url<"r">, scopes<"x", "X">>;
using Any = OAuth2<password_flow<"t", scopes<"a", "A">>, scheme_name<"mine">, implicit_flow<"au">,
                   client_credentials_flow<"ct", refresh_url<"r">>, description<"d \"q\"">>;
using Connect = OpenIdConnect<"u", scheme_name<"oidc">, description<"D">>;

std::string answer_to(const Handler& handler, std::optional<std::string_view> authorization) {
  TestRequest request;
  if (authorization) request.header("authorization", *authorization);
  return exchange(handler, request);
}
const std::string refused = R"(401 {"detail":"Not authenticated"})";

std::string challenge_of(const Handler& handler) {
  TestRequest request;
  try {
    coroute::testing::answer(handler, request);
  } catch (const HttpException& error) {
    return std::string(error.headers().get("www-authenticate").value_or("none"));
  }
  return "no error";
}

template <class Scheme>
void check_bearer() {
  const Handler handler = make_handler([](const Scheme& bearer) { return bearer.token; });
  CHECK(answer_to(handler, "Bearer abc") == R"(200 "abc")");
  CHECK(answer_to(handler, "bEARER abc") == R"(200 "abc")");
  for (const auto& wrong : {std::optional<std::string_view>(), std::optional<std::string_view>(""),
                            std::optional<std::string_view>("Basic abc"), std::optional<std::string_view>("Bearer"),
                            std::optional<std::string_view>("Bearerabc"), std::optional<std::string_view>("Bearer ")}) {
    CHECK(answer_to(handler, wrong) == refused);
  }
  CHECK(challenge_of(handler) == "Bearer");

  const Handler maybe = make_handler([](std::optional<Scheme> bearer) { return bearer ? bearer->token : "none"; });
  CHECK(answer_to(maybe, std::nullopt) == R"(200 "none")");
  CHECK(answer_to(maybe, "Bearer abc") == R"(200 "abc")");
}

template <class Scheme>
void check_field() {
  const Handler handler = make_handler([](const Scheme& found) { return found.authorization; });
  CHECK(answer_to(handler, "Anything at all") == R"(200 "Anything at all")");
  CHECK(answer_to(handler, std::nullopt) == refused);
  CHECK(answer_to(handler, "") == refused);
  CHECK(challenge_of(handler) == "Bearer");
  const Handler maybe = make_handler([](std::optional<Scheme> found) { return found.has_value(); });
  CHECK(answer_to(maybe, std::nullopt) == "200 false");
  CHECK(answer_to(maybe, "x") == "200 true");
}

}  // namespace

TEST_SUITE("security") {
  TEST_CASE("oauth2: the bearers give the token, and refuse what has none") {
    check_bearer<Password>();
    check_bearer<Code>();
  }

  TEST_CASE("oauth2: any flows, and OpenID Connect, give the field as it is") {
    check_field<Any>();
    check_field<Connect>();
    check_field<OAuth2<>>();
  }

  TEST_CASE("oauth2: the password flow is described as FastAPI does") {
    CHECK(Password::security_scheme().name == "OAuth2PasswordBearer");
    CHECK(Password::security_scheme().json ==
          R"({"type":"oauth2","flows":{"password":{"scopes":{"me":"Read"},"tokenUrl":"token"}}})");
    CHECK(OAuth2PasswordBearer<"token">::security_scheme().json ==
          R"({"type":"oauth2","flows":{"password":{"scopes":{},"tokenUrl":"token"}}})");
  }

  TEST_CASE("oauth2: the authorization code flow is described as FastAPI does") {
    CHECK(Code::security_scheme().name == "OAuth2AuthorizationCodeBearer");
    CHECK(Code::security_scheme().json == R"({"type":"oauth2","flows":{"authorizationCode":{"refreshUrl":"r",)"
                                          R"("scopes":{"x":"X"},"authorizationUrl":"a","tokenUrl":"t"}}})");
  }

  TEST_CASE("oauth2: any flows stand in the order of the specification's object") {
    CHECK(Any::security_scheme().name == "mine");
    CHECK(Any::security_scheme().json ==
          R"({"type":"oauth2","description":"d \"q\"","flows":{"implicit":{"scopes":{},"authorizationUrl":"au"},)"
          R"("password":{"scopes":{"a":"A"},"tokenUrl":"t"},)"
          R"("clientCredentials":{"refreshUrl":"r","scopes":{},"tokenUrl":"ct"}}})");
    CHECK(OAuth2<>::security_scheme().name == "OAuth2");
    CHECK(OAuth2<>::security_scheme().json == R"({"type":"oauth2","flows":{}})");
    CHECK(OAuth2<authorization_code_flow<"a", "t">>::security_scheme().json ==
          R"({"type":"oauth2","flows":{"authorizationCode":{"scopes":{},"authorizationUrl":"a","tokenUrl":"t"}}})");
  }

  TEST_CASE("oauth2: OpenID Connect is described as FastAPI does") {
    CHECK(Connect::security_scheme().name == "oidc");
    CHECK(Connect::security_scheme().json == R"({"type":"openIdConnect","description":"D","openIdConnectUrl":"u"})");
    CHECK(OpenIdConnect<"u">::security_scheme().name == "OpenIdConnect");
  }

  TEST_CASE("oauth2: texts of schemes are JSON whatever stands in them") {
    using Odd = OAuth2PasswordBearer<"a\"b\\", scopes<"s\"", "line\nbreak", "t", "">, scheme_name<"n\"">>;
    CHECK(Odd::security_scheme().name == "n\"");
    CHECK(Odd::security_scheme().json ==
          R"({"type":"oauth2","flows":{"password":{"scopes":{"s\"":"line\nbreak","t":""},"tokenUrl":"a\"b\\"}}})");
  }
}
