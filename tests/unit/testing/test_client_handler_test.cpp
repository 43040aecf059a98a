// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/event.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/thread_pool.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "coroute/http/request_id.hpp"
#include "coroute/json.hpp"
#include "coroute/testing/test_client.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

struct OutOfStock : std::runtime_error {
  explicit OutOfStock(int left) : std::runtime_error("out of stock"), left(left) {}
  int left;
};

TestClientOptions answering_500() {
  TestClientOptions options;
  options.raise_server_exceptions = false;
  return options;
}

Async<void> add_after(Clock::duration delay, std::vector<std::string>& to, std::string what) {
  try {
    co_await sleep(delay);
    to.push_back(what);
  } catch (const Cancelled& cancelled) {
    to.push_back(what + " " + to_string(cancelled.reason()));
    throw;
  }
}

Async<Response> read_body(Request& request) {
  const std::string_view body = co_await request.body();
  co_return text(std::to_string(body.size()));
}

/// The message of the exception, or that there was none.
template <class E, class F>
std::string text_of(const F& function) {
  try {
    function();
  } catch (const E& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace

TEST_SUITE("testing") {
  // --- errors ---

  TEST_CASE("test client handler: an HttpException is its answer, not an error") {
    TestClient client(
        [](Request&) -> Async<Response> { throw HttpException(418, Json{{"a", 1}}, {{"X-Error", "1"}}); });
    const TestResponse response = client.get("/");
    CHECK(response.status_code() == 418);
    CHECK(response.text() == R"({"detail":{"a":1}})");
    CHECK(response.header("x-error") == "1");
  }

  TEST_CASE("test client handler: what no route answers is answered") {
    App app;
    app.get("/x", [] { return 1; });
    TestClient client(std::move(app));
    CHECK(client.get("/y").text() == R"({"detail":"Not Found"})");
    CHECK(client.post("/x").status_code() == 405);
    CHECK(client.post("/x").header("allow").has_value());
  }

  TEST_CASE("test client handler: an exception of the handler reaches the test as it is") {
    App app;
    app.get("/", [](Request&) -> Async<Response> {
      co_await sleep(1s);
      throw OutOfStock(7);
    });
    app.get("/plain", [](Request&) -> Response { throw std::out_of_range("plain"); });
    app.get("/odd", [](Request&) -> Response { throw 42; });
    TestClient client(std::move(app));
    int left = 0;
    try {
      client.get("/");
    } catch (const OutOfStock& error) {
      left = error.left;
    }
    CHECK(left == 7);
    CHECK_THROWS_WITH_AS(client.get("/plain"), "plain", std::out_of_range);
    CHECK_THROWS_AS(client.get("/odd"), int);
    CHECK(client.get("/none").status_code() == 404);
  }

  TEST_CASE("test client handler: or it is a 500 that says nothing, when that is asked for") {
    TestClient client([](Request&) -> Async<Response> { throw OutOfStock(7); }, answering_500());
    const TestResponse response = client.get("/");
    CHECK(response.status_code() == 500);
    CHECK(response.text() == "Internal Server Error");
    CHECK(response.header("content-type") == "text/plain; charset=utf-8");
  }

  TEST_CASE("test client handler: cancellations and full thread pools are answered as a server does") {
    TestClient client([](Request& request) -> Async<Response> {
      if (request.path() == "/deadline") throw Cancelled(CancelReason::Deadline);
      if (request.path() == "/full") throw ThreadPoolFull("64 jobs wait");
      throw Cancelled(CancelReason::Shutdown);
    });
    CHECK(client.get("/deadline").status_code() == 504);
    CHECK(client.get("/shutdown").status_code() == 503);
    CHECK(client.get("/full").status_code() == 503);
    CHECK(client.get("/full").header("retry-after") == "1");
  }

  TEST_CASE("test client handler: a time-out of the handler's own is an error like any other") {
    TestClient client([](Request&) -> Async<Response> {
      co_await timeout(1s, sleep(2s));
      co_return Response();
    });
    CHECK_THROWS_AS(client.get("/"), TimeoutError);
  }

  // --- bodies ---

  TEST_CASE("test client handler: a body at the limit passes, one byte more is 413") {
    for (const bool chunked : {false, true}) {
      TestClient client(&read_body, {.max_body_bytes = 10});
      const auto post = [&](std::size_t size) {
        TestRequestOptions request;
        if (chunked) {
          request.chunks = {std::string(4, 'a'), std::string(size - 4, 'b')};
        } else {
          request.body = std::string(size, 'a');
        }
        return client.post("/", std::move(request));
      };
      CHECK(post(9).text() == "9");
      CHECK(post(10).text() == "10");
      CHECK(post(11).status_code() == 413);
      CHECK(post(11).text() == R"({"detail":"Content Too Large"})");
    }
  }

  TEST_CASE("test client handler: the limit is the server's unless the route has its own") {
    App app;
    app.post("/server", &read_body);
    app.post("/less", &read_body, {.max_body_bytes = 3});
    app.post("/more", &read_body, {.max_body_bytes = 2 * 1024 * 1024});
    TestClient client(std::move(app));
    const std::string mebibyte(1024 * 1024, 'x');
    CHECK(client.post("/server", {.body = mebibyte}).text() == "1048576");
    CHECK(client.post("/server", {.body = mebibyte + "x"}).status_code() == 413);
    CHECK(client.post("/less", {.body = "abc"}).text() == "3");
    CHECK(client.post("/less", {.body = "abcd"}).status_code() == 413);
    CHECK(client.post("/more", {.body = mebibyte + "x"}).text() == "1048577");
  }

  TEST_CASE("test client handler: a body that nobody reads has no limit") {
    TestClient client([](Request&) { return Async<Response>::ready(Response()); }, {.max_body_bytes = 1});
    CHECK(client.post("/", {.body = "abc"}).status_code() == 200);
  }

  TEST_CASE("test client handler: after a body over the limit nothing is read any more") {
    TestClient client(
        [](Request& request) -> Async<Response> {
          int errors = 0;
          for (int i = 0; i < 2; ++i) {
            try {
              co_await request.next_chunk();
            } catch (const HttpException& error) {
              errors = errors * 1000 + error.status().code();
            }
          }
          co_return text(std::to_string(errors));
        },
        {.max_body_bytes = 1});
    CHECK(client.post("/", {.body = "abc"}).text() == "413400");
    CHECK(client.post("/", {.chunks = {"abc"}}).text() == "413400");
  }

  TEST_CASE("test client handler: a body can be asked for again, a drained one is empty") {
    TestClient client([](Request& request) -> Async<Response> {
      std::string seen(co_await request.body());
      seen.append("|").append(co_await request.body()).append("|");
      const std::optional<std::string_view> rest = co_await request.next_chunk();
      co_return text(seen + (rest ? "more" : "end"));
    });
    CHECK(client.post("/", {.body = "abc"}).text() == "abc|abc|end");
    CHECK(client.post("/", {.chunks = {"a", "bc"}}).text() == "abc|abc|end");
    CHECK(client.post("/").text() == "||end");
  }

  TEST_CASE("test client handler: others run before a piece of a body arrives") {
    TestClient client([](Request& request) -> Async<Response> {
      std::vector<std::string> order;
      const Task<void> other = create_task(add_after(0s, order, "other"));
      while (true) {
        const std::optional<std::string_view> piece = co_await request.next_chunk();
        if (!piece) break;
        order.emplace_back(*piece);
      }
      co_await other;
      co_return text(order.at(0) + " " + order.at(1) + " " + order.at(2));
    });
    CHECK(client.post("/", {.chunks = {"a", "b"}}).text() == "a other b");
  }

  TEST_CASE("test client handler: json of the request goes through the same checks as a server's") {
    App app;
    app.post("/", [](Request& request) -> Async<Json> { co_return co_await request.json(); });
    TestClient client(std::move(app));
    CHECK(client.post("/", {.json = Json{{"name", "x"}}}).json() == Json{{"name", "x"}});
    CHECK(client.post("/", {.body = "{}"}).status_code() == 422);
    CHECK(client.post("/", {.headers = {{"content-type", "application/json"}}, .body = "{"}).status_code() == 422);
  }

  // --- time, tasks, context ---

  TEST_CASE("test client handler: time costs nothing and is told to the tick") {
    TestClient client([](Request&) -> Async<Response> {
      co_await sleep(1h + 5ms);
      co_return Response();
    });
    const Clock::time_point began = client.loop().time();
    CHECK(client.get("/").elapsed() == 1h + 5ms);
    CHECK(client.get("/").elapsed() == 1h + 5ms);
    CHECK(client.loop().time() - began == 2 * (1h + 5ms));
  }

  TEST_CASE("test client handler: it waits for the tasks of a request behind the answer") {
    std::vector<std::string> done;
    TestClient client([&](Request&) -> Async<Response> {
      create_task(add_after(2s, done, "task"));
      co_await sleep(1s);
      co_return text("answer");
    });
    const TestResponse response = client.get("/");
    CHECK(response.text() == "answer");
    CHECK(response.elapsed() == 1s);
    CHECK(done == std::vector<std::string>{"task"});
    CHECK(client.loop().time() == Clock::time_point(2s));
    CHECK(client.loop().task_count() == 0);
  }

  TEST_CASE("test client handler: tasks that tasks of a request start belong to it too") {
    std::vector<std::string> done;
    TestClient client([&](Request&) -> Async<Response> {
      create_task([](std::vector<std::string>& to) -> Async<void> {
        co_await sleep(1s);
        create_task(add_after(1s, to, "grandchild"));
      }(done));
      co_return Response();
    });
    client.get("/");
    CHECK(done == std::vector<std::string>{"grandchild"});
  }

  TEST_CASE("test client handler: when the handler fails the tasks of the request are cancelled") {
    std::vector<std::string> done;
    TestClient client([&](Request&) -> Async<Response> {
      create_task(add_after(1h, done, "task"));
      co_await sleep(1s);
      throw HttpException(Status::NotFound);
    });
    CHECK(client.get("/").status_code() == 404);
    REQUIRE(done.size() == 1);
    CHECK(done[0] == std::string("task ") + to_string(CancelReason::User));
    CHECK(client.loop().time() == Clock::time_point(1s));
  }

  TEST_CASE("test client handler: work on threads is waited for") {
    TestClient client([](Request&) -> Async<Response> {
      const int value = co_await to_thread([] { return 42; });
      co_return text(std::to_string(value));
    });
    CHECK(client.get("/").text() == "42");
  }

  TEST_CASE("test client handler: without virtual time time is real") {
    TestClient client(
        [](Request&) -> Async<Response> {
          co_await sleep(2ms);
          co_return Response();
        },
        {.virtual_time = false});
    CHECK_FALSE(client.loop().has_virtual_time());
    const Clock::time_point began = Clock::now();
    CHECK(client.get("/").elapsed() >= 2ms);
    CHECK(Clock::now() - began >= 2ms);
  }

  TEST_CASE("test client handler: a handler starts with nothing of the test's, and leaves nothing") {
    const ContextVar<int> variable{"variable", 0};
    variable.set(1);
    TestClient client([&](Request&) {
      const int seen = variable.get();
      variable.set(2);
      return Async<Response>::ready(text(std::to_string(seen)));
    });
    CHECK(client.get("/").text() == "0");
    CHECK(client.get("/").text() == "0");
    CHECK(variable.get() == 1);
  }

  TEST_CASE("test client handler: tasks of the request know its id") {
    TestClient client([](Request& request) -> Async<Response> {
      const auto id = []() -> Async<std::string> { co_return request_id(); };
      const std::string seen = co_await create_task(id());
      co_return text(seen + "|" + std::string(request.request_id()));
    });
    CHECK(client.get("/", {.headers = {{"x-request-id", "abc"}}}).text() == "abc|abc");
  }

  TEST_CASE("test client handler: a handler that never answers fails the test and tells who waits for what") {
    Event never;
    std::string end = "none";
    TestClient client([&](Request& request) -> Async<Response> {
      if (request.path() == "/ok") co_return text("ok");
      try {
        co_await never.wait();
      } catch (const Cancelled& cancelled) {
        end = to_string(cancelled.reason());
        throw;
      }
      co_return Response();
    });
    const std::string text = text_of<DeadlockError>([&] { client.get("/stuck?secret"); });
    CHECK(text.find("deadlock") != std::string::npos);
    CHECK(text.find("'GET /stuck'") != std::string::npos);
    CHECK(text.find("Event.wait") != std::string::npos);
    CHECK(text.find("secret") == std::string::npos);
    CHECK(end == to_string(CancelReason::Disconnect));
    CHECK(client.get("/ok").text() == "ok");
  }

  TEST_CASE("test client handler: a loop that a handler stops does not pass for an answer") {
    TestClient client([](Request& request) -> Async<Response> {
      if (request.path() == "/stop") EventLoop::current().stop();
      co_await sleep(1s);
      co_return text("ok");
    });
    CHECK(text_of<DeadlockError>([&] { client.get("/stop"); }).find("stopped") != std::string::npos);
    CHECK(client.get("/").text() == "ok");
  }

  TEST_CASE("test client handler: requests on one client see what earlier ones did") {
    int count = 0;
    TestClient client([&](Request&) { return Async<Response>::ready(text(std::to_string(++count))); });
    CHECK(client.get("/").text() == "1");
    CHECK(client.get("/").text() == "2");
  }
}
