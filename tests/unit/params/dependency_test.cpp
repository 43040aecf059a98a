// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/dependency.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "support/answer_of.hpp"
#include "support/async_test.hpp"
#include "support/dependency_log.hpp"

using namespace coroute;
using namespace coroute::testing::dependency_log;
using namespace std::chrono_literals;
using coroute::testing::answer;
using coroute::testing::exchange;
using coroute::testing::get;
using coroute::testing::refused;
using coroute::testing::TestRequest;

namespace {

// --- plain ones ---

Async<std::string> delayed() {
  note("delayed");
  co_await sleep(1s);
  co_return "late";
}
void nothing(Request& request) {
  note("nothing:" + std::string(request.path()));
}
Async<> nothing_async() {
  note("nothing_async");
  co_return;
}
struct Paging {
  int skip;
  int limit;
};
Paging paging(Query<int, "skip", defaults_to(0)> skip, Query<int, "limit", le(100)> limit) {
  note("paging");
  return {skip, limit};
}
std::string user(Header<std::string, "authorization"> token, const Depends<paging>& page) {
  note("user");
  return *token + std::to_string(page->limit);
}
std::string admin(Depends<user> name, Depends<paging> page) {
  note("admin");
  return "admin " + *name + std::to_string(page->skip);
}
int needs_a(Query<int, "a"> a) {
  note("needs_a");
  return a;
}
int needs_b_and_a(Depends<needs_a> a, Query<int, "b"> b) {
  note("needs_b_and_a");
  return *a + *b;
}
int noexcept_one(Query<int, "n"> n) noexcept {
  return n;
}
constexpr auto lambda_one = [](Query<int, "n"> n) { return *n + 1; };

// --- others ---

int counting() {
  note("counted");
  return static_cast<int>(events.size());
}
int asks_count(Depends<counting> count) {
  return count;
}
std::string sets_response(Response& response) {
  response.headers.add("x-dep", "1");
  response.set_cookie({.name = "dep", .value = "c"});
  response.status = 202;
  return "set";
}
AsyncGenerator<int> sets_in_teardown(Response& response) {
  co_yield 1;
  note("teardown");
  response.headers.add("x-late", "1");
}
int substitute(Query<int, "other"> other) {
  note("substitute");
  return other;
}

/// A type of the user's that takes itself from the request.
struct Token {
  static Token from_request(Request& request) {
    note("token");
    const auto value = request.header("x-token");
    if (!value) throw HttpException(401, "Not authenticated");
    return {std::string(*value)};
  }
  static std::optional<Token> try_from_request(Request& request) {
    const auto value = request.header("x-token");
    return value ? std::optional(Token{std::string(*value)}) : std::nullopt;
  }
  std::string value;
};
struct Slow {
  static Async<Slow> from_request(Request& request) {
    co_await sleep(1s);
    co_return Slow{std::string(request.path())};
  }
  std::string path;
};
Token fake_token() {
  return {"fake"};
}
std::string through(const Token& token) {
  return "through " + token.value;
}

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("dependencies: are called before the handler, in order, awaited or not") {
    const Handler handler =
        handler_of([](Depends<delayed> a, Depends<plain> b, Depends<nothing>, Depends<nothing_async>) {
          note("handler");
          return *a + std::to_string(b);
        });
    CHECK(serve_get(handler, "/x") == R"(200 "late7")");
    CHECK(noted() == "delayed plain nothing:/x nothing_async handler answered");
  }

  TEST_CASE("dependencies: have arguments of their own, other dependencies among them") {
    const Handler handler = handler_of([](Depends<admin> name) { return *name; });
    TestRequest request("GET", "/?limit=5&skip=3");
    request.header("authorization", "me");
    CHECK(exchange(handler, request) == R"(200 "admin me53")");
    CHECK(noted() == "paging user admin");
  }

  TEST_CASE("dependencies: may be noexcept functions and lambdas without captures") {
    const Handler handler = handler_of([](Depends<noexcept_one> a, Depends<lambda_one> b) { return *a * 10 + *b; });
    CHECK(serve_get(handler, "/?n=1") == "200 12");
  }

  TEST_CASE("dependencies: are called once a request, whoever asks") {
    const Handler handler = handler_of(
        [](Depends<counting> a, Depends<asks_count> b, Depends<counting> c) { return std::vector<int>{a, b, c}; });
    CHECK(serve_get(handler) == "200 [1,1,1]");
    CHECK(serve_get(handler) == "200 [3,3,3]");
    CHECK(noted() == "counted answered counted answered");
  }

  TEST_CASE("dependencies: no_cache calls again, for that argument alone") {
    const Handler handler = handler_of([](Depends<counting> a, Depends<counting, no_cache> b, Depends<counting> c,
                                          Depends<asks_count> d) { return std::vector<int>{a, b, c, d}; });
    CHECK(serve_get(handler) == "200 [1,2,1,1]");
  }

  TEST_CASE("dependencies: what one throws is the answer, nothing after it is called") {
    const Handler handler = handler_of([](Depends<plain>, Depends<refusing>, Depends<counting>) { note("handler"); });
    CHECK(serve_get(handler) == R"(403 {"detail":"no"})");
    CHECK(noted() == "plain refusing");
  }

