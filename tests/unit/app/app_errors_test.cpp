// SPDX-License-Identifier: BSL-1.0
// Errors in a whole application: with middleware, mounts, debug and problem details.
#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/http/access_record.hpp"
#include "coroute/http/validation_error.hpp"
#include "coroute/json.hpp"
#include "support/async_test.hpp"
#include "support/test_request.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::answer;
using coroute::testing::TestRequest;

namespace {

struct Unicorn : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Routes that fail in each way, at once and later.
void add_failing_routes(App& app) {
  app.get("/fine", [] { return 1; });
  app.get("/http", [] { throw HttpException(403, "no"); });
  app.get("/http-later", []() -> Async<int> {
    co_await sleep(1s);
    throw HttpException(403, "no");
  });
  app.get("/boom", [] { throw std::runtime_error("password=secret"); });
  app.get("/boom-later", []() -> Async<int> {
    co_await sleep(1s);
    throw std::runtime_error("password=secret");
  });
  app.get("/unicorns/{name}", [](Request& request) { throw Unicorn(std::string(request.path_param("name"))); });
  app.get("/i/{n}", [](Request& request) { return request.path_param<int>("n"); });
}

Response oops(Request&, const Unicorn& error) {
  return json(Json{{"message", std::string("Oops! ") + error.what() + " did something."}}, 418);
}

/// Notes in the answer what it saw of it: a status, or an exception.
Async<Response> note_outcome(Request& request, const Handler& next) {
  std::exception_ptr error;
  Response response;
  try {
    response = co_await next(request);
  } catch (...) {
    error = std::current_exception();
  }
  if (error) {
    request.set_route_path("saw an exception");
    std::rethrow_exception(error);
  }
  response.headers.set("x-saw", std::to_string(response.status.code()));
  co_return response;
}

std::string saw(const Response& response) {
  return std::string(response.headers.get("x-saw").value_or("nothing"));
}

/// Answers what the middleware in front of it throws only when the application does.
Async<Response> refuse_all(Request&, const Handler&) {
  throw HttpException(401, "who?");
  co_return Response();
}

}  // namespace

