// SPDX-License-Identifier: BSL-1.0
// What goes on around serving, through a TestClient: no sockets, virtual time.
#include "coroute/app/lifespan.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/event.hpp"
#include "coroute/asyncio/run.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "coroute/testing/test_client.hpp"
#include "support/async_test.hpp"
#include "support/exception_reports.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

using Log = std::vector<std::string>;

struct Numbers {
  int base;
};

/// Says when it begins and when it ends.
auto noted(Log& log, const std::string& name) {
  return [&log, name]() -> Lifespan {
    co_await sleep(1s);
    log.push_back("+" + name);
    co_yield {};
    co_await sleep(1s);
    log.push_back("-" + name);
  };
}

auto failing_start(const std::string& what) {
  return [what]() -> Lifespan {
    co_await sleep(1s);
    throw std::runtime_error(what);
    co_yield {};
  };
}

auto hanging_end(Log& log, const std::string& name) {
  return [&log, name]() -> Lifespan {
    co_yield {};
    log.push_back("end of " + name);
    co_await sleep(24h);
  };
}

auto failing_end(const std::string& what) {
  return [what]() -> Lifespan {
    co_yield {};
    throw std::runtime_error(what);
  };
}

std::string start_error_of(App& app) {
  try {
    TestClient client(std::move(app));
  } catch (const std::exception& error) {
    return error.what();
  }
  return "none";
}

}  // namespace

TEST_SUITE_BEGIN("app");

TEST_CASE("lifespan: handlers have what it yields, from before the first request until after the last") {
  App app;
  Log log;
  const auto numbers = app.lifespan([&log]() -> AsyncGenerator<Numbers> {
    co_await sleep(5s);
    log.push_back("open");
    co_yield Numbers{40};
    log.push_back("closed");
  });
  app.get("/answer", [numbers, &log] {
    log.push_back("request");
    return numbers->base + 2;
  });
  TestClient client(std::move(app));
  CHECK(log == Log{"open"});
  CHECK(client.get("/answer").text() == "42");
  client.close();
  CHECK(log == Log{"open", "request", "closed"});
  CHECK_THROWS_WITH_AS(numbers.get(), "the value of a lifespan is there only while the application is served",
                       RuntimeError);
}

TEST_CASE("lifespan: its value is not there before it is served") {
  App app;
  const auto numbers = app.lifespan([]() -> AsyncGenerator<Numbers> { co_yield Numbers{1}; });
  CHECK_THROWS_AS(*numbers, RuntimeError);
}

TEST_CASE("lifespan: several start in the order in which they are declared and end in the opposite one") {
  App app;
  Log log;
  app.lifespan(noted(log, "a"));
  app.lifespan(noted(log, "b"));
  app.loop_lifespan(noted(log, "loop"));
  app.lifespan(noted(log, "c"));
  {
    TestClient client(std::move(app));
  }
  CHECK(log == Log{"+a", "+b", "+c", "+loop", "-loop", "-c", "-b", "-a"});
}

TEST_CASE("lifespan: those of routers and mounted applications come after what was declared before them") {
  App app;
  App mounted;
  Router router("/r");
  Router inner("/i");
  Log log;
  app.lifespan(noted(log, "app"));
  inner.lifespan(noted(log, "inner"));
  router.lifespan(noted(log, "router"));
  router.include(std::move(inner));
  mounted.lifespan(noted(log, "mounted"));
  app.include(std::move(router));
  app.mount("/m", std::move(mounted));
  {
    TestClient client(std::move(app));
  }
  CHECK(log == Log{"+app", "+router", "+inner", "+mounted", "-mounted", "-inner", "-router", "-app"});
}

TEST_CASE("lifespan: an error before the co_yield ends the start, and what had started ends again") {
  App app;
  Log log;
  app.lifespan(noted(log, "a"));
  app.lifespan(noted(log, "b"));
  app.lifespan(failing_start("no database"));
  app.lifespan(noted(log, "never"));
  CHECK(start_error_of(app) == "no database");
  CHECK(log == Log{"+a", "+b", "-b", "-a"});
}

TEST_CASE("lifespan: an error on a loop ends what has started on that loop, then the rest") {
  App app;
  Log log;
  app.lifespan(noted(log, "app"));
  app.loop_lifespan(noted(log, "loop"));
  app.loop_lifespan(failing_start("no socket"));
  CHECK(start_error_of(app) == "no socket");
  CHECK(log == Log{"+app", "+loop", "-loop", "-app"});
}