  TEST_CASE("dependencies: one whose parameters are wrong is not called, nor who depends on it, nor the handler") {
    const Handler handler =
        handler_of([](Depends<needs_b_and_a>, Depends<plain>, Query<int, "c">) { note("handler"); });
    CHECK(serve_get(handler) == refused(missing("a") + "," + missing("b") + "," + missing("c")));
    CHECK(noted() == "plain");
    CHECK(serve_get(handler, "/?a=1") == refused(missing("b") + "," + missing("c")));
    CHECK(noted() == "needs_a plain");
    CHECK(serve_get(handler, "/?a=1&b=2&c=3") == "200 null");
    CHECK(noted() == "needs_a needs_b_and_a plain handler answered");
  }

  TEST_CASE("dependencies: errors of their parameters come before those of the handler, which come before the body's") {
    struct Item {
      int n;
    };
    const Handler handler =
        handler_of([](Item, Header<int, "h">, Query<int, "c">, Depends<needs_a>) { note("handler"); });
    CHECK(coroute::testing::post(handler, "/", "{}") ==
          refused(missing("a") + "," + missing("c") +
                  R"(,{"type":"missing","loc":["header","h"],"msg":"Field required","input":null},)"
                  R"({"type":"missing","loc":["body","n"],"msg":"Field required","input":{}})"));
  }

  TEST_CASE("dependencies: a handler of parameters alone is refused for those of a dependency before it") {
    TestRequest request("GET", "/");
    auto& context = detail::DependencyContext::of(*request);
    context.problems().add(detail::Loc{}, {"missing", "Field required", {}}, "null");
    CHECK(exchange(handler_of([] { return 1; }), request).starts_with("422"));
  }

  TEST_CASE("response: headers, cookies and status of handler and dependencies go into the answer") {
    const Handler handler = handler_of([](Depends<sets_response>, Response& response) {
      response.headers.add("x-handler", response.headers.get("x-dep").value_or("none"));
      return 1;
    });
    const Response response = answer(handler, "GET", "/");
    CHECK(response.status == 202);
    CHECK(response.body == "1");
    CHECK(response.content_type() == "application/json");
    CHECK(response.headers.get("x-dep") == "1");
    CHECK(response.headers.get("x-handler") == "1");
    CHECK(response.headers.get("set-cookie").value_or("").starts_with("dep=c"));
  }

  TEST_CASE("response: the handler's status counts after a dependency's") {
    const Handler handler = handler_of([](Depends<sets_response>, Response& response) { response.status = 201; });
    CHECK(answer(handler, "GET", "/").status == 201);
  }

  TEST_CASE("response: several cookies of the injected one are all sent") {
    const Handler handler = handler_of([](Response& response) {
      response.set_cookie({.name = "a", .value = "1"});
      response.set_cookie({.name = "b", .value = "2"});
    });
    CHECK(answer(handler, "GET", "/").headers.get_all("set-cookie").size() == 2);
  }

  TEST_CASE("response: what is set on the injected one is nothing to a returned Response") {
    const auto check = [](const Handler& handler) {
      const Response response = answer(handler, "GET", "/");
      CHECK(response.body == "hello");
      CHECK(response.status == 200);
      CHECK_FALSE(response.headers.contains("x-dep"));
      CHECK_FALSE(response.headers.contains("x-handler"));
    };
    check(handler_of([](Depends<sets_response>, Response& response) {
      response.headers.add("x-handler", "1");
      response.status = 418;
      return text("hello");
    }));
    check(handler_of([](Depends<sets_response>) -> Async<Response> { co_return text("hello"); }));
    check(handler_of(
        [](Depends<sets_response>) -> Result<Response> { return Result<Response>(std::in_place, text("hello")); }));
  }

  TEST_CASE("response: a dependency of the route sets what it likes on any answer that is no Response") {
    const auto asked = [](auto function) {
      App app;
      app.get("/", std::move(function), {.status = 201, .dependencies = {depends<sets_response>()}});
      return answer(std::move(app).handler(), "GET", "/");
    };
    const Response plain_one = asked([] { return 1; });
    CHECK(plain_one.status == 202);
    CHECK(plain_one.headers.get("x-dep") == "1");
    CHECK(plain_one.headers.get_all("set-cookie").size() == 1);
    const Response coroutine = asked([](Depends<sets_response>, Response& response) -> Async<int> {
      response.status = 201;
      co_return 1;
    });
    CHECK(coroutine.status == 201);
    CHECK(coroutine.headers.get_all("set-cookie").size() == 1);
    const Response own = asked([] { return text("own"); });
    CHECK(own.status == 200);
    CHECK_FALSE(own.headers.contains("x-dep"));
  }

