// SPDX-License-Identifier: BSL-1.0
#include "coroute/routing/route_collection.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "support/test_request.hpp"

using namespace coroute;
using coroute::testing::answer;

namespace {

Handler saying(std::string what) {
  return [what = std::move(what)](Request&) { return Async<Response>::ready(text(what)); };
}

RouteCollection with_route(std::string_view prefix, std::string_view path) {
  RouteCollection routes{std::string(prefix)};
  routes.add_route(Method::Get, path, saying(std::string(path)));
  return routes;
}

std::string error_of_build(RouteCollection routes) {
  try {
    static_cast<void>(std::move(routes).build());
    return "";
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

}  // namespace

TEST_SUITE("routing") {
  TEST_CASE("route collection: a prefix is empty, or begins and doesn't end with a slash") {
    CHECK_NOTHROW(RouteCollection(""));
    CHECK_NOTHROW(RouteCollection("/v1"));
    CHECK_NOTHROW(RouteCollection("/v1/{tenant}"));
    CHECK_THROWS_WITH_AS(RouteCollection("v1"), "a router's prefix must begin with '/': v1", std::invalid_argument);
    CHECK_THROWS_WITH_AS(RouteCollection("/v1/"), "a router's prefix must not end with '/': /v1/",
                         std::invalid_argument);
    CHECK_THROWS_AS(RouteCollection("/"), std::invalid_argument);
  }

  TEST_CASE("route collection: the prefix of an include has the same rule") {
    RouteCollection routes("/api");
    CHECK_THROWS_WITH_AS(routes.include(with_route("", "/x"), "v1"), "a router's prefix must begin with '/': v1",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(routes.include(with_route("", "/x"), "/v1/"), "a router's prefix must not end with '/': /v1/",
                         std::invalid_argument);
    CHECK_THROWS_AS(routes.include(with_route("", "/x"), "/"), std::invalid_argument);
    routes.include(with_route("", "/x"), "/v1");
    CHECK(answer(std::move(routes).build(), "GET", "/api/v1/x").body == "/x");
  }

  TEST_CASE("route collection: a path begins with a slash, or is empty behind a prefix") {
    RouteCollection routes("/api");
    CHECK_THROWS_AS(routes.add_route(Method::Get, "items", saying("")), std::invalid_argument);
    CHECK_THROWS_AS(routes.mount("items", saying("")), std::invalid_argument);
    routes.add_route(Method::Get, "", saying("itself"));
    const Handler handler = std::move(routes).build();
    CHECK(answer(handler, "GET", "/api").body == "itself");
    CHECK(answer(handler, "GET", "/apiitems").status == Status::NotFound);
    RouteCollection without_prefix;
    CHECK_THROWS_WITH_AS(without_prefix.add_route(Method::Get, "", saying("")),
                         "a route needs a path or a prefix: both are empty", std::invalid_argument);
  }

  TEST_CASE("route collection: a bad path is reported where it is declared") {
    RouteCollection routes;
    for (const std::string_view path : {"/{", "/}", "/{a}{a}", "/{1a}", "/{a:complex}", "/\n", "x"}) {
      CAPTURE(path);
      CHECK_THROWS_AS(routes.add_route(Method::Get, path, saying("")), std::invalid_argument);
      CHECK_THROWS_AS(routes.mount(path, saying("")), std::invalid_argument);
    }
    CHECK(answer(std::move(routes).build(), "GET", "/").status == Status::NotFound);
  }

  TEST_CASE("route collection: the same method and path twice is refused") {
    RouteCollection routes;
    routes.add_route(Method::Get, "/a", saying("1"));
    routes.add_route(Method::Post, "/a", saying("2"));
    routes.add_route({Method::Put, Method::Get}, "/a", saying("3"));
    CHECK(error_of_build(std::move(routes)) == "route GET /a was added twice");
  }

  TEST_CASE("route collection: routes are the same once their prefixes are added") {
    RouteCollection routes;
    routes.add_route(Method::Get, "/v1/a", saying("1"));
    routes.include(with_route("/v1", "/a"));
    CHECK(error_of_build(std::move(routes)) == "route GET /v1/a was added twice");
  }

  TEST_CASE("route collection: the same name twice is refused, no name as often as one likes") {
    RouteCollection routes;
    routes.add_route(Method::Get, "/a", saying("1"), {.name = "x"});
    routes.add_route(Method::Get, "/b", saying("2"), {.name = "x"});
    CHECK(error_of_build(std::move(routes)) == "two routes have the name \"x\"");
    RouteCollection unnamed;
    unnamed.add_route(Method::Get, "/a", saying("1"));
    unnamed.add_route(Method::Get, "/b", saying("2"));
    CHECK(error_of_build(std::move(unnamed)).empty());
  }

  TEST_CASE("route collection: two mounts at one place are refused") {
    RouteCollection routes;
    routes.mount("/sub", saying("1"));
    routes.mount("/sub/", saying("2"));
    CHECK(error_of_build(std::move(routes)) == "route any method /sub/{mounted:path} was added twice");
  }

  TEST_CASE("route collection: the first declared route wins, mounts and includes in their order") {
    RouteCollection routes;
    routes.add_route(Method::Get, "/users/me", saying("me"));
    routes.add_route(Method::Get, "/users/{uid}", saying("one"));
    routes.add_route(Method::Get, "/users/you", saying("never"));
    routes.include(with_route("/sub", "/a"));
    routes.mount("/sub", saying("mounted"));
    routes.add_route(Method::Get, "/sub/b", saying("never"));
    const Handler handler = std::move(routes).build();
    CHECK(answer(handler, "GET", "/users/me").body == "me");
    CHECK(answer(handler, "GET", "/users/you").body == "one");
    CHECK(answer(handler, "GET", "/sub/a").body == "/a");
    CHECK(answer(handler, "GET", "/sub/b").body == "mounted");
  }

  TEST_CASE("route collection: middleware added last is outermost, and sees answers without a route too") {
    RouteCollection routes;
    routes.add_route(Method::Get, "/a", saying("a"));
    for (const char mark : {'1', '2'}) {
      routes.use([mark](Request& request, const Handler& next) -> Async<Response> {
        const char own = mark;
        Response response = co_await next(request);
        response.body += own;
        co_return response;
      });
    }
    const Handler handler = std::move(routes).build();
    CHECK(answer(handler, "GET", "/a").body == "a12");
    CHECK(answer(handler, "GET", "/b").body == R"({"detail":"Not Found"}12)");
    CHECK(answer(handler, "OPTIONS", "/a").body == "12");
  }

  TEST_CASE("route collection: the built handler lives on its own") {
    Handler handler;
    {
      RouteCollection routes("/api");
      routes.add_route(Method::Get, "/{x}", [](Request& request) {
        return Async<Response>::ready(text(std::string(request.path_param("x")) + std::string(request.route_path())));
      });
      RouteCollection moved = std::move(routes);
      handler = std::move(moved).build();
    }
    CHECK(answer(handler, "GET", "/api/1").body == "1/api/{x}");
  }
}
