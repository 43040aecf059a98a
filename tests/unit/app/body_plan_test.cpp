// SPDX-License-Identifier: BSL-1.0
// Dependencies that take the JSON body, as FastAPI answers for the same declarations.
#include "coroute/app/body_plan.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "coroute/app/app.hpp"
#include "support/answer_of.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::exchange;
using coroute::testing::post;
using coroute::testing::refused;
using coroute::testing::TestRequest;

namespace {

struct Item {
  int n;
};
struct Who {
  std::string name;
};

int calls = 0;
int whole(const Item& item) {
  ++calls;
  return item.n;
}
int named(Body<Item, "item"> item) {
  return item->n;
}
int named_after_query(Query<int, "x">, Body<Item, "item"> item) {
  return item->n;
}
std::string who(Body<Who, "who"> who) {
  return who->name;
}
int embedded(Body<Item, "item", embed> item) {
  return item->n;
}
int through(Depends<named> n) {
  return n;
}
int optional_one(std::optional<Item> item) {
  return item ? item->n : -1;
}
int from_form(Form<int, "n"> n) {
  return n;
}
int without() {
  ++calls;
  return 7;
}
void denying() {
  throw HttpException(403, "denied");
}

Handler served(App app) {
  return std::move(app).handler();
}
template <class F>
Handler app_with(F handler, RouteOptions options = {}) {
  App app;
  app.post("/", std::move(handler), std::move(options));
  return served(std::move(app));
}

std::string missing(std::string_view loc, std::string_view input = "null") {
  return R"({"type":"missing","loc":[)" + std::string(loc) + R"(],"msg":"Field required","input":)" +
         std::string(input) + "}";
}
const std::string two_members = R"({"item":{"n":1},"who":{"name":"w"}})";

}  // namespace