TEST_SUITE("app") {
  TEST_CASE("app: exception handlers are declared like routes") {
    App app;
    add_failing_routes(app);
    app.exception_handler<Unicorn>(&oops)
        .exception_handler<RequestValidationError>([](Request&, const RequestValidationError& error) {
          return text("bad: " + error.errors().at(0).type, 400);
        })
        .exception_handler(404, [](Request&, const HttpException&) { return json(Json{{"custom", "nf"}}, 404); });
    const Handler handler = std::move(app).handler();
    const Response unicorn = answer(handler, "GET", "/unicorns/yolo");
    CHECK(unicorn.status == 418);
    CHECK(unicorn.body == R"({"message":"Oops! yolo did something."})");
    const Response invalid = answer(handler, "GET", "/i/x");
    CHECK(invalid.status == 400);
    CHECK(invalid.body == "bad: int_parsing");
    const Response missing = answer(handler, "GET", "/nope");
    CHECK(missing.status == 404);
    CHECK(missing.body == R"({"custom":"nf"})");
    CHECK(answer(handler, "GET", "/i/7").body == "7");
  }

  TEST_CASE("app: without handlers and middleware errors pass to whoever serves it") {
    App app;
    add_failing_routes(app);
    const Handler handler = std::move(app).handler();
    CHECK_THROWS_AS(answer(handler, "GET", "/http"), HttpException);
    CHECK_THROWS_AS(answer(handler, "GET", "/http-later"), HttpException);
    CHECK_THROWS_AS(answer(handler, "GET", "/boom"), std::runtime_error);
    CHECK_THROWS_AS(answer(handler, "GET", "/i/x"), RequestValidationError);
    CHECK(answer(handler, "GET", "/fine").body == "1");
  }

  TEST_CASE("app: middleware sees the answer to an error that is known, as the client does") {
    App app;
    add_failing_routes(app);
    app.use(&note_outcome);
    const Handler handler = std::move(app).handler();
    CHECK(saw(answer(handler, "GET", "/http")) == "403");
    CHECK(saw(answer(handler, "GET", "/http-later")) == "403");
    CHECK(saw(answer(handler, "GET", "/i/x")) == "422");
    CHECK(saw(answer(handler, "GET", "/nope")) == "404");
    CHECK(saw(answer(handler, "PUT", "/fine")) == "405");
  }

  TEST_CASE("app: middleware sees the answer of a class's handler, but around the one for 500 it sees the error") {
    App app;
    add_failing_routes(app);
    app.use(&note_outcome);
    app.exception_handler<Unicorn>(&oops);
    app.exception_handler(
        500, [](Request& request, const std::exception&) { return text(std::string(request.route_path()), 500); });
    const Handler handler = std::move(app).handler();
    CHECK(saw(answer(handler, "GET", "/unicorns/yolo")) == "418");
    const Response failed = answer(handler, "GET", "/boom-later");
    CHECK(failed.body == "saw an exception");
    CHECK(saw(failed) == "nothing");
  }

  TEST_CASE("app: what nobody answers passes through the middleware") {
    App app;
    add_failing_routes(app);
    app.use(&note_outcome);
    const Handler handler = std::move(app).handler();
    CHECK_THROWS_AS(answer(handler, "GET", "/boom"), std::runtime_error);
    CHECK_THROWS_AS(answer(handler, "GET", "/boom-later"), std::runtime_error);
  }

  TEST_CASE("app: what middleware throws goes to the exception handlers, too") {
    App app;
    app.use(&refuse_all);
    app.exception_handler(401, [](Request&, const HttpException& error) { return text(error.what(), 401); });
    const Handler handler = std::move(app).handler();
    CHECK(answer(handler, "GET", "/").body == "401: who?");
    App without;
    without.use(&refuse_all);
    CHECK_THROWS_AS(answer(std::move(without).handler(), "GET", "/"), HttpException);
  }

  TEST_CASE("app: an exception handler that throws is not asked a second time") {
    int calls = 0;
    App app;
    add_failing_routes(app);
    app.use(&note_outcome);
    app.exception_handler<Unicorn>([&calls](Request&, const Unicorn&) -> Response {
      ++calls;
      throw Unicorn("again");
    });
    const Response response = answer(std::move(app).handler(), "GET", "/unicorns/yolo");
    CHECK(response.status == 500);
    CHECK(response.body == "Internal Server Error");
    CHECK(saw(response) == "500");
    CHECK(calls == 1);
  }

  TEST_CASE("app: middleware of a router gets the errors as exceptions") {
    Router things("/things");
    things.use(&note_outcome);
    things.get("/{name}", [](Request& request) { throw Unicorn(std::string(request.path_param("name"))); });
    App app;
    app.include(std::move(things));
    app.exception_handler<Unicorn>(
        [](Request& request, const Unicorn&) { return text(std::string(request.route_path())); });
    CHECK(answer(std::move(app).handler(), "GET", "/things/x").body == "saw an exception");
  }

  TEST_CASE("app: a mounted application answers its errors by its own handlers") {
    App sub;
    add_failing_routes(sub);
    sub.exception_handler<Unicorn>(&oops);
    App app;
    app.mount("/sub", std::move(sub));
    app.exception_handler<std::runtime_error>([](Request&, const std::runtime_error&) { return text("parent"); });
    app.exception_handler(404, [](Request&, const HttpException&) { return text("parent's 404", 404); });
    app.exception_handler(500, [](Request&, const std::exception&) { return text("parent's 500", 500); });
    const Handler handler = std::move(app).handler();
    CHECK(answer(handler, "GET", "/sub/unicorns/yolo").status == 418);
    CHECK(answer(handler, "GET", "/sub/nope").body == R"({"detail":"Not Found"})");
    CHECK(answer(handler, "GET", "/sub/http").body == R"({"detail":"no"})");
    CHECK(answer(handler, "GET", "/nope").body == "parent's 404");
    for (const char* const path : {"/sub/boom", "/sub/boom-later"}) {
      TestRequest request("GET", path);
      const Response failed = answer(handler, request);
      CHECK(failed.status == 500);
      CHECK(failed.body == "Internal Server Error");
      CHECK(request->failures().size() == 1);
    }
  }

  TEST_CASE("app: the handlers of a mounted application are not for its parent") {
    App sub;
    sub.exception_handler<Unicorn>(&oops);
    App app;
    add_failing_routes(app);
    app.mount("/sub", std::move(sub));
    CHECK_THROWS_AS(answer(std::move(app).handler(), "GET", "/unicorns/yolo"), Unicorn);
  }

  TEST_CASE("app: debug shows what a 500 is about, in mounted applications too, and nothing of other errors") {
    App sub;
    add_failing_routes(sub);
    App app({.debug = true});
    app.mount("/sub", std::move(sub));
    const Handler handler = std::move(app).handler();
    const Response shown = answer(handler, "GET", "/sub/boom-later?x");
    CHECK(shown.status == 500);
    CHECK(shown.content_type() == "text/plain; charset=utf-8");
    CHECK(shown.body.starts_with("Internal Server Error\n\nGET /sub/boom-later?x\npassword=secret\n  at "));
    CHECK(answer(handler, "GET", "/sub/http").body == R"({"detail":"no"})");
  }

  TEST_CASE("app: debug is off by default") {
    CHECK_FALSE(AppOptions{}.debug);
    App sub;
    add_failing_routes(sub);
    App app;
    app.mount("/sub", std::move(sub));
    CHECK(answer(std::move(app).handler(), "GET", "/sub/boom").body == "Internal Server Error");
  }

  TEST_CASE("app: with problem details every error is one") {
    App sub;
    add_failing_routes(sub);
    App app({.problem_details = true});
    app.mount("/sub", std::move(sub));
    const Handler handler = std::move(app).handler();
    for (const auto& [path, status] :
         {std::pair("/nope", 404), std::pair("/sub/nope", 404), std::pair("/sub/http", 403), std::pair("/sub/i/x", 422),
          std::pair("/sub/boom", 500)}) {
      const Response response = answer(handler, "GET", path);
      CAPTURE(path);
      CHECK(response.status == status);
      CHECK(response.content_type() == "application/problem+json");
      const Json problem = parse_json(response.body);
      CHECK(problem["type"] == "about:blank");
      CHECK(problem["title"] == std::string(reason_phrase(status)));
      CHECK(problem["status"] == status);
      CHECK(problem["detail"].is_string());
      CHECK(problem["instance"] == path);
      CHECK(problem.contains("errors") == (status == 422));
    }
    const Response refused = answer(handler, "PUT", "/sub/fine");
    CHECK(refused.content_type() == "application/problem+json");
    CHECK(refused.headers.get("allow") == "GET, HEAD");
    CHECK(answer(handler, "GET", "/sub/fine").body == "1");
  }

  TEST_CASE("app: exception handlers go before problem details") {
    App app({.problem_details = true});
    add_failing_routes(app);
    app.exception_handler(404, [](Request&, const HttpException&) { return text("mine", 404); });
    const Handler handler = std::move(app).handler();
    CHECK(answer(handler, "GET", "/nope").body == "mine");
    CHECK(answer(handler, "GET", "/http").content_type() == "application/problem+json");
  }

  TEST_CASE("app: it can be declared anew after it was made a handler") {
    App app;
    app.exception_handler(404, [](Request&, const HttpException&) { return text("first", 404); });
    const Handler first = std::move(app).handler();
    app = App();
    app.exception_handler(404, [](Request&, const HttpException&) { return text("second", 404); });
    const Handler second = std::move(app).handler();
    CHECK(answer(first, "GET", "/").body == "first");
    CHECK(answer(second, "GET", "/").body == "second");
  }
}
