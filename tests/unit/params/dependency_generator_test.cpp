// SPDX-License-Identifier: BSL-1.0
// Dependencies that are generators: what they do after their co_yield, and when.
#include <doctest/doctest.h>

#include <chrono>
#include <exception>
#include <stdexcept>
#include <string>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "coroute/params/dependency.hpp"
#include "support/answer_of.hpp"
#include "support/async_test.hpp"
#include "support/dependency_log.hpp"

using namespace coroute;
using namespace coroute::testing::dependency_log;
using namespace std::chrono_literals;
using coroute::testing::exchange;
using coroute::testing::refused;
using coroute::testing::TestRequest;

namespace {

struct Paging {
  int skip;
  int limit;
};
template <FixedString name>
AsyncGenerator<std::string> session() {
  note("+" + std::string(name.view()));
  std::exception_ptr error;
  try {
    co_yield std::string(name.view());
  } catch (const std::exception& exception) {
    note(std::string(name.view()) + " sees " + exception.what());
    error = std::current_exception();
  } catch (const Cancelled&) {
    note(std::string(name.view()) + " cancelled");
    error = std::current_exception();
  }
  co_await sleep(1s);
  note("-" + std::string(name.view()));
  if (error) std::rethrow_exception(error);
}
AsyncGenerator<std::string> uses_a(Depends<session<"a">> a) {
  note("+uses_" + *a);
  co_yield "uses_" + *a;
  note("-uses_" + *a);
}
AsyncGenerator<std::string> by_reference(const Depends<session<"a">>& a, const Query<std::string, "q">& q,
                                         Request& request) {
  co_yield *a + *q;
  note("-" + *a + *q + std::string(request.path()));
}
AsyncGenerator<int> swallowing() {
  try {
    co_yield 1;
  } catch (const std::exception& error) {
    note(std::string("swallowed ") + error.what());
  }
}
AsyncGenerator<int> replacing() {
  try {
    co_yield 1;
  } catch (const std::runtime_error& error) {
    note(std::string("replaced ") + error.what());
  }
  throw HttpException(418, "teapot");
}
AsyncGenerator<int> empty() {
  if (events.size() > 1000) co_yield 1;
}
AsyncGenerator<int> yielding_twice() {
  co_yield 1;
  note("yields again");
  co_yield 2;
  note("never reached");
}
AsyncGenerator<int> failing_set_up() {
  note("failing");
  throw HttpException(503, "down");
  co_yield 1;
}
AsyncGenerator<int> failing_teardown() {
  co_yield 1;
  note("fails");
  throw std::runtime_error("teardown");
}
AsyncGenerator<Paging*> with_pointer() {
  Paging page{1, 2};
  co_yield &page;
  note("limit " + std::to_string(page.limit));
}

Async<int> sleeping() {
  note("sleeping");
  co_await sleep(1h);
  note("never reached");
  co_return 1;
}

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("generators: go on after the answer, the last one first") {
    const Handler handler = handler_of([](Depends<session<"a">> a, Depends<uses_a> b, Depends<session<"c">> c) {
      note("handler");
      return *a + *b + *c;
    });
    CHECK(serve_get(handler) == R"(200 "auses_ac")");
    CHECK(noted() == "+a +uses_a +c handler answered -c -uses_a -a");
  }

  TEST_CASE("generators: of scope Function go on before the answer, the last one first") {
    constexpr DependencyScope function = DependencyScope::Function;
    const Handler handler = handler_of([](Depends<session<"a">, function>, Depends<session<"b">>,
                                          Depends<session<"c">, function>) { note("handler"); });
    CHECK(serve_get(handler) == "200 null");
    CHECK(noted() == "+a +b +c handler -c -a answered -b");
  }

  TEST_CASE("generators: get the handler's error at their co_yield, and what comes out is the answer") {
    const Handler handler = handler_of([](Depends<session<"a">>, Depends<session<"b">, DependencyScope::Function>,
                                          Depends<session<"c">>) -> int { throw HttpException(404, "gone"); });
    CHECK(serve_get(handler) == R"(404 {"detail":"gone"})");
    CHECK(noted() == "+a +b +c b sees 404: gone -b c sees 404: gone -c a sees 404: gone -a");
  }

  TEST_CASE("generators: may answer with another error, which those before them get") {
    const Handler handler =
        handler_of([](Depends<session<"a">>, Depends<replacing>, Depends<session<"b">>) -> Async<int> {
          co_await sleep(1s);
          throw std::runtime_error("broken");
        });
    CHECK(serve_get(handler) == R"(418 {"detail":"teapot"})");
    CHECK(noted() == "+a +b b sees broken -b replaced broken a sees 418: teapot -a");
  }

  TEST_CASE("generators: one that swallows the error leaves no answer") {
    const Handler handler =
        handler_of([](Depends<session<"a">>, Depends<swallowing>) -> int { throw HttpException(404, "gone"); });
    CHECK_THROWS_AS(serve_get(handler), RuntimeError);
    CHECK(noted() == "+a swallowed 404: gone -a");

    const Handler in_function =
        handler_of([](Depends<session<"a">>, Depends<swallowing, DependencyScope::Function>) -> int {
          throw HttpException(404, "gone");
        });
    CHECK_THROWS_AS(serve_get(in_function), RuntimeError);
    CHECK(noted().starts_with("+a swallowed 404: gone a sees a dependency caught"));
  }

