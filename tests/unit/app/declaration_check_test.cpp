// SPDX-License-Identifier: BSL-1.0
#include "app/declaration_check.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <utility>

#include "coroute/app/app.hpp"
#include "coroute/testing/test_client.hpp"

using namespace coroute;

namespace {

int base() {
  return 1;
}
int middle(Depends<base> b) {
  return *b + 1;
}
int top(Depends<middle> m, Depends<base> b) {
  return *m + *b;
}
int around_base(Depends<base> b) {
  return *b + 10;
}
int around_top(Depends<top> t) {
  return *t + 10;
}
int shared(Singleton<base> b) {
  return *b;
}
int local(PerLoop<base> b) {
  return *b;
}

std::string owner(Path<std::string, "user_id"> user_id) {
  return *user_id;
}
App app_with_orders(std::string prefix) {
  Router orders(std::move(prefix));
  orders.get(RoutePath("/orders"), [](Path<int, "user_id"> user_id) { return *user_id; });
  App app;
  app.include(std::move(orders));
  return app;
}

bool examine(App& app) {
  return detail::check_declarations(app, app.dependency_overrides());
}
template <auto f>
App app_with() {
  App app;
  app.get("/x", [](Depends<f> value) { return *value; });
  return app;
}

}  // namespace

TEST_SUITE("app") {
  TEST_CASE("dependency graph: a substitute that depends on what it stands in for is refused before serving") {
    App direct = app_with<top>();
    direct.dependency_overrides().set<base, around_base>();
    CHECK_THROWS_WITH_AS(std::move(direct).handler(), doctest::Contains("route \"/x\": a substitute"),
                         std::invalid_argument);

    App farther = app_with<top>();
    farther.dependency_overrides().set<base, around_top>();
    CHECK_THROWS_AS(examine(farther), std::invalid_argument);

    App each_other = app_with<top>();
    each_other.dependency_overrides().set<base, top>();
    CHECK_THROWS_AS(examine(each_other), std::invalid_argument);
  }

  TEST_CASE("dependency graph: lists of routes and routers are looked at too") {
    App app;
    app.get("/", [] {}, {.dependencies = {depends<top>()}});
    app.dependency_overrides().set<base, around_base>();
    CHECK_THROWS_AS(examine(app), std::invalid_argument);

    App around({.dependencies = {depends<top>()}});
    around.get("/", [] {});
    around.dependency_overrides().set<base, around_base>();
    CHECK_THROWS_AS(examine(around), std::invalid_argument);
  }

  TEST_CASE("dependency graph: substitutes without a circle are fine, so are some that no route needs") {
    App app = app_with<top>();
    app.dependency_overrides().set<middle, around_base>();
    CHECK_FALSE(examine(app));
    app.dependency_overrides().set<shared, around_top>();
    CHECK_FALSE(examine(app));
    app.dependency_overrides().clear();
    CHECK_FALSE(examine(app));
  }

  TEST_CASE("dependency graph: tells whether anything is shared by requests, also by way of a substitute") {
    App none = app_with<top>();
    CHECK_FALSE(examine(none));
    App application = app_with<shared>();
    CHECK(examine(application));
    App loop = app_with<local>();
    CHECK(examine(loop));
    none.dependency_overrides().set<middle, shared>();
    CHECK(examine(none));
    App list;
    list.get("/", [] {}, {.dependencies = {depends<local>()}});
    CHECK(examine(list));
  }

  TEST_CASE("declarations: a path parameter may come from a prefix, and has to come from somewhere") {
    App good = app_with_orders("/users/{user_id}");
    CHECK(TestClient(std::move(good)).get("/users/7/orders").text() == "7");
    App bad = app_with_orders("/users/{id}");
    CHECK_THROWS_WITH_AS(std::move(bad).handler(),
                         "route \"/users/{id}/orders\": has no placeholder for the path parameter \"user_id\"",
                         std::invalid_argument);
  }

  TEST_CASE("declarations: the path parameters of dependencies have to come from somewhere too") {
    App app;
    app.get("/{user_id}", [](Depends<owner> name) { return *name; });
    CHECK_FALSE(examine(app));
    app.get("/", [](Depends<owner> name) { return *name; });
    CHECK_THROWS_WITH_AS(examine(app), "route \"/\": has no placeholder for the path parameter \"user_id\"",
                         std::invalid_argument);
  }
}
