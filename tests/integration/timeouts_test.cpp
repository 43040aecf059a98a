// SPDX-License-Identifier: BSL-1.0
// Every member of ServerTimeouts that doesn't belong to shutting down (shutdown_test.cpp) or to clients that leave
// (disconnect_test.cpp). Times are short; only lower bounds are checked, since a busy machine may always take longer.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::milliseconds limit{150};

class Stopwatch {
 public:
  /// Clocks of two threads and whole milliseconds of polls are compared: a little slack below.
  bool at_least(std::chrono::milliseconds time) const {
    return std::chrono::steady_clock::now() - began_ >= time - 5ms;
  }

 private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

Async<Response> echo(Request& request) {
  const std::string_view body = co_await request.body();
  co_return text(std::string(body));
}

Async<Response> ignore(Request&) {
  co_return text("ignored");
}

}  // namespace

TEST_SUITE("server") {
  TEST_CASE("timeouts: a head that doesn't end is answered with 408") {
    ServerOptions options;
    options.timeouts.head = limit;
    TestServer server(&echo, std::move(options));
    RawClient client = server.connect();
    const Stopwatch stopwatch;
    client.send("GET / HTTP/1.1\r\nhost: te");
    const RawResponse response = client.receive();
    CHECK(stopwatch.at_least(limit));
    CHECK(response.status == 408);
    CHECK(response.closes());
    CHECK(client.closed_silently());
  }

  TEST_CASE("timeouts: bytes that keep trickling in don't prolong the head's time") {
    ServerOptions options;
    options.timeouts.head = limit;
    TestServer server(&echo, std::move(options));
    RawClient client = server.connect();
    const Stopwatch stopwatch;
    client.send("GET / HTTP/1.1\r\n");
    while (!client.something_arrives(20ms) && !stopwatch.at_least(8s)) {
      if (!client.try_send("x: y\r\n")) break;
    }
    CHECK(stopwatch.at_least(limit));
    CHECK(client.receive().status == 408);
  }

  TEST_CASE("timeouts: the head's time runs for later requests too") {
    ServerOptions options;
    options.timeouts.head = limit;
    TestServer server(&echo, std::move(options));
    RawClient client = server.connect();
    client.send(get("/") + get("/") + "GET / HT");
    CHECK(client.receive().status == 200);
    CHECK(client.receive().status == 200);
    CHECK(client.receive().status == 408);
    CHECK(client.closed_silently());
  }

  TEST_CASE("timeouts: a client that never says anything is let go silently") {
    ServerOptions options;
    options.timeouts.head = limit;
    TestServer server(&echo, std::move(options));
    const Stopwatch stopwatch;
    RawClient client = server.connect();
    CHECK(client.closed_silently());
    CHECK(stopwatch.at_least(limit));
  }

  TEST_CASE("timeouts: an idle connection is closed silently after keep_alive") {
    ServerOptions options;
    options.timeouts.keep_alive = limit;
    TestServer server(&echo, std::move(options));
    RawClient client = server.connect();
    for (int i = 0; i < 4; ++i) {  // each request starts the time anew
      CHECK(client.request(get("/")).status == 200);
      std::this_thread::sleep_for(limit / 3);
    }
    const Stopwatch stopwatch;
    CHECK(client.request(get("/")).status == 200);
    CHECK(client.closed_silently());
    CHECK(stopwatch.at_least(limit));
    CHECK_FALSE(client.was_reset());
  }

  TEST_CASE("timeouts: a request that arrives in the moment in which keep_alive passes is answered") {
    ServerOptions options;
    options.timeouts.keep_alive = limit;
    auto handler = [](Request& request) -> Async<Response> {
      if (request.path() == "/block") std::this_thread::sleep_for(limit * 2);  // the whole loop
      co_return text("hello");
    };
    TestServer server(handler, std::move(options));
    RawClient idle = server.connect();
    RawClient first = server.connect();
    RawClient second = server.connect();
    for (RawClient* client : {&idle, &first, &second})
      CHECK(client->request(get("/")).status == 200);
    first.send(get("/block"));
    std::this_thread::sleep_for(limit / 3);
    second.send(get("/block"));  // begins when the time has passed, in the same turn of the loop
    CHECK(first.receive().status == 200);
    std::this_thread::sleep_for(limit / 3);
    CHECK(idle.request(get("/")).body == "hello");
  }

  TEST_CASE("timeouts: a body that stops coming is answered with 408") {
    ServerOptions options;
    options.timeouts.body = limit;
    TestServer server(&echo, std::move(options));
    RawClient client = server.connect();
    const Stopwatch stopwatch;
    client.send(post_head("/", 100) + "part");
    const RawResponse response = client.receive();
    CHECK(stopwatch.at_least(limit));
    CHECK(response.status == 408);
    CHECK(response.closes());
    CHECK(client.closed_silently());
  }

  TEST_CASE("timeouts: the body's time is for all of it, however its bytes are spread") {
    ServerOptions options;
    options.timeouts.body = limit;
    TestServer server(&echo, std::move(options));
    RawClient client = server.connect();
    const Stopwatch stopwatch;
    client.send(post_head("/", 100'000));
    while (!client.something_arrives(20ms) && !stopwatch.at_least(8s)) {
      if (!client.try_send("0123456789")) break;
    }
    CHECK(stopwatch.at_least(limit));
    CHECK(client.receive().status == 408);
  }

  TEST_CASE("timeouts: a route may give a body more time than the server, or less") {
    ServerOptions options;
    options.timeouts.body = limit;
    App app;
    app.post("/usual", echo);
    app.post("/patient", echo, {.body_timeout = 3600s});
    TestServer patient(std::move(app).handler(), std::move(options));
    for (const char* const path : {"/usual", "/patient"}) {
      RawClient client = patient.connect();
      client.send(post_head(path, 8) + "half");
      std::this_thread::sleep_for(2 * limit);
      client.try_send("rest");
      CHECK(client.receive().status == (std::string_view(path) == "/patient" ? 200 : 408));
    }
    App hasty_app;
    hasty_app.post("/hasty", echo, {.body_timeout = limit});
    TestServer hasty(std::move(hasty_app).handler());
    RawClient client = hasty.connect();
    const Stopwatch stopwatch;
    client.send(post_head("/hasty", 8) + "half");
    CHECK(client.receive().status == 408);
    CHECK(stopwatch.at_least(limit));
  }

  TEST_CASE("timeouts: an unread body that stops coming ends the connection") {
    ServerOptions options;
    options.timeouts.body = limit;
    TestServer server(&ignore, std::move(options));
    RawClient client = server.connect();
    CHECK(client.request(post_head("/", 100)).body == "ignored");
    CHECK(client.closed_silently());
    CHECK(eventually([&] { return server->connections() == 0; }));
  }

  TEST_CASE("timeouts: a body below min_body_rate is answered with 408 after slow_body") {
    ServerOptions options;
    options.timeouts.slow_body = limit;
    options.timeouts.min_body_rate = 10'000;
    TestServer server(&echo, std::move(options));
    RawClient client = server.connect();
    const Stopwatch stopwatch;
    client.send(post_head("/", 100'000));
    while (!client.something_arrives(20ms) && !stopwatch.at_least(8s)) {  // at most 500 bytes a second
      if (!client.try_send("0123456789")) break;
    }
    CHECK(stopwatch.at_least(limit));
    CHECK(client.receive().status == 408);
  }

  TEST_CASE("timeouts: a body above min_body_rate may take longer than slow_body") {
    ServerOptions options;
    options.timeouts.slow_body = limit;
    options.timeouts.min_body_rate = 50;
    TestServer server(&echo, std::move(options));
    RawClient client = server.connect();
    client.send(post_head("/", 2000));
    for (int i = 0; i < 20; ++i) {
      std::this_thread::sleep_for(20ms);
      client.send(std::string(100, 'x'));
    }
    CHECK(client.receive().body == std::string(2000, 'x'));
  }

  TEST_CASE("timeouts: the handler's own time doesn't count as the client's slowness") {
    ServerOptions options;
    options.timeouts.slow_body = limit;
    options.timeouts.body = limit;
    options.timeouts.min_body_rate = 1'000'000;
    auto handler = [](Request& request) -> Async<Response> {
      std::size_t total = 0;
      while (true) {
        const std::optional<std::string_view> piece = co_await request.next_chunk();
        if (!piece) break;
        total += piece->size();
        co_await sleep(60ms);
      }
      co_return text(std::to_string(total));
    };
    TestServer server(handler, std::move(options));
    CHECK(server.request(post("/", std::string(200'000, 'x'))).body == "200000");
  }

  TEST_CASE("timeouts: a client that doesn't read its answer is closed after write") {
    ServerOptions options;
    options.timeouts.write = limit;
    auto handler = [](Request&) -> Async<Response> { co_return text(std::string(16 * 1024 * 1024, 'x')); };
    TestServer server(handler, std::move(options));
    RawClient client = server.connect();
    const Stopwatch stopwatch;
    client.send(get("/"));
    CHECK(eventually([&] { return server->connections() == 1; }));
    CHECK(eventually([&] { return server->connections() == 0; }));
    CHECK(stopwatch.at_least(limit));
    CHECK_FALSE(client.receive().complete);
  }

  TEST_CASE("timeouts: a client that reads slowly, but reads, gets all of a large answer") {
    static constexpr std::size_t size = 8 * 1024 * 1024;
    ServerOptions options;
    options.timeouts.write = 500ms;
    auto handler = [](Request&) -> Async<Response> { co_return text(std::string(size, 'x')); };
    TestServer server(handler, std::move(options));
    RawClient::Options slow;
    slow.pause_between_receives = 4ms;  // over half a second for the whole
    RawClient client = server.connect(slow);
    const Stopwatch stopwatch;
    const RawResponse response = client.request(get("/"));
    CHECK(response.complete);
    CHECK(response.body.size() == size);
    CHECK(stopwatch.at_least(500ms));
  }

  TEST_CASE("timeouts: a handler over its time is cancelled with reason deadline and answered with 504") {
    ServerOptions options;
    options.timeouts.handler = limit;
    std::atomic<int> reason{-1};
    auto handler = [&](Request& request) -> Async<Response> {
      if (request.path() == "/quick") co_return text("quick");
      try {
        co_await sleep(1h);
      } catch (const Cancelled& cancelled) {
        reason = static_cast<int>(cancelled.reason());
        throw;
      }
      co_return text("late");
    };
    TestServer server(handler, std::move(options));
    RawClient client = server.connect();
    const Stopwatch stopwatch;
    const RawResponse response = client.request(get("/slow"));
    CHECK(stopwatch.at_least(limit));
    CHECK(response.status == 504);
    CHECK(response.body == R"({"detail":"Gateway Timeout"})");
    CHECK(reason == static_cast<int>(CancelReason::Deadline));
    CHECK(client.request(get("/quick")).body == "quick");  // the connection lives on
  }

  TEST_CASE("timeouts: a cancelled handler may clean up, and may answer itself") {
    ServerOptions options;
    options.timeouts.handler = limit;
    auto handler = [](Request&) -> Async<Response> {
      try {
        co_await sleep(1h);
      } catch (const Cancelled&) {
      }
      co_await sleep(limit * 2);  // delivered once: cleanup waits undisturbed
      co_return text("partial");
    };
    TestServer server(handler, std::move(options));
    RawClient client = server.connect();
    for (int i = 0; i < 2; ++i)
      CHECK(client.request(get("/")).body == "partial");
  }

  TEST_CASE("timeouts: the handler's time covers all of its work, and not its waits for the body") {
    ServerOptions options;
    options.timeouts.handler = 400ms;
    auto handler = [](Request& request) -> Async<Response> {
      const bool works = request.path() == "/works";
      while (true) {
        const std::optional<std::string_view> piece = co_await request.next_chunk();
        if (!piece) break;
        if (works) co_await sleep(250ms);  // less than the limit for each piece, more for two
      }
      co_return text("done");
    };
    TestServer server(handler, std::move(options));
    const auto upload = [&](std::string_view path) {
      RawClient client = server.connect();
      client.send(post_head(path, 3) + "a");
      std::this_thread::sleep_for(300ms);
      client.try_send("b");
      std::this_thread::sleep_for(300ms);
      client.try_send("c");
      return client.receive().status;
    };
    CHECK(upload("/waits") == 200);
    CHECK(upload("/works") == 504);
  }

  TEST_CASE("timeouts: a handler that gives up on a body answers, and its connection isn't confused") {
    std::atomic<bool> cancelled{false};
    auto handler = [&](Request& request) -> Async<Response> {
      bool gave_up = false;
      try {
        co_await timeout(50ms, request.body());
      } catch (const TimeoutError&) {
        gave_up = true;
      }
      if (request.path() == "/linger") {
        try {
          co_await sleep(1h);
        } catch (const Cancelled&) {
          cancelled = true;
          throw;
        }
      }
      co_return text(gave_up ? "gave up" : "read");
    };
    ServerOptions options;
    options.timeouts.body = 300ms;
    TestServer server(handler, std::move(options));
    RawClient client = server.connect();
    CHECK(client.request(post_head("/", 4)).body == "gave up");
    client.send("body");
    CHECK(client.request(post("/", "body")).body == "read");

    RawClient leaving = server.connect();
    leaving.send(post_head("/linger", 4));
    std::this_thread::sleep_for(100ms);
    leaving.close();
    CHECK(eventually([&] { return cancelled.load(); }));
  }
}