TEST_SUITE("app") {
  TEST_CASE("body plan: one part is the body as a whole, in a dependency too") {
    const Handler handler = app_with([](Depends<whole> n) { return *n; });
    CHECK(post(handler, "/", R"({"n":1})") == "200 1");
    CHECK(post(handler, "/", "{}") == refused(missing(R"("body","n")", "{}")));
    CHECK(post(handler, "/", "null") == refused(missing(R"("body")")));
    CHECK(post(handler, "/", "") == refused(missing(R"("body")")));
    CHECK(post(handler, "/", "[]").find("model_attributes_type") != std::string::npos);
  }

  TEST_CASE("body plan: handler and dependency may take the same body, which both are told of") {
    const Handler handler = app_with([](const Item& item, Depends<whole> n) { return item.n + *n; });
    CHECK(post(handler, "/", R"({"n":2})") == "200 4");
    const std::string error = missing(R"("body","n")", "{}");
    CHECK(post(handler, "/", "{}") == refused(error + "," + error));

    const Handler by_name = app_with([](Body<Item, "item"> item, Depends<named> n) { return item->n + *n; });
    CHECK(post(by_name, "/", R"({"n":2})") == "200 4");
  }

  TEST_CASE("body plan: several parts are members by their names, wherever they are taken") {
    const Handler handler =
        app_with([](Body<Who, "who"> one, Depends<named> n) { return one->name + std::to_string(*n); });
    CHECK(post(handler, "/", two_members) == R"(200 "w1")");
    CHECK(post(handler, "/", R"({"n":1})") == refused(missing(R"("body","item")") + "," + missing(R"("body","who")")));
    CHECK(post(handler, "/", "[]") == refused(missing(R"("body","item")") + "," + missing(R"("body","who")")));
    CHECK(post(handler, "/", "") == refused(missing(R"("body","item")") + "," + missing(R"("body","who")")));

    CHECK(post(app_with([](Depends<who> a, Depends<named> b) { return *a + std::to_string(*b); }), "/", two_members) ==
          R"(200 "w1")");
    CHECK(post(app_with([](Depends<who> a, Depends<through> b) { return *a + std::to_string(*b); }), "/",
               two_members) == R"(200 "w1")");
  }

  TEST_CASE("body plan: a part that asks for it is a member though alone") {
    const Handler handler = app_with([](Depends<embedded> n) { return *n; });
    CHECK(post(handler, "/", R"({"item":{"n":1}})") == "200 1");
    CHECK(post(handler, "/", R"({"n":1})") == refused(missing(R"("body","item")")));
  }

  TEST_CASE("body plan: dependencies of the route and of the routers around it count") {
    const Handler of_route =
        app_with([](Body<Item, "item"> item) { return item->n; }, {.dependencies = {depends<who>()}});
    CHECK(post(of_route, "/", two_members) == "200 1");
    CHECK(post(of_route, "/", R"({"n":1})") == refused(missing(R"("body","who")") + "," + missing(R"("body","item")")));

    App app;
    Router inner;
    inner.post("/", [](Body<Item, "item"> item) { return item->n; });
    app.include(std::move(inner), "/r", {.dependencies = {depends<who>()}});
    CHECK(post(served(std::move(app)), "/r/", two_members) == "200 1");

    App around({.dependencies = {depends<named>()}});
    around.post("/", [](Depends<who> name) { return *name; });
    CHECK(post(served(std::move(around)), "/", two_members) == R"(200 "w")");

    App alone({.dependencies = {depends<whole>()}});
    alone.post("/", [] { return 5; });
    CHECK(post(served(std::move(alone)), "/", R"({"n":1})") == "200 5");
  }

  TEST_CASE("body plan: errors of a dependency's body come after its parameters, before the handler's") {
    const Handler handler = app_with([](Body<Who, "who">, Query<int, "z">, Depends<named_after_query>) {});
    CHECK(post(handler, "/", R"({"item":{},"who":{}})") ==
          refused(missing(R"("query","x")") + "," + missing(R"("body","item","n")", "{}") + "," +
                  missing(R"("query","z")") + "," + missing(R"("body","who","name")", "{}")));
  }

  TEST_CASE("body plan: what is no JSON is refused before any dependency is called") {
    const Handler handler = app_with([](Depends<without>, Depends<whole>) {});
    calls = 0;
    CHECK(post(handler, "/", "[")
              .starts_with(
                  R"(422 {"detail":[{"type":"json_invalid","loc":["body",1],"msg":"JSON decode error","input":{})"));
    CHECK(post(handler, "/", "{\"n\":\"\xFF\"}") == R"(400 {"detail":"There was an error parsing the body"})");
    CHECK(calls == 0);
    CHECK(post(handler, "/", R"({"n":1})") == "200 null");
    CHECK(calls == 2);

    const Handler denied = app_with([](Depends<whole>) {}, {.dependencies = {depends<denying>()}});
    CHECK(post(denied, "/", "{").starts_with("422"));
    CHECK(post(denied, "/", "{}") == R"(403 {"detail":"denied"})");
  }

  TEST_CASE("body plan: a body that is not called JSON is a text") {
    const Handler handler = app_with([](Depends<whole> n) { return *n; });
    TestRequest request("POST", "/");
    request.header("content-type", "text/plain").body({R"({"n":1})"});
    CHECK(exchange(handler, request).starts_with(R"(422 {"detail":[{"type":"model_attributes_type","loc":["body"])"));
  }

  TEST_CASE("body plan: a body that arrives in pieces is waited for once") {
    const Handler handler = app_with(
        [](Depends<named, concurrently> n, Depends<who, concurrently> name) { return *name + std::to_string(*n); });
    TestRequest request("POST", "/");
    request.header("content-type", "application/json").body({R"({"item":{"n)", R"(":1},"who":{"name":"w"}})"}, 1s);
    CHECK(exchange(handler, request) == R"(200 "w1")");
  }

  TEST_CASE("body plan: an optional part may be missing") {
    const Handler handler = app_with([](Depends<optional_one> n) { return *n; });
    CHECK(post(handler, "/", "null") == "200 -1");
    CHECK(post(handler, "/", "") == "200 -1");
    CHECK(post(handler, "/", R"({"n":3})") == "200 3");
  }

  TEST_CASE("body plan: a substitute in tests may take a body, also where nobody else does") {
    App app;
    app.post("/", [](Depends<without> n) { return *n; });
    app.dependency_overrides().set<without, whole>();
    const Handler handler = served(std::move(app));
    CHECK(post(handler, "/", R"({"n":4})") == "200 4");
    CHECK(post(handler, "/", "{").starts_with("422"));
  }

  TEST_CASE("body plan: a handler without an application shares its body too") {
    const Handler handler =
        make_handler([](Body<Who, "who"> one, Depends<named> n) { return one->name + std::to_string(*n); });
    CHECK(post(handler, "/", two_members) == R"(200 "w1")");
  }

  TEST_CASE("body plan: several parts without a name, and a form beside a body, are refused when declared") {
    App app;
    CHECK_THROWS_WITH_AS(app.post("/x", [](const Who&, Depends<whole>) {}),
                         doctest::Contains("takes several bodies: give each its name"), std::invalid_argument);
    CHECK_THROWS_WITH_AS(app.post("/y", [](const Who&) {}, {.dependencies = {depends<named>()}}),
                         doctest::Contains("route \"/y\" takes several bodies"), std::invalid_argument);
    CHECK_THROWS_WITH_AS(app.post("/z", [](Depends<from_form>, Depends<whole>) {}),
                         doctest::Contains("takes a form and a JSON body"), std::invalid_argument);
  }

  TEST_CASE("body plan: documents have the handler's parts first, each once") {
    App app;
    app.post("/one", [](const Item&, Depends<whole>) {});
    app.post("/several", [](Body<Who, "who">, Depends<through>, Depends<named>) {});
    app.post("/embedded", [](Depends<embedded>) {});
    const auto document = nlohmann::ordered_json::parse(app.openapi());
    const auto schema = [&](const char* path) -> nlohmann::ordered_json {
      return document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"];
    };
    CHECK(schema("/one")["$ref"] == "#/components/schemas/Item");
    CHECK(schema("/several")["$ref"].get<std::string>().starts_with("#/components/schemas/Body_"));
    const std::string name = schema("/several")["$ref"].get<std::string>().substr(21);
    CHECK(document["components"]["schemas"][name]["properties"].dump() ==
          R"({"who":{"$ref":"#/components/schemas/Who"},"item":{"$ref":"#/components/schemas/Item"}})");
    CHECK(document["components"]["schemas"][name]["required"].dump() == R"(["who","item"])");
    CHECK(schema("/embedded")["$ref"].get<std::string>().starts_with("#/components/schemas/Body_"));
  }
}
