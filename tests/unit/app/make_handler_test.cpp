// SPDX-License-Identifier: BSL-1.0
#include "coroute/app/make_handler.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/asyncio/sleep.hpp"
#include "coroute/json.hpp"
#include "support/test_request.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::answer;
using coroute::testing::TestRequest;

namespace {

template <class F>
Response answer_of(F function, Status status = Status::Ok) {
  return answer(make_handler(std::move(function), status), "GET", "/x?name=value");
}

template <class F>
std::string body_of(F function) {
  const Response response = answer_of(std::move(function));
  CHECK(response.status == Status::Ok);
  CHECK(response.content_type() == "application/json");
  return response.body;
}

/// Answers without running anything, as the server sees it before it awaits.
template <class F>
bool answers_without_frame(F function) {
  const Handler handler = make_handler(std::move(function));
  TestRequest request;
  return detail::AsyncAccess::is_ready_value(handler(*request));
}

std::string plain_function(Request& request) {
  return std::string(request.path());
}
Async<int> coroutine_function() {
  co_await sleep(1s);
  co_return 7;
}
Async<void> nothing_coroutine(Request&) {
  co_await sleep(1s);
}

struct Callable {
  std::string greeting;
  std::string operator()(Request& request) const { return greeting + std::string(request.query("name").value_or("")); }
};

struct Point {
  int x;
  std::optional<std::string> label;
};
enum class Side { left, right };

/// Both forms exist: the one that takes the request is meant.
struct Overloaded {
  std::string operator()() const { return "nothing"; }
  std::string operator()(Request&) const { return "request"; }
};

}  // namespace

