// SPDX-License-Identifier: BSL-1.0
// What clients and logs of a server get when the application answers its errors itself.
#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

struct SoldOut : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct ErrorLog {
  std::atomic<int> count{0};
  std::string what;
  bool has_stack = false;

  ServerOptions options() {
    ServerOptions with_log;
    with_log.on_handler_error = [this](const HandlerError& error) {
      what = std::string(error.request->target()) + " " + describe_exception(error.error);
      has_stack = !error.stack.empty();
      ++count;
    };
    return with_log;
  }
};

Async<int> sell() {
  co_await sleep(1ms);
  throw SoldOut("no more");
}

Async<void> wait_forever(std::atomic<int>& cancelled) {
  try {
    co_await sleep(1h);
  } catch (const Cancelled&) {
    ++cancelled;
    throw;
  }
}

}  // namespace

TEST_SUITE("server") {
  TEST_CASE("exception handlers: the client gets their answer on a connection that stays open") {
    ErrorLog log;
    App app;
    app.get("/", &sell);
    app.exception_handler<SoldOut>([](Request&, const SoldOut& error) { return text(error.what(), 409); });
    TestServer server(std::move(app).handler(), log.options());
    RawClient client = server.connect();
    for (int i = 0; i < 3; ++i) {
      const RawResponse response = client.request(get("/"));
      CHECK(response.status == 409);
      CHECK(response.body == "no more");
    }
    CHECK(client.request(get("/nope")).status == 404);
    CHECK(log.count == 0);
  }

  TEST_CASE("exception handlers: the log is told what the one for 500 answers, once for each request") {
    ErrorLog log;
    App app;
    app.get("/", &sell);
    app.get("/fine", [] { return 1; });
    app.exception_handler(500, [](Request&, const std::exception&) { return text("sorry", 500); });
    TestServer server(std::move(app).handler(), log.options());
    RawClient client = server.connect();
    CHECK(client.request(get("/?a")).body == "sorry");
    CHECK(log.count == 1);
    CHECK(log.what == "/?a no more");
    CHECK(log.has_stack);
    CHECK(client.request(get("/fine")).body == "1");
    CHECK(log.count == 1);
  }

  TEST_CASE("exception handlers: what a handler started is cancelled when it throws, whoever answers") {
    std::atomic<int> cancelled{0};
    App app;
    app.get("/{kind}", [&cancelled](Request& request) -> Async<int> {
      const auto task = create_task(wait_forever(cancelled));
      co_await sleep(1ms);
      if (request.path_param("kind") == "own") throw SoldOut("no more");
      throw HttpException(403);
    });
    app.exception_handler<SoldOut>([](Request&, const SoldOut& error) { return text(error.what(), 409); });
    TestServer server(std::move(app).handler());
    RawClient client = server.connect();
    CHECK(client.request(get("/own")).status == 409);
    CHECK(client.request(get("/http")).status == 403);
    CHECK(eventually([&] { return cancelled == 2; }));
  }

  TEST_CASE("exception handlers: a coroutine handler counts towards the handler's time limit") {
    App app({.problem_details = true});
    app.get("/", &sell);
    app.exception_handler<SoldOut>([](Request&, const SoldOut&) -> Async<Response> {
      co_await sleep(1h);
      co_return text("never");
    });
    ServerOptions options;
    options.timeouts.handler = 50ms;
    TestServer server(std::move(app).handler(), std::move(options));
    const RawResponse response = server.request(get("/"));
    CHECK(response.status == 504);
    CHECK(response.header("content-type") == "application/problem+json");
    CHECK(response.body.find("\"title\":\"Gateway Timeout\"") != std::string::npos);
  }

  TEST_CASE("exception handlers: with problem details the server's own answers to handlers are problems") {
    App app({.problem_details = true});
    app.post("/", [](Request& request) -> Async<int> {
      const std::string_view body = co_await request.body();
      co_return static_cast<int>(body.size());
    });
    app.get("/", &sell);
    ServerOptions options;
    options.limits.max_body_bytes = 10;
    TestServer server(std::move(app).handler(), std::move(options));
    CHECK(server.request(post("/", "0123456789")).body == "10");
    const RawResponse large = server.request(post("/", "0123456789a"));
    CHECK(large.status == 413);
    CHECK(large.header("content-type") == "application/problem+json");
    const RawResponse failed = server.request(get("/"));
    CHECK(failed.status == 500);
    CHECK(failed.header("content-type") == "application/problem+json");
    CHECK(failed.body.find("no more") == std::string::npos);
  }

  TEST_CASE("exception handlers: with debug the client sees the error, and the log, too") {
    ErrorLog log;
    App app({.debug = true});
    app.get("/", &sell);
    TestServer server(std::move(app).handler(), log.options());
    const RawResponse response = server.request(get("/?q"));
    CHECK(response.status == 500);
    CHECK(response.body.starts_with("Internal Server Error\n\nGET /?q\nno more\n  at "));
    CHECK(response.body.find("exception_handlers_test.cpp") != std::string::npos);
    CHECK(log.count == 1);
  }
}
