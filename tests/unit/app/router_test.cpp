// SPDX-License-Identifier: BSL-1.0
#include "coroute/app/router.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>

#include "coroute/app/app.hpp"
#include "support/test_request.hpp"

using namespace coroute;
using coroute::testing::answer;
using coroute::testing::TestRequest;

namespace {

std::string method_of(Request& request) {
  return std::string(request.method_name());
}

Middleware marking(std::string mark) {
  const auto shared = std::make_shared<const std::string>(std::move(mark));
  return [shared](Request& request, const Handler& next) -> Async<Response> {
    const auto own = shared;
    Response response = co_await next(request);
    const std::string before(response.headers.get("x-trace").value_or(""));
    response.headers.set("x-trace", before + *own);
    co_return response;
  };
}

std::string trace_of(const Response& response) {
  return std::string(response.headers.get("x-trace").value_or(""));
}

}  // namespace

TEST_SUITE("app") {
  TEST_CASE("router: every verb declares a route for its method") {
    Router router;
    router.get("/x", method_of)
        .post("/x", method_of)
        .put("/x", method_of)
        .patch("/x", method_of)
        .del("/x", method_of)
        .head("/h", method_of)
        .options("/x", method_of);
    const Handler handler = std::move(router).build();
    for (const std::string_view method : {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
      CHECK(answer(handler, method, "/x").body == "\"" + std::string(method) + "\"");
    }
    CHECK(answer(handler, "HEAD", "/h").body == "\"HEAD\"");
    CHECK(answer(handler, "GET", "/h").status == Status::MethodNotAllowed);
    CHECK(answer(handler, "TRACE", "/x").status == Status::MethodNotAllowed);
  }

  TEST_CASE("router: one handler may serve several methods, named ones, or any") {
    Router router;
    router.route({Method::Get, Method::Post}, "/both", method_of);
    router.route(MethodSet(Method::Get).add("PROPFIND"), "/dav", method_of);
    router.route(MethodSet::any(), "/any", method_of);
    const Handler handler = std::move(router).build();
    CHECK(answer(handler, "POST", "/both").body == "\"POST\"");
    CHECK(answer(handler, "PROPFIND", "/dav").body == "\"PROPFIND\"");
    CHECK(answer(handler, "MKCOL", "/any").body == "\"MKCOL\"");
    CHECK(answer(handler, "MKCOL", "/dav").status == Status::MethodNotAllowed);
    CHECK(answer(handler, "DELETE", "/both").headers.get("allow") == "GET, HEAD, POST");
  }

  TEST_CASE("router: options give the status, the name and the body limit of a route") {
    Router router;
    router.post("/items",
                [](Request& request) -> Async<std::string> {
                  const std::string_view body = co_await request.body();
                  co_return std::string(body) + " " + request.url_for("item", {{"id", "7"}});
                },
                {.status = 201, .max_body_bytes = 5});
    router.get("/items/{id}", method_of, {.name = "item"});
    const Handler handler = std::move(router).build();
    TestRequest small("POST", "/items");
    small.body({"12345"});
    const Response response = answer(handler, small);
    CHECK(response.status == Status::Created);
    CHECK(response.body == "\"12345 http://testserver/items/7\"");
    TestRequest large("POST", "/items");
    large.body({"123456"});
    CHECK_THROWS_WITH_AS(answer(handler, large), "413: Content Too Large", HttpException);
  }

  TEST_CASE("router: what returned text becomes is said by the route, else by the innermost router") {
    const auto page = [] { return "<p>"; };
    Router inner("/inner", {.answer_as = AnswerAs::PlainText});
    inner.get("/own", page, {.answer_as = AnswerAs::Json});
    inner.get("/text", page);
    inner.get("/number", [] { return 5; });
    Router plain("/plain");
    plain.get("/", page);
    Router outer({}, {.answer_as = AnswerAs::Html});
    outer.include(std::move(inner));
    outer.include(std::move(plain));
    outer.get("/", page);
    const Handler handler = std::move(outer).build();
    const auto type = [&](const char* path) { return std::string(answer(handler, "GET", path).content_type()); };
    CHECK(type("/inner/own") == "application/json");
    CHECK(type("/inner/text") == "text/plain; charset=utf-8");
    CHECK(type("/inner/number") == "application/json");
    CHECK(type("/plain/") == "text/html; charset=utf-8");
    CHECK(type("/") == "text/html; charset=utf-8");
    CHECK(answer(handler, "GET", "/inner/own").body == "\"<p>\"");
  }

  TEST_CASE("router: a path that is only known while running is checked then") {
    Router router;
    const std::string path = "/run/{time:int}";
    router.get(RoutePath::runtime(path), [](Request& request) { return request.path_param<int>("time"); });
    CHECK_THROWS_AS(router.get(RoutePath::runtime("/{open"), method_of), std::invalid_argument);
    CHECK_THROWS_AS(router.get(RoutePath::runtime("relative"), method_of), std::invalid_argument);
    CHECK(answer(std::move(router).build(), "GET", "/run/12").body == "12");
  }

  TEST_CASE("router: prefixes of routers inside each other add up") {
    Router things("/things");
    things.get("/{tid}", [](Request& request) { return std::string(request.path_param("tid")); });
    things.get("", [] { return "all"; });
    things.post(RoutePath::runtime(""), [] { return "one more"; });
    Router v1("/v1");
    v1.include(std::move(things), "/shop");
    Router root;
    CHECK_THROWS_AS(root.get("", [] { return "nowhere"; }), std::invalid_argument);
    root.include(std::move(v1), "/api");
    const Handler handler = std::move(root).build();
    CHECK(answer(handler, "GET", "/api/v1/shop/things/3").body == "\"3\"");
    CHECK(answer(handler, "GET", "/api/v1/shop/things").body == "\"all\"");
    CHECK(answer(handler, "POST", "/api/v1/shop/things").body == "\"one more\"");
    CHECK(answer(handler, "GET", "/things/3").status == Status::NotFound);
    CHECK(answer(handler, "GET", "/api/v1/things/3").status == Status::NotFound);
  }

  TEST_CASE("router: middleware of a router stands around its routes only, inside that of its parent") {
    Router inner("/inner");
    inner.use(marking("1"));
    inner.use(marking("2"));
    inner.get("/x", method_of);
    Router outer("/outer");
    outer.get("/before", method_of);
    outer.use(marking("3"));
    outer.include(std::move(inner));
    outer.get("/after", method_of);
    Router root;
    root.include(std::move(outer));
    root.get("/root", method_of);
    root.use(marking("4"));
    const Handler handler = std::move(root).build();
    CHECK(trace_of(answer(handler, "GET", "/outer/inner/x")) == "1234");
    CHECK(trace_of(answer(handler, "GET", "/outer/before")) == "34");
    CHECK(trace_of(answer(handler, "GET", "/outer/after")) == "34");
    CHECK(trace_of(answer(handler, "GET", "/root")) == "4");
    CHECK(trace_of(answer(handler, "GET", "/none")) == "4");
    CHECK(trace_of(answer(handler, "POST", "/outer/inner/x")) == "4");
  }

  TEST_CASE("router: a route's own middleware is inside that of its router, the first one outermost") {
    Router router;
    router.use(marking("router,"));
    router.get("/with", method_of, {.middleware = {marking("outer,"), marking("inner,")}});
    router.get("/without", method_of);
    App app;
    app.include(std::move(router));
    const Handler handler = std::move(app).handler();
    CHECK(trace_of(answer(handler, "GET", "/with")) == "inner,outer,router,");
    CHECK(trace_of(answer(handler, "GET", "/without")) == "router,");
  }

  TEST_CASE("router: middleware sees the route, and may answer before the handler") {
    Router guarded;
    int calls = 0;
    guarded.get("/secret/{id}", [&calls](Request&) { return ++calls; });
    guarded.use([](Request& request, const Handler& next) -> Async<Response> {
      if (request.header("x-token") != "fake") {
        throw HttpException(400, "X-Token header invalid: " + std::string(request.route_path()));
      }
      co_return co_await next(request);
    });
    Router root;
    root.include(std::move(guarded));
    const Handler handler = std::move(root).build();
    CHECK_THROWS_WITH_AS(answer(handler, "GET", "/secret/1"), "400: X-Token header invalid: /secret/{id}",
                         HttpException);
    CHECK(calls == 0);
    TestRequest request("GET", "/secret/1");
    request.header("X-Token", "fake");
    CHECK(answer(handler, request).body == "1");
  }
}