  TEST_CASE("generators: get the errors of later dependencies and of parameters") {
    CHECK(serve_get(handler_of([](Depends<session<"a">>, Depends<refusing>) {})) == R"(403 {"detail":"no"})");
    CHECK(noted() == "+a refusing a sees 403: no -a");
    CHECK(serve_get(handler_of([](Depends<session<"a">>, Query<int, "q">) {})) == refused(missing("q")));
    CHECK(noted().starts_with("+a a sees 422"));
    CHECK(serve_get(handler_of([](Depends<session<"a">>, Depends<failing_set_up>) {})) == R"(503 {"detail":"down"})");
    CHECK(noted() == "+a failing a sees 503: down -a");
  }

  TEST_CASE("generators: what they throw before the answer becomes it, after it nobody hears of it") {
    const Handler before = handler_of(
        [](Depends<session<"a">>, Depends<failing_teardown, DependencyScope::Function>) { note("handler"); });
    CHECK_THROWS_WITH_AS(serve_get(before), "teardown", std::runtime_error);
    CHECK(noted() == "+a handler fails a sees teardown -a");

    CHECK(serve_get(handler_of([](Depends<replacing, DependencyScope::Function>) {})) == R"(418 {"detail":"teapot"})");
    CHECK(serve_get(handler_of([](Depends<replacing>) { return 1; })) == "200 1");
  }

  TEST_CASE("generators: the teardown of others goes on with the error of one") {
    TestRequest request;
    const Handler handler = handler_of([](Depends<session<"a">>, Depends<replacing>, Depends<session<"b">>) {});
    run(coroute::testing::call(handler, *request), {.virtual_time = true});
    run(request->run_after_response(), {.virtual_time = true});
    CHECK(noted() == "+a +b -b a sees 418: teapot -a");
  }

  TEST_CASE("generators: without a value, or with two, are the service's fault") {
    CHECK_THROWS_AS(serve_get(handler_of([](Depends<empty>) {})), RuntimeError);
    CHECK_THROWS_AS(serve_get(handler_of([](Depends<yielding_twice, DependencyScope::Function>) {})), RuntimeError);
    CHECK(noted() == "yields again");
    CHECK(serve_get(handler_of([](Depends<yielding_twice, DependencyScope::Function>) { throw HttpException(404); })) ==
          R"(404 {"detail":"Not Found"})");
    CHECK(noted().empty());
  }

  TEST_CASE("generators: what they took by reference lives as long as they do") {
    const Handler handler = handler_of([](Depends<by_reference> text) { return *text; });
    CHECK(serve_get(handler, "/p?q=a+text+that+is+too+long+for+a+small+string") ==
          R"(200 "aa text that is too long for a small string")");
    CHECK(noted() == "+a answered -aa text that is too long for a small string/p -a");
  }

  TEST_CASE("generators: may yield a pointer, for what the handler is to change") {
    const Handler handler = handler_of([](Depends<with_pointer> page) { (*page)->limit = 9; });
    serve_get(handler);
    CHECK(noted() == "answered limit 9");
  }

  TEST_CASE("generators: are dropped with a request that is never finished") {
    {
      TestRequest request;
      const Handler handler = handler_of([](Depends<session<"a">>) {});
      run(coroute::testing::call(handler, *request), {.virtual_time = true});
      CHECK(request->has_work_after_response());
    }
    CHECK(noted() == "+a");
  }

  TEST_CASE("generators: one that is asked for twice goes on once") {
    const Handler handler = handler_of([](Depends<session<"a">>, Depends<uses_a>, Depends<session<"a">, no_cache>) {});
    serve_get(handler);
    CHECK(noted() == "+a +uses_a +a answered -a -uses_a -a");
  }

  ASYNC_TEST_CASE("dependencies: a cancellation while one awaits reaches those set up before") {
    TestRequest request;
    const Handler handler =
        handler_of([](Depends<session<"a">>, Depends<sleeping>, Depends<plain>) { note("handler"); });
    bool timed_out = false;
    try {
      co_await timeout(1s, coroute::testing::call(handler, *request));
    } catch (const TimeoutError&) {
      timed_out = true;
    }
    CHECK(timed_out);
    CHECK(noted() == "+a sleeping a cancelled -a");
  }

  ASYNC_TEST_CASE("dependencies: a cancellation while the handler awaits reaches all, who may await to clean up") {
    TestRequest request;
    const Handler handler = handler_of([](Depends<session<"a">>, Depends<session<"b">>) -> Async<> {
      co_await sleep(1h);
      note("never reached");
    });
    Task<Response> task = create_task(coroute::testing::call(handler, *request));
    co_await sleep(1s);
    task.cancel();
    bool cancelled = false;
    try {
      co_await task;
    } catch (const Cancelled&) {
      cancelled = true;
    }
    CHECK(cancelled);
    CHECK(noted() == "+a +b b cancelled -b a cancelled -a");
  }

  TEST_CASE("dependencies: one value for each scope, as the ends of a generator differ") {
    const Handler handler = handler_of([](Depends<session<"a">>, Depends<session<"a">, DependencyScope::Function>,
                                          Depends<session<"a">>) { note("handler"); });
    CHECK(serve_get(handler) == "200 null");
    CHECK(noted() == "+a +a handler -a answered -a");
  }

  TEST_CASE("overrides: a generator may stand in for a function and be finished") {
    const Handler handler = handler_of([](Depends<plain> value) { return *value; });
    DependencyOverrides overrides;
    overrides.set(detail::dependency_info<plain>(), detail::dependency_info<swallowing>());
    TestRequest request;
    request->set_dependency_overrides(&overrides);
    CHECK(exchange(handler, request) == "200 1");
    CHECK(request->has_work_after_response());
  }
}