TEST_CASE("lifespan: an error after the co_yield keeps no other from ending, and the first is thrown") {
  App app;
  Log log;
  app.lifespan(noted(log, "a"));
  app.lifespan(failing_end("second"));
  app.lifespan(noted(log, "b"));
  app.lifespan(failing_end("first"));
  TestClient client(std::move(app));
  CHECK_THROWS_WITH(client.close(), "first");
  CHECK(log == Log{"+a", "+b", "-b", "-a"});
}

TEST_CASE("lifespan: an error of cleaning up after a failed start is reported, the start's own is thrown") {
  test::ExceptionReports reports;
  App app;
  app.lifespan(failing_end("cleanup"));
  app.lifespan(failing_start("start"));
  CHECK(start_error_of(app) == "start");
  REQUIRE(reports.messages().size() == 1);
  CHECK(reports.messages().front() == "what had started before an error has not ended well: cleanup");
}

ASYNC_TEST_CASE("lifespan: a limit on the end holds for all that hang, and those that don't still end well") {
  App app;
  Log log;
  app.lifespan(noted(log, "a"));
  app.lifespan(hanging_end(log, "b"));
  app.loop_lifespan(hanging_end(log, "on the loop"));
  app.loop_lifespan(hanging_end(log, "on the loop, too"));
  app.lifespan(hanging_end(log, "c"));
  const Service service = std::move(app).service();
  co_await service.hooks->start();
  co_await service.hooks->start_loop();
  const auto began = EventLoop::current().time();
  std::string outcome = co_await testing::outcome_of(timeout(10s, service.hooks->stop_loop()));
  CHECK(outcome == "TimeoutError");
  outcome = co_await testing::outcome_of(timeout(10s, service.hooks->stop()));
  CHECK(outcome == "TimeoutError");
  CHECK(log == Log{"+a", "end of on the loop, too", "end of on the loop", "end of c", "end of b", "-a"});
  CHECK(EventLoop::current().time() - began < 1min);
}

ASYNC_TEST_CASE("lifespan: what had started before a start that took too long doesn't hang either") {
  const test::ExceptionReports reports;
  App app;
  Log log;
  app.lifespan(noted(log, "a"));
  app.lifespan(hanging_end(log, "b"));
  app.lifespan([]() -> Lifespan {
    co_await sleep(24h);
    co_yield {};
  });
  const Service service = std::move(app).service();
  const auto began = EventLoop::current().time();
  const std::string outcome = co_await testing::outcome_of(timeout(10s, service.hooks->start()));
  CHECK(outcome == "TimeoutError");
  CHECK(log == Log{"+a", "end of b", "-a"});
  CHECK(EventLoop::current().time() - began < 1min);
  CHECK(reports.messages().size() == 1);
}

TEST_CASE("lifespan: without a co_yield it is an error of the start") {
  App app;
  app.lifespan([]() -> Lifespan {
    if (EventLoop::current().time() == Clock::time_point::max()) co_yield {};
  });
  CHECK(start_error_of(app) == "a lifespan ended without a co_yield, which stands for serving");
}

TEST_CASE("lifespan: a second co_yield is an error of the end") {
  App app;
  app.lifespan([]() -> Lifespan {
    co_yield {};
    co_yield {};
  });
  TestClient client(std::move(app));
  CHECK_THROWS_WITH(client.close(), "a lifespan has a second co_yield: it stands for serving, which has ended");
}

TEST_CASE("lifespan: a loop's value is that of the loop") {
  App app;
  const auto loops = app.loop_lifespan([]() -> AsyncGenerator<EventLoop*> { co_yield &EventLoop::current(); });
  app.get("/", [loops] { return *loops == &EventLoop::current(); });
  TestClient client(std::move(app));
  CHECK(client.get("/").text() == "true");
}

TEST_CASE("lifespan: an application that has one is no mere Handler") {
  App app;
  Log log;
  app.lifespan(noted(log, "a"));
  CHECK_THROWS_WITH_AS(std::move(app).handler(),
                       "a Handler has no lifespan and no background tasks: use App::service()", std::logic_error);
}

TEST_CASE("lifespan: in a test that is a coroutine it starts and ends when it is told to") {
  Log log;
  run([](Log& noted_in) -> Async<void> {
    App app;
    app.lifespan(noted(noted_in, "a"));
    app.get("/", [] { return 1; });
    TestClient client(std::move(app));
    CHECK(noted_in.empty());
    co_await client.async_start();
    CHECK(noted_in == Log{"+a"});
    const TestResponse response = co_await client.async_get("/");
    CHECK(response.text() == "1");
    co_await client.async_close();
  }(log));
  CHECK(log == Log{"+a", "-a"});
}

TEST_SUITE_END();
