// SPDX-License-Identifier: BSL-1.0
#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/deadline.hpp"
#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/run.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "coroute/json.hpp"
#include "coroute/testing/test_client.hpp"
#include "support/async_test.hpp"
#include "support/outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::outcome_of;

namespace {

/// Answers after as many seconds as the path says.
Async<Response> wait_a_while(Request& request) {
  const int seconds = std::stoi(std::string(request.path().substr(1)));
  co_await sleep(std::chrono::seconds(seconds));
  co_return text(std::string(request.path()));
}

/// Notes how it ended; its cleanup takes a second.
struct Watched {
  std::string end = "did not run";

  Async<Response> operator()(Request&) {
    end = "runs";
    std::exception_ptr error;
    try {
      co_await sleep(1h);
    } catch (const Cancelled& cancelled) {
      end = to_string(cancelled.reason());
      error = std::current_exception();
    }
    if (error) {
      co_await sleep(1s);
      end += ", cleaned up";
      std::rethrow_exception(error);
    }
    end = "answered";
    co_return Response();
  }
};

}  // namespace

TEST_SUITE("testing") {
  ASYNC_TEST_CASE("test client async: in a coroutine it takes the loop that runs") {
    TestClient client(&wait_a_while);
    CHECK(&client.loop() == &EventLoop::current());
    const TestResponse response = co_await client.async_get("/2");
    CHECK(response.text() == "/2");
    CHECK(response.elapsed() == 2s);
    CHECK(EventLoop::current().time() == Clock::time_point(2s));
  }

  ASYNC_TEST_CASE("test client async: requests run concurrently") {
    TestClient client(&wait_a_while);
    const auto [slow, fast] = co_await gather(client.async_get("/3"), client.async_get("/2"));
    CHECK(slow.text() == "/3");
    CHECK(fast.text() == "/2");
    CHECK(EventLoop::current().time() == Clock::time_point(3s));
  }

  ASYNC_TEST_CASE("test client async: a request as a task") {
    TestClient client(&wait_a_while);
    const Task<TestResponse> task = create_task(client.async_get("/5").send());
    co_await sleep(4s);
    CHECK_FALSE(task.done());
    const TestResponse response = co_await task;
    CHECK(response.status_code() == 200);
  }

  ASYNC_TEST_CASE("test client async: nothing is sent before it is awaited") {
    int calls = 0;
    TestClient client([&](Request&) {
      ++calls;
      return Async<Response>::ready(Response());
    });
    TestRequestBuilder builder = client.async_get("/");
    co_await sleep(1s);
    CHECK(calls == 0);
    co_await builder;
    CHECK(calls == 1);
  }

  ASYNC_TEST_CASE("test client async: the synchronous calls refuse to block the loop") {
    TestClient client(&wait_a_while);
    CHECK_THROWS_AS(client.get("/1"), RuntimeError);
    CHECK_THROWS_AS(client.advance(1s), RuntimeError);
    co_return;
  }

  TEST_CASE("test client async: a client with a loop of its own runs coroutines on that") {
    TestClient client(&wait_a_while);
    const auto body = [](TestClient& c) -> Async<std::string> {
      CHECK(&EventLoop::current() == &c.loop());
      const auto [a, b] = co_await gather(c.async_get("/1"), c.async_get("/1"));
      co_return a.text() + b.text();
    };
    CHECK(client.run(body(client)) == "/1/1");
    CHECK(client.loop().time() == Clock::time_point(1s));
    const auto blocking = [](TestClient& c) -> Async<void> {
      CHECK_THROWS_AS(c.get("/1"), RuntimeError);
      co_return;
    };
    client.run(blocking(client));
  }

  TEST_CASE("test client async: what a coroutine throws leaves run") {
    TestClient client(&wait_a_while);
    const auto failing = []() -> Async<void> {
      co_await sleep(1s);
      throw std::out_of_range("here");
    };
    CHECK_THROWS_AS(client.run(failing()), std::out_of_range);
  }

  ASYNC_TEST_CASE("test client async: a client of another loop is refused") {
    std::unique_ptr<TestClient> client;
    std::thread([&] { client = std::make_unique<TestClient>(&wait_a_while); }).join();
    const std::string outcome = co_await outcome_of(client->async_get("/1").send());
    CHECK(outcome.starts_with("RuntimeError: this TestClient belongs to another event loop"));
    CHECK_THROWS_AS(client->get("/1"), RuntimeError);
  }

  TEST_CASE("test client async: what callbacks and tasks of the loop do happens while time advances") {
    TestClient client(&wait_a_while);
    std::vector<int> order;
    client.loop().call_later(2s, [&] { order.push_back(2); });
    client.loop().call_later(1s, [&] { order.push_back(1); });
    client.loop().call_later(3s, [&] { order.push_back(3); });
    client.advance(2s);
    CHECK(order == std::vector<int>{1, 2});
    client.get("/1");
    CHECK(order == std::vector<int>{1, 2, 3});
  }

  ASYNC_TEST_CASE("test client async: a cancelled request is a client that leaves, and its cleanup is awaited") {
    auto watched = std::make_shared<Watched>();
    TestClient client([watched](Request& request) { return (*watched)(request); });
    const std::string outcome = co_await outcome_of(timeout(5s, client.async_get("/").send()));
    CHECK(outcome == "TimeoutError");
    CHECK(watched->end == std::string(to_string(CancelReason::Disconnect)) + ", cleaned up");
    CHECK(EventLoop::current().time() == Clock::time_point(6s));
  }

  ASYNC_TEST_CASE("test client async: a route that is not to be cancelled goes on without its client") {
    auto watched = std::make_shared<Watched>();
    App app;
    app.get("/", [watched](Request& request) { return (*watched)(request); }, {.cancel_on_disconnect = false});
    TestClient client(std::move(app));
    const std::string outcome = co_await outcome_of(timeout(5s, client.async_get("/").send()));
    CHECK(outcome == "TimeoutError");
    CHECK(EventLoop::current().time() == Clock::time_point(5s));
    CHECK(watched->end == "runs");
    co_await sleep(1h);
    CHECK(watched->end == "answered");
  }

  ASYNC_TEST_CASE("test client async: the tasks of a request end with its client") {
    std::string end;
    TestClient client([&](Request&) -> Async<Response> {
      create_task([](std::string& to) -> Async<void> {
        try {
          co_await sleep(1h);
        } catch (const Cancelled& cancelled) {
          to = to_string(cancelled.reason());
          throw;
        }
      }(end));
      co_return Response();
    });
    const std::string outcome = co_await outcome_of(timeout(5s, client.async_get("/").send()));
    CHECK(outcome == "TimeoutError");
    CHECK(end == to_string(CancelReason::Disconnect));
  }

  ASYNC_TEST_CASE("test client async: a request that is cancelled before it begins is never seen") {
    auto watched = std::make_shared<Watched>();
    TestClient client([watched](Request& request) { return (*watched)(request); });
    const Task<TestResponse> task = create_task(client.async_get("/").send());
    task.cancel();
    const std::string outcome = co_await outcome_of(task);
    CHECK(outcome == "Cancelled(user)");
    CHECK(watched->end == "did not run");
  }

  ASYNC_TEST_CASE("test client async: a test that doesn't wait for the cleanup either goes on at once") {
    auto watched = std::make_shared<Watched>();
    TestClient client([watched](Request& request) { return (*watched)(request); });
    const Task<TestResponse> task = create_task(client.async_get("/").send());
    co_await sleep(1s);
    task.cancel();
    co_await sleep(500ms);
    CHECK_FALSE(task.done());
    task.cancel();
    const std::string outcome = co_await outcome_of(task);
    CHECK(outcome == "Cancelled(user)");
    CHECK(EventLoop::current().time() == Clock::time_point(1500ms));
    co_await sleep(1s);
    CHECK(watched->end == std::string(to_string(CancelReason::Disconnect)) + ", cleaned up");
  }

  ASYNC_TEST_CASE("test client async: the test's deadline is not the handler's") {
    TestClient client([](Request&) -> Async<Response> {
      const std::optional<Clock::time_point> own = current_deadline();
      co_return text(own ? "some" : "none");
    });
    const auto ask = [](TestClient& c) -> Async<std::string> {
      const TestResponse response = co_await c.async_get("/");
      co_return response.text();
    };
    const std::string seen = co_await timeout(5s, ask(client));
    CHECK(seen == "none");
  }

  ASYNC_TEST_CASE("test client async: an error of the handler reaches whoever awaits") {
    TestClient client([](Request&) -> Async<Response> { throw std::runtime_error("broken"); });
    const std::string outcome = co_await outcome_of(client.async_get("/").send());
    CHECK(outcome == "error: broken");
  }

  ASYNC_TEST_CASE("test client async: concurrent answers may set cookies") {
    TestClient client([](Request& request) -> Async<Response> {
      const std::string name(request.query_string());
      co_await sleep(1s);
      Response response;
      response.set_cookie({.name = name, .value = "1"});
      co_return response;
    });
    co_await gather(client.async_get("/?a"), client.async_get("/?b"));
    CHECK(client.cookies().size() == 2);
  }

  ASYNC_TEST_CASE(
      "test client async: a client that leaves ends the tasks of its request, not the work after the answer") {
    std::vector<std::string> log;
    const auto nap = [&](std::string name, Clock::duration time) -> Async<> {
      try {
        co_await sleep(time);
      } catch (const Cancelled& cancelled) {
        log.push_back(name + ": " + to_string(cancelled.reason()));
        throw;
      }
      log.push_back(name + " ends");
    };
    TestClient client([&](Request& request) -> Async<Response> {
      create_task(nap("task", 1h));
      request.add_after_response(nap("work", 3s));
      request.add_after_response(nap("more work", 1s));
      co_return text("answer");
    });
    const std::string outcome = co_await outcome_of(timeout(1s, client.async_get("/").send()));
    CHECK(outcome == "TimeoutError");
    co_await sleep(4s);
    CHECK(log == std::vector<std::string>{"task: disconnect", "work ends", "more work ends"});
  }
}