TEST_SUITE("app") {
  TEST_CASE("make_handler: a value becomes JSON") {
    CHECK(body_of([] { return 7; }) == "7");
    CHECK(body_of([] { return -1.5; }) == "-1.5");
    CHECK(body_of([] { return true; }) == "true");
    CHECK(body_of([] { return nullptr; }) == "null");
    CHECK(body_of([] { return std::vector<int>{1, 2, 3}; }) == "[1,2,3]");
    CHECK(body_of([] { return std::vector<std::string>{}; }) == "[]");
    CHECK(body_of([] { return std::map<std::string, int>{{"a", 1}}; }) == R"({"a":1})");
    CHECK(body_of([] { return Json{{"z", 1}, {"a", nullptr}}; }) == R"({"z":1,"a":null})");
  }

  TEST_CASE("make_handler: a Json array stays as deep as it is") {
    CHECK(body_of([] { return Json::array({1}); }) == "[1]");
    CHECK(body_of([] { return Json::array(); }) == "[]");
    CHECK(body_of([]() -> Async<Json> { co_return Json::array({Json::array({1})}); }) == "[[1]]");
  }

  TEST_CASE("make_handler: text becomes a JSON string") {
    CHECK(body_of([] { return "he said \"hi\""; }) == R"("he said \"hi\"")");
    CHECK(body_of([] { return std::string("caf\xC3\xA9\n"); }) == "\"caf\xC3\xA9\\n\"");
    CHECK(body_of([] { return std::string_view(""); }) == R"("")");
    CHECK(body_of([] { return std::string("\xFF"); }) == "\"\xEF\xBF\xBD\"");
  }

  TEST_CASE("make_handler: nothing becomes null") {
    int calls = 0;
    CHECK(body_of([&calls] { ++calls; }) == "null");
    CHECK(body_of([&calls](Request&) { ++calls; }) == "null");
    CHECK(calls == 2);
  }

  TEST_CASE("make_handler: a Response stays as it is") {
    const Response response = answer_of([] { return text("no", Status::Forbidden); }, Status::Created);
    CHECK(response.status == Status::Forbidden);
    CHECK(response.body == "no");
    CHECK(response.content_type() == "text/plain; charset=utf-8");
  }

  TEST_CASE("make_handler: the status is that of the route, unless a Response says it") {
    CHECK(answer_of([] { return 1; }, Status::Created).status == Status::Created);
    CHECK(answer_of([] {}, Status::Accepted).status == Status::Accepted);
    CHECK(answer_of([]() -> Async<int> { co_return 1; }, Status::Created).status == Status::Created);
    CHECK(answer_of([]() -> Async<void> { co_return; }, Status::Accepted).status == Status::Accepted);
    CHECK(answer_of([]() -> Async<Response> { co_return text("x"); }, Status::Created).status == Status::Ok);
  }

  TEST_CASE("make_handler: a coroutine is awaited, whatever it gives") {
    CHECK(body_of(&coroutine_function) == "7");
    CHECK(body_of(&nothing_coroutine) == "null");
    CHECK(body_of([]() -> Async<std::string> { co_return "text"; }) == R"("text")");
    CHECK(body_of([]() -> Async<std::vector<int>> { co_return std::vector<int>{4}; }) == "[4]");
    CHECK(body_of([]() -> Async<Json> { co_return Json{{"a", 1}}; }) == R"({"a":1})");
    CHECK(body_of([](Request& request) -> Async<std::string> {
            co_await sleep(1s);
            co_return std::string(request.path());
          }) == R"("/x")");
    CHECK(answer_of([](Request&) -> Async<Response> {
            co_await sleep(1s);
            co_return text("late");
          }).body == "late");
  }

  TEST_CASE("make_handler: functions, function objects and lambdas may take the request or nothing") {
    CHECK(body_of(&plain_function) == R"("/x")");
    CHECK(body_of(plain_function) == R"("/x")");
    CHECK(body_of(Callable{"hello "}) == R"("hello value")");
    CHECK(body_of(Overloaded{}) == R"("request")");
    CHECK(body_of([](const Request& request) { return std::string(request.path()); }) == R"("/x")");
    CHECK(body_of([](Request& request) { return std::string(request.query_string()); }) == R"("name=value")");
  }

  TEST_CASE("make_handler: a plain function costs no coroutine frame") {
    CHECK(answers_without_frame([] { return 7; }));
    CHECK(answers_without_frame([] {}));
    CHECK(answers_without_frame([] { return text("x"); }));
    CHECK(answers_without_frame(&plain_function));
    CHECK(answers_without_frame([](Request&) { return Async<Response>::ready(text("x")); }));
    CHECK_FALSE(answers_without_frame(&coroutine_function));
    CHECK_FALSE(answers_without_frame([](Request&) -> Async<Response> { co_return text("x"); }));
  }

  TEST_CASE("make_handler: what a function throws comes out where it is awaited") {
    CHECK_THROWS_WITH_AS(answer_of([]() -> int { throw std::runtime_error("plain"); }), "plain", std::runtime_error);
    CHECK_THROWS_WITH_AS(answer_of([]() -> Async<int> { throw std::runtime_error("coroutine"); }), "coroutine",
                         std::runtime_error);
    CHECK_THROWS_WITH_AS(answer_of([]() -> Async<void> {
                           co_await sleep(1s);
                           throw HttpException(404, "late");
                         }),
                         "404: late", HttpException);
  }

  TEST_CASE("make_handler: what a lambda captures lives as long as the handler") {
    const auto alive = std::make_shared<int>(7);
    {
      const Handler handler = make_handler([alive]() -> Async<int> {
        co_await sleep(1s);
        co_return *alive;
      });
      CHECK(alive.use_count() == 2);
      CHECK(answer(handler, "GET", "/").body == "7");
      CHECK(answer(handler, "GET", "/").body == "7");
      CHECK(alive.use_count() == 2);
    }
    CHECK(alive.use_count() == 1);
  }

  TEST_CASE("make_handler: what can't be moved into place without a copy needs none") {
    const Handler handler = make_handler([value = std::make_unique<int>(7)] { return *value; });
    CHECK(answer(handler, "GET", "/").body == "7");
  }

  TEST_CASE("make_handler: a generic lambda takes the request") {
    CHECK(body_of([](auto& request) { return std::string(request.path()); }) == R"("/x")");
    CHECK(body_of([](const auto& request) { return std::string(request.path()); }) == R"("/x")");
    CHECK(body_of([](auto&& request) -> Async<std::string> {
            co_await sleep(1s);
            co_return std::string(request.path());
          }) == R"("/x")");
  }

  TEST_CASE("make_handler: a model, an optional, an enumeration and a literal become JSON") {
    CHECK(body_of([] { return Point{1, std::nullopt}; }) == R"({"x":1,"label":null})");
    CHECK(body_of([] { return std::vector<Point>{{1, "a"}, {2, "b"}}; }) ==
          R"([{"x":1,"label":"a"},{"x":2,"label":"b"}])");
    CHECK(body_of([] { return std::optional<Point>(); }) == "null");
    CHECK(body_of([] { return Side::right; }) == R"("right")");
    CHECK(body_of([] { return Literal<"a", "b">("b"); }) == R"("b")");
    CHECK(body_of([] { return std::numeric_limits<double>::infinity(); }) == "null");
    CHECK(body_of([]() -> Async<Point> { co_return Point{3, "c"}; }) == R"({"x":3,"label":"c"})");
  }

  TEST_CASE("make_handler: a Result is its value, or its error thrown") {
    CHECK(body_of([] { return Result<int>(std::in_place, 7); }) == "7");
    CHECK(body_of([] { return Result<>(std::in_place); }) == "null");
    CHECK_THROWS_WITH_AS(answer_of([] { return Result<int>(std::make_exception_ptr(HttpException(404, "gone"))); }),
                         "404: gone", HttpException);
  }

  TEST_CASE("make_handler: arguments by value, by reference and by const reference") {
    CHECK(body_of([](Query<std::string, "name"> name) { return *name; }) == R"("value")");
    CHECK(body_of([](const Query<std::string, "name">& name) { return *name; }) == R"("value")");
    CHECK(body_of([](Query<std::string, "name">& name) { return std::move(name.value()); }) == R"("value")");
    CHECK(body_of([](Query<std::string, "name">&& name) { return *name; }) == R"("value")");
    CHECK(body_of([](const Query<std::string, "name">& name) -> Async<std::string> {
            co_await sleep(1s);
            co_return *name + "!";
          }) == R"("value!")");
    CHECK(body_of([](Query<std::string, "name"> name, Request& request) -> Async<std::string> {
            co_await sleep(1s);
            co_return *name + std::string(request.path());
          }) == R"("value/x")");
  }

  TEST_CASE("make_handler: parameters by value cost no coroutine frame") {
    CHECK(answers_without_frame([](Query<std::optional<int>, "q">) { return 7; }));
    CHECK_FALSE(answers_without_frame([](const Query<std::optional<int>, "q">&) { return 7; }));
  }

  TEST_CASE("make_handler: wrong parameters are thrown before the function is called") {
    int calls = 0;
    CHECK_THROWS_AS(answer_of([&calls](Query<int, "name">) { ++calls; }), RequestValidationError);
    CHECK_THROWS_AS(answer_of([&calls](const Query<int, "name">&) { ++calls; }), RequestValidationError);
    CHECK(calls == 0);
  }

  TEST_CASE("make_handler: the error knows the body as it was received") {
    TestRequest request("POST", "/");
    request.json(R"({ "x" : "y" })");
    try {
      answer(make_handler([](Point point) { return point; }), request);
      FAIL("not refused");
    } catch (const RequestValidationError& error) {
      CHECK(error.status() == 422);
      CHECK(error.body() == R"({ "x" : "y" })");
      CHECK(error.errors().size() == 1);
    }
  }

  TEST_CASE("make_handler: one handler answers several requests at once, each with its own arguments") {
    const Handler handler = make_handler([](const Query<int, "n">& n, Body<Point> point) -> Async<int> {
      co_await sleep(std::chrono::seconds(5 - *n));
      co_return *n * 10 + point->x;
    });
    TestRequest first("POST", "/?n=1");
    TestRequest second("POST", "/?n=2");
    first.json(R"({"x":3})");
    second.json(R"({"x":4})");
    const auto both = [&]() -> Async<std::string> {
      Task<Response> one = create_task(coroute::testing::call(handler, *first));
      Task<Response> two = create_task(coroute::testing::call(handler, *second));
      const Response a = co_await one;
      const Response b = co_await two;
      co_return a.body + " " + b.body;
    };
    CHECK(run(both(), {.virtual_time = true}) == "13 24");
  }
}