  TEST_CASE("response: a status that is set goes before the route's, also 200") {
    const auto status = [](auto function, int of_route) {
      return answer(make_handler(std::move(function), of_route), "GET", "/").status.code();
    };
    CHECK(status([](Response&) {}, 201) == 201);
    CHECK(status([](Response& response) { response.status = 200; }, 201) == 200);
    CHECK(status([](Response& response) { response.status = 202; }, 201) == 202);
    CHECK(status([](Depends<sets_response>) {}, 201) == 202);
    CHECK(status([](Depends<sets_response>, Response& response) { response.status = 201; }, 201) == 201);
    CHECK(status([](Response& response) { response.status = response.status == 201 ? 203 : 500; }, 201) == 203);
  }

  TEST_CASE("response: what a teardown before the answer sets comes too late") {
    const Handler handler = handler_of([](Depends<sets_in_teardown, DependencyScope::Function>) { return 1; });
    CHECK_FALSE(answer(handler, "GET", "/").headers.contains("x-late"));
    CHECK(noted() == "teardown");
  }

  TEST_CASE("response: what was set is lost with an error, as in FastAPI") {
    const Handler handler = handler_of([](Response& response) -> int {
      response.headers.add("x-a", "1");
      throw HttpException(400, "bad");
    });
    TestRequest request;
    CHECK_FALSE(coroute::testing::answer_of(handler, request).headers.contains("x-a"));
  }

  TEST_CASE("extractors: a type may take itself from the request, also through a dependency") {
    const Handler handler = handler_of([](Token token, const Token& again, Depends<through> text, Slow slow) {
      return token.value + again.value + *text + slow.path;
    });
    TestRequest request("GET", "/p");
    request.header("x-token", "t");
    CHECK(exchange(handler, request) == R"(200 "ttthrough t/p")");
    CHECK(noted() == "token");
    CHECK(get(handler, "/") == R"(401 {"detail":"Not authenticated"})");
  }

  TEST_CASE("extractors: an optional one is asked whether it is there") {
    const Handler handler = handler_of([](std::optional<Token> token) { return token ? token->value : "none"; });
    CHECK(get(handler, "/") == R"(200 "none")");
    TestRequest request;
    request.header("x-token", "t");
    CHECK(exchange(handler, request) == R"(200 "t")");
  }

  TEST_CASE("extractors: from_request has one stand where a function is wanted") {
    const Handler handler =
        handler_of([](Depends<from_request<Token>> token, const Token& again) { return token->value + again.value; });
    TestRequest request;
    request.header("x-token", "t");
    CHECK(exchange(handler, request) == R"(200 "tt")");
    CHECK(noted() == "token");
    CHECK(depends<Token>() == depends<from_request<Token>>());
  }

  TEST_CASE("extractors: a function may stand in for one, however it is asked for") {
    const Handler handler =
        handler_of([](Token token, Depends<from_request<Token>> again) { return token.value + again->value; });
    DependencyOverrides overrides;
    overrides.set<from_request<Token>, fake_token>();
    TestRequest request;
    request->set_dependency_overrides(&overrides);
    CHECK(exchange(handler, request) == R"(200 "fakefake")");
  }

  TEST_CASE("overrides: originals stay apart, though one function stands in for both") {
    const Handler handler =
        handler_of([](Depends<needs_a> a, Depends<needs_b_and_a> b, Depends<needs_a> c) { return *a + *b + *c; });
    DependencyOverrides overrides;
    overrides.set<needs_a, plain>();
    overrides.set<needs_b_and_a, plain>();
    TestRequest request;
    request->set_dependency_overrides(&overrides);
    CHECK(exchange(handler, request) == "200 21");
    CHECK(noted() == "plain plain");
  }

  TEST_CASE("overrides: another function stands in, with its own parameters") {
    const Handler handler = handler_of([](Depends<needs_b_and_a> sum, Depends<needs_a> a) { return *sum + *a; });
    DependencyOverrides overrides;
    overrides.set(detail::dependency_info<needs_a>(), detail::dependency_info<substitute>());
    const auto ask = [&](std::string_view target) {
      TestRequest request("GET", target);
      request->set_dependency_overrides(&overrides);
      return exchange(handler, request);
    };
    CHECK(ask("/?b=1&other=10") == "200 21");
    CHECK(noted() == "substitute needs_b_and_a");
    CHECK(ask("/?b=1&a=1") == refused(missing("other") + "," + missing("other")));

    overrides.set(detail::dependency_info<needs_a>(), detail::dependency_info<plain>());
    CHECK(ask("/?b=1") == "200 15");
    overrides.remove(detail::dependency_info<needs_a>());
    CHECK(overrides.empty());
    CHECK(ask("/?b=1&a=1") == "200 3");
  }

  TEST_CASE("dependencies: list their parameters and their dependencies") {
    std::vector<const detail::ParameterInfo*> parameters;
    Depends<user>::info().list_parameters(parameters);
    REQUIRE(parameters.size() == 1);
    CHECK(parameters[0]->name == "authorization");
    std::vector<const detail::DependencyUse*> dependencies;
    Depends<user>::info().list_dependencies(dependencies);
    REQUIRE(dependencies.size() == 1);
    CHECK(dependencies[0] == depends<paging>());
    CHECK(depends<paging>()->info == &Depends<paging, no_cache>::info());
    CHECK(depends<paging>()->use_cache);
    CHECK_FALSE(depends<paging, no_cache>()->use_cache);
  }
}
