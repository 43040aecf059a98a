// SPDX-License-Identifier: BSL-1.0
// Snippets of framework/guide.md: routers, documents, middleware and tests.
#include "coroute/coroute.hpp"
#include "coroute/testing/test_client.hpp"

#include "support/async_test.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

namespace bigger {
// [router]
// users.hpp:  coroute::Router users_router();
// users.cpp:
Json read_user(Path<std::string, "username"> username) {
  return Json{{"username", *username}};
}

Router users_router() {
  Router router("/users", {.tags = {"users"}, .responses = {{"404", {.description = "Not found"}}}});
  router.get("/me", [] { return Json{{"username", "current"}}; });
  router.get("/{username}", read_user);
  return router;
}

// main.cpp:
App make_app() {
  App app;
  app.include(users_router());
  app.include(users_router(), "/v2", {.deprecated = true});  // again, below /v2/users
  App admin({.title = "Admin"});
  admin.get("/", [] { return "for few"; });
  app.mount("/admin", std::move(admin));  // an application of its own, with its own /admin/docs
  return app;
}
// [/router]
}  // namespace bigger

namespace metadata {
// [metadata]
App make_app() {
  App app({.title = "ChimichangApp",
           .version = "0.0.1",
           .summary = "Deadpool's favorite app.",
           .description = "You will be able to **create users**.",
           .terms_of_service = "https://example.com/terms/",
           .contact = {.name = "Deadpoolio", .url = "https://x-force.example.com/contact/"},
           .license = {.name = "Apache 2.0", .identifier = "Apache-2.0"},
           .openapi_tags = {{.name = "users", .description = "Operations with users."}},
           .openapi_url = "/api/v1/openapi.json",
           .docs_url = "/documentation",
           .redoc_url = std::nullopt});
  app.get("/users", [] { return std::vector<std::string>{"Harry", "Ron"}; }, {.name = "get_users", .tags = {"users"}});
  return app;
}
// [/metadata]
}  // namespace metadata

namespace middleware {
// [middleware]
Async<Response> add_process_time(Request& request, const Handler& next) {
  const auto began = EventLoop::current().time();
  Response response = co_await next(request);
  const std::chrono::duration<double> took = EventLoop::current().time() - began;
  response.headers.set("x-process-time", std::to_string(took.count()));
  co_return response;
}

App make_app() {
  App app;
  app.use(add_process_time);  // of the application, or of a Router; what is added last is outermost
  app.get("/slow", []() -> Async<Json> {
    co_await sleep(1500ms);
    co_return "done";
  });
  return app;
}
// [/middleware]
}  // namespace middleware

namespace testing_it {
// [app_under_test]
std::string current_user(Header<std::string, "authorization"> token) {
  return "user of " + *token;
}
std::string some_user() {
  return "a test";
}

struct NewItem {
  std::string name;
};

App make_app() {
  App app;
  app.post("/items",
           [](const NewItem& item, Depends<current_user> user) { return Json{{"name", item.name}, {"by", *user}}; });
  app.get("/report", []() -> Async<Json> {
    co_await gather(sleep(1h), sleep(1h));  // a long report
    co_return "written";
  });
  return app;
}
// [/app_under_test]
}  // namespace testing_it

using testing_it::current_user;
using testing_it::make_app;
using testing_it::some_user;

}  // namespace

// [testing]
TEST_CASE("guide: items are created by whoever is logged in") {
  TestClient client(make_app());
  const TestResponse response =
      client.post("/items", {.headers = {{"authorization", "abc"}}, .json = Json{{"name", "Foo"}}});
  CHECK(response.status_code() == 200);
  CHECK(response.json() == Json{{"name", "Foo"}, {"by", "user of abc"}});
  CHECK(client.post("/items", {.json = Json{{"name", 5}}}).status_code() == 422);
}

TEST_CASE("guide: a test needs no login") {
  App app = make_app();
  app.dependency_overrides().set<current_user, some_user>();  // the parameters of some_user count, it has none
  TestClient client(std::move(app));
  CHECK(client.post("/items", {.json = Json{{"name", "Foo"}}}).json()["by"] == "a test");
}

TEST_CASE("guide: a report of an hour is tested in no time") {
  TestClient client(make_app());
  CHECK(client.get("/report").elapsed() == 1h);  // virtual time; not 2 h: both at once
}
// [/testing]

// [async_testing]
ASYNC_TEST_CASE("guide: several requests at once") {
  TestClient client(make_app());
  const auto responses = co_await gather(client.async_get("/report"), client.async_get("/report"));
  const auto& [first, second] = responses;
  CHECK(first.text() == second.text());
  CHECK(EventLoop::current().time() - Clock::time_point() >= 1h);
}
// [/async_testing]

TEST_SUITE("guide") {
  TEST_CASE("guide: two routes with one operationId are found before serving") {
    App app;
    app.get("/a", [] { return 1; }, {.name = "same"});
    app.get("/b", [] { return 2; }, {.name = "same"});
    CHECK_THROWS_AS(TestClient client(std::move(app)), std::invalid_argument);
  }

  TEST_CASE("guide: a named route has a URL") {
    App app;
    app.get("/items/{id}",
            [](Request& request, Path<std::string, "id"> id) { return request.url_for("read_item", {{"id", *id}}); },
            {.name = "read_item"});
    TestClient client(std::move(app));
    CHECK(client.get("/items/7").text() == R"("http://testserver/items/7")");
  }

  TEST_CASE("guide: a router's routes are below its prefix, with its tags and answers") {
    App app = bigger::make_app();
    const Json paths = Json::parse(app.openapi())["paths"];
    CHECK(paths["/users/me"]["get"]["tags"] == Json{"users"});
    CHECK(paths["/users/{username}"]["get"]["responses"]["404"]["description"] == "Not found");
    CHECK(paths["/v2/users/{username}"]["get"]["deprecated"] == true);
    CHECK(!paths.contains("/admin/"));
    TestClient client(std::move(app));
    CHECK(client.get("/users/me").json()["username"] == "current");
    CHECK(client.get("/v2/users/rick").json()["username"] == "rick");
    CHECK(client.get("/admin/").text() == R"("for few")");
    CHECK(client.get("/admin/openapi.json").json()["info"]["title"] == "Admin");
  }

  TEST_CASE("guide: what an application says about itself stands in the document") {
    TestClient client(metadata::make_app());
    const Json document = client.get("/api/v1/openapi.json").json();
    CHECK(document["info"]["title"] == "ChimichangApp");
    CHECK(document["info"]["license"]["identifier"] == "Apache-2.0");
    CHECK(document["tags"][0]["description"] == "Operations with users.");
    CHECK(document["paths"]["/users"]["get"]["operationId"] == "get_users");
    CHECK(client.get("/openapi.json").status_code() == 404);
    CHECK(client.get("/redoc").status_code() == 404);
  }

  TEST_CASE("guide: middleware stands around the handler") {
    TestClient client(middleware::make_app());
    CHECK(client.get("/slow").header("x-process-time") == "1.500000");
    CHECK(client.get("/nowhere").header("x-process-time") == "0.000000");
  }
}
