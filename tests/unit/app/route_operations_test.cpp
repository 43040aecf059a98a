// SPDX-License-Identifier: BSL-1.0
// What documents say of a route's dependencies, as FastAPI writes it for the same declarations.
#include "app/route_operations.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "coroute/app/app.hpp"
#include "coroute/security/credentials.hpp"
#include "coroute/security/oauth2.hpp"

using namespace coroute;
using Document = nlohmann::ordered_json;

namespace {

using Oauth2 = OAuth2PasswordBearer<"token", scopes<"me", "Read", "items", "Items">>;
using GoldenOauth2 = OAuth2PasswordBearer<"token", scopes<"me", "Read">>;

int current(const SecurityScopes&, const Oauth2&) {
  return 1;
}
int active(Security<current, "me">, Query<int, "q", defaults_to(0)>) {
  return 1;
}
int wants_x(Query<int, "x">) {
  return 1;
}
int wants_y_and_x(Query<int, "y">, Depends<wants_x>) {
  return 1;
}
int substitute(Query<int, "z">, HttpBearer) {
  return 1;
}

Document document_of(App& app) {
  return Document::parse(app.openapi());
}
template <class F>
Document operation_of(F handler, RouteOptions options = {}) {
  App app;
  app.get("/p", std::move(handler), std::move(options));
  return document_of(app)["paths"]["/p"]["get"];
}
std::string names_of(const Document& operation) {
  std::string names;
  for (const auto& parameter : operation["parameters"])
    names += parameter["name"].get<std::string>() + " ";
  return names;
}
std::string data_file(const std::string& name) {
#ifdef COROUTE_TEST_DATA
  return std::string(COROUTE_TEST_DATA) + "/openapi/" + name;
#else
  const std::string here = __FILE__;
  return here.substr(0, here.rfind("/app/")) + "/openapi/" + name;
#endif
}

}  // namespace

TEST_SUITE("app") {
  TEST_CASE("route operations: a plain handler has FastAPI's security, schemes and scopes") {
    std::ifstream file(data_file("golden.json"));
    REQUIRE(file);
    const nlohmann::json golden = nlohmann::json::parse(file);
    App app({.combine_security_schemes = false});
    app.get("/secure",
            [](Security<from_request<GoldenOauth2>, "me">, const ApiKeyHeader<"X-API-Key">&, const HttpBasic&,
               const HttpBearer&) { return Json(); },
            {.name = "secure", .operation_id = "secure_secure_get"});
    const nlohmann::json ours = nlohmann::json::parse(app.openapi());
    CHECK(ours["paths"]["/secure"] == golden["paths"]["/secure"]);
    CHECK(ours["components"]["securitySchemes"] == golden["components"]["securitySchemes"]);
  }

  TEST_CASE("route operations: scopes add up along the chain, and of one scheme over all uses") {
    CHECK(operation_of([](Security<active, "items", "me">, Depends<active>) {})["security"].dump() ==
          R"([{"OAuth2PasswordBearer":["items","me"]}])");
    CHECK(operation_of([](Depends<active>, Security<active, "items">) {})["security"].dump() ==
          R"([{"OAuth2PasswordBearer":["me","items"]}])");
    CHECK(operation_of([](Depends<active>) {})["security"].dump() == R"([{"OAuth2PasswordBearer":["me"]}])");
    CHECK(operation_of([](const Oauth2&) {})["security"].dump() == R"([{"OAuth2PasswordBearer":[]}])");
    CHECK(operation_of([](std::optional<Oauth2>) {})["security"].dump() == R"([{"OAuth2PasswordBearer":[]}])");
    CHECK_FALSE(operation_of([](Depends<wants_x>) {}).contains("security"));
  }

  TEST_CASE("route operations: those of a route's list come before those of its handler") {
    CHECK(operation_of([](const Oauth2&, const HttpBearer&) {},
                       {.dependencies = {security<Oauth2, "admin">()}})["security"]
              .dump() == R"([{"OAuth2PasswordBearer":["admin"],"HTTPBearer":[]}])");
    CHECK(operation_of([](const HttpBearer&) {}, {.dependencies = {depends<HttpBasic>()}})["security"].dump() ==
          R"([{"HTTPBasic":[],"HTTPBearer":[]}])");
  }

  TEST_CASE("route operations: the handler's parameters come first, then each dependency's before what it needs") {
    CHECK(names_of(operation_of([](Depends<wants_y_and_x>, Query<int, "h">, Depends<active>) {})) == "h y x q ");
    CHECK(names_of(operation_of([](Query<int, "h">) {}, {.dependencies = {depends<wants_x>()}})) == "h x ");
    CHECK(names_of(operation_of([](Security<wants_x, "a">, Depends<wants_x>, Query<int, "x">) {})) == "x ");
  }

  TEST_CASE("route operations: a substitute's parameters and schemes count instead of the original's") {
    App app;
    app.get("/p", [](Depends<active>) {});
    app.dependency_overrides().set<active, substitute>();
    const Document operation = document_of(app)["paths"]["/p"]["get"];
    CHECK(names_of(operation) == "z ");
    CHECK(operation["security"].dump() == R"([{"HTTPBearer":[]}])");
  }

  TEST_CASE("route operations: schemes of one name are one, those with names of their own are not") {
    using Admin = ApiKeyHeader<"X-Admin", scheme_name<"admin key">>;
    using User = ApiKeyHeader<"X-User", scheme_name<"user key">, description<"For \"users\"">>;
    App app;
    app.get("/p", [](const Admin&, const User&, Security<from_request<User>, "x">) {});
    const Document document = document_of(app);
    CHECK(document["paths"]["/p"]["get"]["security"].dump() == R"([{"admin key":[],"user key":["x"]}])");
    CHECK(document["components"]["securitySchemes"].dump() ==
          R"({"admin key":{"type":"apiKey","in":"header","name":"X-Admin"},)"
          R"("user key":{"type":"apiKey","description":"For \"users\"","in":"header","name":"X-User"}})");
  }
}
