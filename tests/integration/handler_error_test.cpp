// SPDX-License-Identifier: BSL-1.0
// What clients and logs get when a handler throws.
#include <doctest/doctest.h>

#include <atomic>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/thread_pool.hpp"
#include "coroute/json.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

struct ErrorLog {
  std::atomic<int> count{0};
  std::string target;
  std::string what;
  std::vector<std::string> functions;

  ServerOptions options() {
    ServerOptions with_log;
    with_log.on_handler_error = [this](const HandlerError& error) {
      target = error.request->target();
      what = describe_exception(error.error);
      functions.clear();
      for (const StackEntry& entry : error.stack)
        functions.emplace_back(entry.function);
      ++count;
    };
    return with_log;
  }
};

Async<int> read_price(std::string_view sku) {
  co_await sleep(1ms);
  if (sku == "/broken") throw std::runtime_error("no price for " + std::string(sku));
  co_return 42;
}

Async<int> make_quote(std::string_view sku) {
  const int price = co_await read_price(sku);
  co_return price * 2;
}

Async<Response> show_quote(Request& request) {
  const int quote = co_await make_quote(request.path());
  co_return text(std::to_string(quote));
}

bool names(const std::string& function, std::string_view name) {
  return function.find(name) != std::string::npos;
}

}  // namespace

TEST_SUITE("server") {
  TEST_CASE("handler errors: an HttpException is answered with its status, detail and headers") {
    ErrorLog log;
    auto handler = [](Request& request) -> Async<Response> {
      if (request.path() == "/plain") throw HttpException(Status::NotFound);
      if (request.path() == "/json") throw HttpException(Status::Conflict, Json{{"code", 7}});
      throw HttpException(Status::Unauthorized, "who are you?", {{"www-authenticate", "Bearer"}, {"x-try", "again"}});
    };
    TestServer server(handler, log.options());
    RawClient client = server.connect();
    const RawResponse response = client.request(get("/"));
    CHECK(response.status == 401);
    CHECK(response.header("content-type") == "application/json");
    CHECK(response.header("www-authenticate") == "Bearer");
    CHECK(response.header("x-try") == "again");
    CHECK(response.body == R"({"detail":"who are you?"})");
    const RawResponse plain = client.request(get("/plain"));
    CHECK(plain.status == 404);
    CHECK(plain.body == R"({"detail":"Not Found"})");
    CHECK(client.request(get("/json")).body == R"({"detail":{"code":7}})");
    CHECK(log.count == 0);
  }

  TEST_CASE("handler errors: any other exception is a 500 that tells the client nothing") {
    ErrorLog log;
    TestServer server(&show_quote, log.options());
    RawClient client = server.connect();
    const RawResponse response = client.request(get("/broken"));
    CHECK(response.status == 500);
    CHECK(response.header("content-type") == "text/plain; charset=utf-8");
    CHECK(response.body == "Internal Server Error");
    CHECK_FALSE(response.closes());
    CHECK(client.request(get("/fine")).body == "84");
    CHECK(log.count == 1);
    CHECK(log.target == "/broken");
    CHECK(names(log.what, "no price for /broken"));
  }

  TEST_CASE("handler errors: the log gets the stack of awaiting functions, innermost first") {
    ErrorLog log;
    TestServer server(&show_quote, log.options());
    CHECK(server.request(get("/broken")).status == 500);
    REQUIRE(log.functions.size() >= 3);
    CHECK(names(log.functions[0], "read_price"));
    CHECK(names(log.functions[1], "make_quote"));
    CHECK(names(log.functions[2], "show_quote"));
  }

  TEST_CASE("handler errors: what is thrown before the first await, or isn't an exception object, is a 500 too") {
    ErrorLog log;
    auto handler = [](Request& request) -> Async<Response> {
      if (request.path() == "/int") throw 42;
      throw std::logic_error("thrown outside a coroutine");
    };
    TestServer server(handler, log.options());
    RawClient client = server.connect();
    CHECK(client.request(get("/")).status == 500);
    CHECK(client.request(get("/int")).status == 500);
    CHECK(log.count == 2);
  }

  TEST_CASE("handler errors: without a log they are answered all the same") {
    TestServer server(&show_quote);
    CHECK(server.request(get("/broken")).status == 500);
  }

  TEST_CASE("handler errors: a log that throws itself neither loses the answer nor the connection") {
    static std::atomic<int> reported{0};
    set_exception_handler([](const ExceptionContext& context) {
      const std::string what = describe_exception(context.error);
      if (names(what, "disk full")) {
        ++reported;
      } else {
        std::fprintf(stderr, "%s: %s\n", context.message.c_str(), what.c_str());
      }
    });
    ServerOptions options;
    options.on_handler_error = [](const HandlerError&) { throw std::runtime_error("disk full"); };
    options.on_access = [](const AccessRecord&) { throw std::runtime_error("disk full"); };
    TestServer server(&show_quote, std::move(options));
    RawClient client = server.connect();
    CHECK(client.request(get("/broken")).status == 500);
    CHECK(client.request(get("/fine")).body == "84");
    CHECK(eventually([] { return reported == 3; }));
  }

  TEST_CASE("handler errors: a body in the way of an error is dropped") {
    auto handler = [](Request&) -> Async<Response> {
      throw HttpException(Status::Forbidden, "no");
      co_return text("unreachable");
    };
    TestServer server(handler);
    RawClient client = server.connect();
    for (int i = 0; i < 3; ++i)
      CHECK(client.request(post("/", std::string(10'000, 'x'))).status == 403);
  }

  TEST_CASE("handler errors: a full thread pool is 503 with retry-after, and not an error of the handler") {
    ErrorLog log;
    ThreadPool pool(ThreadPoolOptions{.name = "small", .threads = 1, .max_queued = 0});
    std::atomic<bool> working{false};
    std::atomic<bool> go_on{false};
    auto work = [&] {
      working = true;
      while (!go_on)
        std::this_thread::sleep_for(1ms);
    };
    auto handler = [&](Request&) -> Async<Response> {
      co_await to_thread(pool, work);
      co_return text("worked");
    };
    TestServer server(handler, log.options());
    RawClient first = server.connect();
    first.send(get("/"));
    CHECK(eventually([&] { return working.load(); }));
    const RawResponse refused = server.request(get("/"));
    CHECK(refused.status == 503);
    CHECK(refused.header("retry-after") == "1");
    CHECK(refused.body == R"({"detail":"Service Unavailable"})");
    go_on = true;
    CHECK(first.receive().body == "worked");
    CHECK(log.count == 0);
  }

  TEST_CASE("handler errors: a handler that cancels itself is answered with 503") {
    auto handler = [](Request&) -> Async<Response> {
      throw Cancelled(CancelReason::User);
      co_return text("unreachable");
    };
    TestServer server(handler);
    RawClient client = server.connect();
    CHECK(client.request(get("/")).status == 503);
    CHECK(client.request(get("/")).status == 503);
  }
}
