// SPDX-License-Identifier: BSL-1.0
// Dependencies that are awaited together.
#include "coroute/params/dependency_context.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/event_loop.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "support/answer_of.hpp"
#include "support/async_test.hpp"
#include "support/dependency_log.hpp"

using namespace coroute;
using namespace coroute::testing::dependency_log;
using namespace std::chrono_literals;
using coroute::testing::call;
using coroute::testing::exchange;
using coroute::testing::get;
using coroute::testing::post;
using coroute::testing::refused;
using coroute::testing::TestRequest;

namespace {

template <int seconds>
Async<int> slow() {
  note("begin" + std::to_string(seconds));
  co_await sleep(std::chrono::seconds(seconds));
  note("end" + std::to_string(seconds));
  co_return seconds;
}
int at_once() {
  note("at_once");
  return 0;
}
Async<int> failing() {
  co_await sleep(1s);
  throw HttpException(409, "first");
}
template <FixedString name>
Async<std::string> needs_shared(Depends<slow<2>> shared, Query<std::string, name>) {
  note(std::string(name.view()));
  co_return std::to_string(*shared);
}
Async<int> both(Depends<slow<1>, concurrently> a, Depends<slow<2>, concurrently> b) {
  note("both");
  co_return *a + *b;
}
template <int seconds>
AsyncGenerator<int> resource() {
  const std::string name = std::to_string(seconds);
  std::exception_ptr error;
  try {
    co_await sleep(std::chrono::seconds(seconds));
    note("+" + name);
    co_yield seconds;
  } catch (const Cancelled&) {
    note("cancelled" + name);
    error = std::current_exception();
  } catch (...) {
    note("sees" + name);
    error = std::current_exception();
  }
  co_await sleep(1s);
  note("-" + name);
  if (error) std::rethrow_exception(error);
}
template <FixedString name>
int wants(Query<int, name> value) {
  note(std::string(name.view()));
  return value;
}
template <FixedString name>
Async<int> wants_slowly(Query<int, name> value) {
  co_await sleep(1s);
  co_return value;
}
int through(Depends<wants<"a">> a) {
  return a;
}
int sync_failing() {
  throw HttpException(400, "at once");
}
template <FixedString name>
Async<std::string> of_form(Form<std::string, name> value) {
  co_return *value;
}

double seconds_of(const Handler& handler, std::string_view target, std::string& answer) {
  const auto timed = [&](TestRequest& request) -> Async<double> {
    const auto began = EventLoop::current().time();
    const Response response = co_await handler(*request);
    answer = std::string(response.content());
    co_return std::chrono::duration<double>(EventLoop::current().time() - began).count();
  };
  events.clear();
  TestRequest request("GET", target);
  return run(timed(request), {.virtual_time = true});
}

Async<int> late_failure() {
  co_await sleep(3s);
  throw HttpException(500, "late");
}

}  // namespace

