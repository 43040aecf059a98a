// SPDX-License-Identifier: BSL-1.0
#include "coroute/app/app.hpp"
#include "coroute/json.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>

#include "coroute/asyncio/sleep.hpp"
#include "support/async_test.hpp"
#include "support/test_request.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::answer;
using coroute::testing::call;
using coroute::testing::TestRequest;

namespace {

App sub_application() {
  App sub({.title = "Sub"});
  sub.get("/sub", [] { return Json{{"message", "sub"}}; });
  sub.get("/where",
          [](Request& request) { return std::string(request.root_path()) + "|" + std::string(request.path()); });
  sub.get("/url", [](Request& request) { return request.url_for("where", {{"x", "1 2"}}); });
  sub.get("/deep/{x}", [](Request& request) { return std::string(request.path_param("x")); }, {.name = "where"});
  return sub;
}

Async<void> set_after(Clock::duration delay, bool& flag) {
  co_await sleep(delay);
  flag = true;
}

}  // namespace

TEST_SUITE("app") {
  TEST_CASE("app: a route that was added twice is an error at the start that names it") {
    App app;
    app.get("/items/{id}", [](Path<int, "id"> id) { return *id; });
    app.post("/items/{id}", [](Path<int, "id"> id) { return *id; });
    app.get("/items/{id}", [](Path<int, "id"> id) { return -*id; });
    CHECK_THROWS_WITH_AS(std::move(app).handler(), "route GET /items/{id} was added twice", std::invalid_argument);
  }

  TEST_CASE("app: it has a title and a version") {
    CHECK(App().title() == "coroute");
    CHECK(App().version() == "0.1.0");
    const App app({.title = "Shop", .version = "1.0"});
    CHECK(app.title() == "Shop");
    CHECK(app.version() == "1.0");
  }

  TEST_CASE("app: without routes everything is 404") {
    const Handler handler = App().handler();
    CHECK(answer(handler, "GET", "/").status == Status::NotFound);
    CHECK(answer(handler, "GET", "/").body == R"({"detail":"Not Found"})");
    CHECK(answer(handler, "OPTIONS", "*").status == Status::NotFound);
  }

  TEST_CASE("app: slash redirects can be switched off") {
    for (const bool redirect : {true, false}) {
      App app({.redirect_slashes = redirect});
      app.get("/slash/", [] { return 1; });
      const Handler handler = std::move(app).handler();
      CHECK(answer(handler, "GET", "/slash").status == (redirect ? Status::TemporaryRedirect : Status::NotFound));
      CHECK(answer(handler, "GET", "/slash/").status == Status::Ok);
    }
  }

  TEST_CASE("app: a mounted application sees the rest of the path") {
    App app;
    app.mount("/subapi", sub_application());
    const Handler handler = std::move(app).handler();
    CHECK(answer(handler, "GET", "/subapi/sub").body == R"({"message":"sub"})");
    CHECK(answer(handler, "GET", "/subapi/where?q").body == R"("/subapi|/where")");
    CHECK(answer(handler, "GET", "/subapi/url").body == R"("http://testserver/subapi/deep/1%202")");
    CHECK(answer(handler, "GET", "/subapi/deep/a%2Fb").body == R"("a/b")");
    CHECK(answer(handler, "GET", "/sub").status == Status::NotFound);
    CHECK(answer(handler, "GET", "/subapi2/sub").status == Status::NotFound);
  }

  TEST_CASE("app: a mounted application answers for itself what it doesn't have") {
    App app;
    app.mount("/subapi", sub_application());
    const Handler handler = std::move(app).handler();
    CHECK(answer(handler, "GET", "/subapi/none").status == Status::NotFound);
    const Response refused = answer(handler, "POST", "/subapi/sub");
    CHECK(refused.status == Status::MethodNotAllowed);
    CHECK(refused.headers.get("allow") == "GET, HEAD");
    const Response redirected = answer(handler, "GET", "/subapi/sub/?a=b");
    CHECK(redirected.status == Status::TemporaryRedirect);
    CHECK(redirected.headers.get("location") == "http://testserver/subapi/sub?a=b");
  }

  TEST_CASE("app: the place of a mount itself is redirected to its slash") {
    App app;
    app.mount("/subapi", sub_application());
    const Response response = answer(std::move(app).handler(), "GET", "/subapi");
    CHECK(response.status == Status::TemporaryRedirect);
    CHECK(response.headers.get("location") == "http://testserver/subapi/");
  }

  TEST_CASE("app: an application may be mounted at the root, after routes of one's own") {
    App app;
    app.get("/sub", [] { return "own"; });
    app.mount("/", sub_application());
    const Handler handler = std::move(app).handler();
    CHECK(answer(handler, "GET", "/sub").body == R"("own")");
    CHECK(answer(handler, "GET", "/where").body == R"("|/where")");
  }

  TEST_CASE("app: mounts may stand inside each other") {
    App middle;
    middle.mount("/inner", sub_application());
    App app;
    app.mount("/outer", std::move(middle));
    const Handler handler = std::move(app).handler();
    CHECK(answer(handler, "GET", "/outer/inner/where").body == R"("/outer/inner|/where")");
    CHECK(answer(handler, "GET", "/outer/inner/url").body == R"("http://testserver/outer/inner/deep/1%202")");
  }

  TEST_CASE("app: a mount may have placeholders and more segments than one") {
    App app;
    app.mount("/t/{tenant}/api", sub_application());
    const Handler handler = std::move(app).handler();
    CHECK(answer(handler, "GET", "/t/acme/api/where").body == R"("/t/acme/api|/where")");
    CHECK(answer(handler, "GET", "/t/a%2Fb/api/where").body == R"("/t/a%2Fb/api|/where")");
    CHECK(answer(handler, "GET", "/t/acme/where").status == Status::NotFound);
  }

  TEST_CASE("app: any handler may be mounted, and gets every method") {
    App app;
    app.mount("/raw/", [](Request& request) {
      return Async<Response>::ready(text(std::string(request.method_name()) + " " + std::string(request.path())));
    });
    const Handler handler = std::move(app).handler();
    CHECK(answer(handler, "PROPFIND", "/raw/a//b/").body == "PROPFIND /a//b/");
    CHECK(answer(handler, "OPTIONS", "/raw/").body == "OPTIONS /");
  }

  TEST_CASE("app: middleware of the outer application stands around the mounted one") {
    App sub = sub_application();
    sub.use([](Request& request, const Handler& next) -> Async<Response> {
      Response response = co_await next(request);
      response.body += "+sub";
      co_return response;
    });
    App app;
    app.use([](Request& request, const Handler& next) -> Async<Response> {
      Response response = co_await next(request);
      response.body += "+app";
      co_return response;
    });
    app.get("/own", [] { return 1; });
    app.mount("/subapi", std::move(sub));
    const Handler handler = std::move(app).handler();
    CHECK(answer(handler, "GET", "/subapi/sub").body == R"({"message":"sub"}+sub+app)");
    CHECK(answer(handler, "GET", "/own").body == "1+app");
  }

  ASYNC_TEST_CASE("app: a spawned task outlives the request that started it") {
    bool done = false;
    App app;
    app.post("/jobs", [&done] { static_cast<void>(App::spawn(set_after(1h, done), "job")); }, {.status = 202});
    const Handler handler = std::move(app).handler();
    TestRequest request("POST", "/jobs");
    const Response response = co_await call(handler, *request);
    CHECK(response.status == Status::Accepted);
    CHECK_FALSE(done);
    co_await sleep(2h);
    CHECK(done);
  }

  TEST_CASE("app: a spawned task is cancelled when the loop ends") {
    bool done = false;
    App app;
    app.post("/jobs", [&done] { static_cast<void>(App::spawn(set_after(1h, done))); });
    CHECK(answer(std::move(app).handler(), "POST", "/jobs").body == "null");
    CHECK_FALSE(done);
  }
}
