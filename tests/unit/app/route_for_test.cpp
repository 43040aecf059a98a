// SPDX-License-Identifier: BSL-1.0
#include "coroute/app/route_for.hpp"

#include <doctest/doctest.h>

#include <string>

#include "coroute/app/app.hpp"
#include "support/answer_of.hpp"

using namespace coroute;
using coroute::testing::get;

namespace {

using Id = Path<int, "item_id">;
using Name = Path<std::string, "name">;

int one_parameter(Id id) {
  return id;
}
std::string two_parameters(const Name& name, Id& id, Query<int, "q", defaults_to(0)> q) {
  return *name + std::to_string(*id) + std::to_string(q);
}
std::string any_parameter(Request& request) {
  return std::string(request.path_param("anything"));
}
struct InGroup {
  Path<int, "item_id"> id;
};
int of_dependency(Id id) {
  return id;
}

template <class F>
constexpr std::string_view path_text(RouteFor<F> route) {
  return route.path().text();
}

}  // namespace

TEST_SUITE("app") {
  TEST_CASE("route_for: every placeholder has its Path parameter") {
    static_assert(path_text<decltype(&one_parameter)>("/items/{item_id}") == "/items/{item_id}");
    static_assert(path_text<decltype(&one_parameter)>("/items/{item_id:int}/x") == "/items/{item_id:int}/x");
    static_assert(path_text<decltype(&two_parameters)>("/{name}/{item_id}") == "/{name}/{item_id}");
    static_assert(path_text<decltype([] { return 1; })>("/items") == "/items");
    CHECK(path_text<decltype(&one_parameter)>("/{item_id:path}") == "/{item_id:path}");
  }

  TEST_CASE("route_for: placeholders are free where a handler can see them otherwise") {
    static_assert(path_text<decltype(&any_parameter)>("/{anything}/{else}") == "/{anything}/{else}");
    static_assert(path_text<decltype([](Params<InGroup> group) { return *group->id; })>("/{item_id}") == "/{item_id}");
    static_assert(path_text<decltype([](Depends<of_dependency> id) { return *id; })>("/{item_id}") == "/{item_id}");
    static_assert(path_text<decltype([](auto& request) { return request.path(); })>("/{x}") == "/{x}");
    CHECK(path_text<decltype([](Request&, Id id) { return *id; })>("/{item_id}/{more}") == "/{item_id}/{more}");
  }

  TEST_CASE("route_for: a handler of the request sees every placeholder") {
    App app;
    app.get("/{anything}/{else}", &any_parameter);
    CHECK(get(std::move(app).handler(), "/a/b") == R"(200 "a")");
  }

  TEST_CASE("route_for: a path that was made while running is not checked") {
    constexpr RoutePath path("/{other}");
    CHECK(path_text<decltype(&any_parameter)>(path) == "/{other}");
  }

  TEST_CASE("route_for: routes give handlers their parameters") {
    App app;
    app.get("/items/{item_id}", &one_parameter);
    app.get("/{name}/of/{item_id:int}", &two_parameters);
    app.get("/group/{item_id}", [](Params<InGroup> group) { return *group->id; });
    app.get("/depends/{item_id}", [](Depends<of_dependency> id) { return *id; });
    const Handler handler = std::move(app).handler();
    CHECK(get(handler, "/items/5") == "200 5");
    CHECK(get(handler, "/ann/of/7?q=2") == R"(200 "ann72")");
    CHECK(get(handler, "/ann/of/x") == R"(404 {"detail":"Not Found"})");
    CHECK(get(handler, "/group/3") == "200 3");
    CHECK(get(handler, "/group/x").starts_with(R"(422 {"detail":[{"type":"int_parsing","loc":["path","item_id"])"));
    CHECK(get(handler, "/depends/4") == "200 4");
  }
}