TEST_SUITE("params") {
  TEST_CASE("concurrent: neighbours that say so take as long as the slowest of them") {
    std::string answer;
    const Handler together = make_handler(
        [](Depends<slow<3>, concurrently> a, Depends<slow<1>, concurrently> b, Depends<slow<2>, concurrently> c,
           Depends<at_once, concurrently> d) { return std::vector<int>{a, b, c, d}; });
    CHECK(seconds_of(together, "/", answer) == doctest::Approx(3));
    CHECK(answer == "[3,1,2,0]");
    CHECK(noted() == "begin3 begin1 begin2 at_once end1 end2 end3");
  }

  TEST_CASE("concurrent: without the option, and with one alone, they come one after another") {
    std::string answer;
    const Handler apart = make_handler([](Depends<slow<1>>, Depends<slow<2>>) {});
    CHECK(seconds_of(apart, "/", answer) == doctest::Approx(3));
    const Handler one = make_handler([](Depends<slow<1>>, Depends<slow<2>, concurrently>, Depends<slow<3>>) {});
    CHECK(seconds_of(one, "/", answer) == doctest::Approx(6));
    CHECK(noted() == "begin1 end1 begin2 end2 begin3 end3");
  }

  TEST_CASE("concurrent: what stands before a group is done first, what stands after it waits for all") {
    std::string answer;
    const Handler handler = make_handler([](Depends<at_once>, Depends<slow<1>, concurrently>,
                                            Depends<slow<2>, concurrently>, Depends<slow<3>>) { note("handler"); });
    CHECK(seconds_of(handler, "/", answer) == doctest::Approx(5));
    CHECK(noted() == "at_once begin1 begin2 end1 end2 begin3 end3 handler");
  }

  TEST_CASE("concurrent: what several need is called once, and all wait for it") {
    std::string answer;
    const Handler handler =
        make_handler([](Depends<needs_shared<"a">, concurrently> a, Depends<needs_shared<"b">, concurrently> b,
                        Depends<slow<2>, concurrently> c) { return *a + *b + std::to_string(*c); });
    CHECK(seconds_of(handler, "/?a=1&b=1", answer) == doctest::Approx(2));
    CHECK(answer == R"("222")");
    CHECK(noted() == "begin2 end2 a b");
  }

  TEST_CASE("concurrent: what was made before is taken over, no_cache calls again") {
    std::string answer;
    const Handler handler =
        make_handler([](Depends<slow<1>>, Depends<slow<1>, concurrently>, Depends<slow<1>, concurrently, no_cache>,
                        Depends<slow<1>, concurrently>) {});
    CHECK(seconds_of(handler, "/", answer) == doctest::Approx(2));
    CHECK(noted() == "begin1 end1 begin1 end1");

    const Handler first = make_handler([](Depends<slow<1>, concurrently, no_cache>, Depends<slow<1>, concurrently>) {});
    CHECK(seconds_of(first, "/", answer) == doctest::Approx(1));
    CHECK(noted() == "begin1 end1");
  }

  TEST_CASE("concurrent: groups may stand inside of groups") {
    std::string answer;
    const Handler handler = make_handler([](Depends<both, concurrently> a, Depends<slow<2>, concurrently> b,
                                            Depends<slow<3>, concurrently> c) { return *a + *b + *c; });
    CHECK(seconds_of(handler, "/", answer) == doctest::Approx(3));
    CHECK(answer == "8");
    CHECK(noted() == "begin2 begin3 begin1 end1 end2 both end3");
  }

  TEST_CASE("concurrent: the first error is the answer; the others are cancelled and have ended") {
    const Handler handler = make_handler([](Depends<slow<3>, concurrently>, Depends<failing, concurrently>,
                                            Depends<resource<2>, concurrently>) { note("handler"); });
    events.clear();
    CHECK(get(handler, "/") == R"(409 {"detail":"first"})");
    CHECK(noted() == "begin3 cancelled2 -2");
  }

  TEST_CASE("concurrent: one that fails at once lets no neighbour go on") {
    const Handler handler = make_handler([](Depends<sync_failing, concurrently>, Depends<slow<1>, concurrently>) {});
    events.clear();
    CHECK(get(handler, "/") == R"(400 {"detail":"at once"})");
    CHECK(noted().find("end1") == std::string::npos);
  }

  TEST_CASE("concurrent: what was set up is torn down when a neighbour fails, the last one first") {
    const Handler handler = make_handler([](Depends<resource<2>, concurrently>, Depends<late_failure, concurrently>,
                                            Depends<resource<1>, concurrently>) {});
    events.clear();
    CHECK(get(handler, "/") == R"(500 {"detail":"late"})");
    CHECK(noted() == "+1 +2 sees2 -2 sees1 -1");
  }

  TEST_CASE("concurrent: generators are ended after the answer, the one that was there last first") {
    TestRequest request;
    const Handler handler = make_handler([](Depends<resource<2>, concurrently>, Depends<resource<1>, concurrently>) {});
    events.clear();
    CHECK(exchange(handler, request) == "200 null");
    CHECK(noted() == "+1 +2");
    run(request->run_after_response(), {.virtual_time = true});
    CHECK(noted() == "-2 -1");
  }

  TEST_CASE("concurrent: errors of parameters stand in the order of the arguments") {
    const Handler handler = make_handler(
        [](Depends<wants_slowly<"a">, concurrently>, Depends<wants<"b">, concurrently>, Depends<wants<"c">>) {});
    CHECK(get(handler, "/") == refused(missing("a") + "," + missing("b") + "," + missing("c")));
    CHECK(get(handler, "/?a=1&c=1") == refused(missing("b")));
    CHECK(get(handler, "/?b=1") == refused(missing("a") + "," + missing("c")));
    CHECK(get(handler, "/?a=1&b=1&c=1") == "200 null");
  }

  TEST_CASE("concurrent: a shared one whose parameters are wrong is told of as often as one after another") {
    const Handler together = make_handler([](Depends<wants<"a">, concurrently>, Depends<through, concurrently>) {});
    const Handler apart = make_handler([](Depends<wants<"a">>, Depends<through>) {});
    CHECK(get(together, "/") == get(apart, "/"));
    CHECK(get(together, "/") == refused(missing("a") + "," + missing("a")));
  }

  TEST_CASE("concurrent: several may take fields of one form") {
    const Handler handler = make_handler(
        [](Depends<of_form<"a">, concurrently> a, Depends<of_form<"b">, concurrently> b) { return *a + *b; });
    TestRequest request("POST", "/");
    request.header("content-type", "application/x-www-form-urlencoded").body({"a=x", "&b=y"}, 1s);
    CHECK(exchange(handler, request) == R"(200 "xy")");
  }

  ASYNC_TEST_CASE("concurrent: a cancellation reaches all of them") {
    TestRequest request;
    const Handler handler = make_handler([](Depends<resource<1>, concurrently>, Depends<resource<9>, concurrently>) {});
    events.clear();
    bool timed_out = false;
    try {
      co_await timeout(3s, call(handler, *request));
    } catch (const TimeoutError&) {
      timed_out = true;
    }
    CHECK(timed_out);
    CHECK(noted() == "+1 cancelled9 -9 cancelled1 -1");
  }

  TEST_CASE("concurrent: those of a route's list are awaited together too") {
    std::string answer;
    App app;
    app.get("/", [] { return 1; },
            {.dependencies = {depends<slow<1>, concurrently>(), depends<slow<2>, concurrently>()}});
    CHECK(seconds_of(std::move(app).handler(), "/", answer) == doctest::Approx(2));
    CHECK(noted() == "begin1 begin2 end1 end2");
  }

  TEST_CASE("problems: those of concurrent dependencies are put together within the limits of one request") {
    using detail::Problems;
    const auto filled = [](std::size_t count, std::string_view input) {
      Problems problems;
      for (std::size_t i = 0; i < count; ++i)
        problems.add(detail::Loc{nullptr, "query"}, {"missing", "Field required", {}}, input);
      return problems;
    };
    Problems all = filled(Problems::max_errors - 1, "1");
    all.append(filled(0, "2"));
    CHECK(all.errors().size() == Problems::max_errors - 1);
    all.append(filled(1, "2"));
    CHECK(all.errors().size() == Problems::max_errors);
    all.append(filled(3, "3"));
    CHECK(all.count() == Problems::max_errors + 3);
    const auto taken = all.take();
    REQUIRE(taken.size() == Problems::max_errors);
    CHECK(taken.front().input == "1");
    CHECK(taken.back().input == "2");

    const std::string half(Problems::max_input_bytes / 2, '1');
    Problems large = filled(1, half);
    large.append(filled(1, half));
    large.append(filled(1, "1"));
    const auto shown = large.take();
    CHECK(shown[1].input == half);
    CHECK(shown[2].input == "null");
  }
}
