// SPDX-License-Identifier: BSL-1.0
// Draining and stopping a server.
#include <doctest/doctest.h>

#include <atomic>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "coroute/asyncio/semaphore.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

Async<Response> hello(Request&) {
  co_return text("hello");
}

/// Keeps the whole loop busy for "/block".
Async<Response> hello_or_block(Request& request) {
  if (request.path() == "/block") std::this_thread::sleep_for(300ms);
  co_return text("hello");
}

/// Handlers that wait until the test lets them go, or note why they were cancelled.
struct Gate {
  Semaphore open{0};
  std::atomic<int> started{0};
  std::atomic<int> reason{-1};

  Handler handler() {
    return [this](Request&) -> Async<Response> {
      ++started;
      try {
        const Permit permit = co_await open.acquire();
      } catch (const Cancelled& cancelled) {
        reason = static_cast<int>(cancelled.reason());
        throw;
      }
      co_return text("finished");
    };
  }
};

bool connects(std::uint16_t port) {
  try {
    RawClient client(port);
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

/// In less than the second after which a connect that came while the port was closing is tried again.
bool ends_listening(const TestServer& server) {
  std::this_thread::sleep_for(50ms);
  return eventually([&] { return !connects(server.port()); });
}

/// Sends requests on connections that it keeps alive, and connects again when one ends, until nobody listens. Returns
/// how many requests were sent and not answered.
int count_lost_requests(std::uint16_t port, std::atomic<int>& answered) {
  const std::string request = post("/", std::string(1000, 'x'));
  int lost = 0;
  try {
    while (true) {
      RawClient client(port);
      bool closes = false;
      while (!closes && !client.something_arrives(0ms) && client.try_send(request)) {
        try {
          closes = client.receive().closes();
          ++answered;
        } catch (const std::runtime_error&) {
          ++lost;
          break;
        }
      }
    }
  } catch (const std::system_error&) {
    return lost;  // connection refused
  }
}

}  // namespace

TEST_SUITE("server") {
  TEST_CASE("shutdown: a request in progress finishes, and its answer closes the connection") {
    Gate gate;
    TestServer server(gate.handler());
    RawClient client = server.connect();
    client.send(get("/"));
    CHECK(eventually([&] { return gate.started == 1; }));
    server->shut_down();
    CHECK(ends_listening(server));
    gate.open.release();
    const RawResponse response = client.receive();
    CHECK(response.status == 200);
    CHECK(response.body == "finished");
    CHECK(response.closes());
    CHECK(client.closed_silently());
    server->join();
    CHECK(gate.reason == -1);
  }

  TEST_CASE("shutdown: requests that were pipelined behind one in progress are not answered, and it is") {
    Gate gate;
    TestServer server(gate.handler());
    RawClient client = server.connect();
    client.send(get("/1") + get("/2"));
    CHECK(eventually([&] { return gate.started == 1; }));
    server->shut_down();
    CHECK(ends_listening(server));
    gate.open.release();
    CHECK(client.receive().closes());
    CHECK(client.closed_silently());
    CHECK_FALSE(client.was_reset());
    client.close();
    server->join();
    CHECK(gate.started == 1);
  }

  TEST_CASE("shutdown: an idle connection is closed after drain_idle") {
    ServerOptions options;
    options.timeouts.drain_idle = 150ms;
    TestServer server(&hello, std::move(options));
    RawClient client = server.connect();
    CHECK(client.request(get("/")).status == 200);
    RawClient silent = server.connect();
    const auto began = std::chrono::steady_clock::now();
    server->shut_down();
    CHECK(client.closed_silently());
    CHECK(std::chrono::steady_clock::now() - began >= 145ms);
    CHECK(silent.closed_silently());
    CHECK_FALSE(client.was_reset());
    server->join();
    CHECK(server->connections() == 0);
  }

  TEST_CASE("shutdown: a request that comes within drain_idle is answered") {
    ServerOptions options;
    options.timeouts.drain_idle = 5s;
    TestServer server(&hello, std::move(options));
    RawClient client = server.connect();
    CHECK_FALSE(client.request(get("/")).closes());
    RawClient fresh = server.connect();
    server->shut_down();
    CHECK(ends_listening(server));
    CHECK(client.request(get("/")).closes());
    CHECK(fresh.request(get("/")).closes());
    server->join();
  }

  TEST_CASE("shutdown: a request that arrives in the moment in which drain_idle passes is answered") {
    ServerOptions options;
    options.timeouts.drain_idle = 150ms;
    TestServer server(&hello_or_block, std::move(options));
    RawClient idle = server.connect();
    RawClient first = server.connect();
    RawClient second = server.connect();
    for (RawClient* client : {&idle, &first, &second})
      CHECK(client->request(get("/")).status == 200);
    server->shut_down();
    std::this_thread::sleep_for(50ms);
    first.send(get("/block"));
    std::this_thread::sleep_for(50ms);
    second.send(get("/block"));  // begins when the time has passed, in the same turn of the loop
    CHECK(first.receive().status == 200);
    std::this_thread::sleep_for(50ms);
    idle.send(get("/"));
    CHECK(idle.receive().closes());
    server->join();
  }

  TEST_CASE("shutdown: a request that is half received is read to its end and answered") {
    ServerOptions options;
    options.timeouts.drain_idle = 50ms;
    TestServer server(
        [](Request& request) -> Async<Response> {
          const std::string_view body = co_await request.body();
          co_return text(std::string(body));
        },
        std::move(options));
    RawClient in_head = server.connect();
    in_head.send("GET / HTTP/1.1\r\nho");
    RawClient in_body = server.connect();
    in_body.send(post_head("/", 4) + "bo");
    std::this_thread::sleep_for(50ms);
    server->shut_down();
    std::this_thread::sleep_for(200ms);
    in_head.send("st: test\r\n\r\n");
    CHECK(in_head.receive().closes());
    in_body.send("dy");
    CHECK(in_body.receive().body == "body");
    server->join();
  }

  TEST_CASE("shutdown: connections in the kernel's queue are served") {
    TestServer server(&hello_or_block);
    RawClient blocker = server.connect();
    blocker.send(get("/block"));
    std::this_thread::sleep_for(50ms);  // the loop is busy while clients connect: they stay in the queue
    std::vector<RawClient> queued;
    for (int i = 0; i < 20; ++i) {
      queued.push_back(server.connect());
      queued.back().send(get("/"));
    }
    server->shut_down();
    CHECK(blocker.receive().body == "hello");
    for (RawClient& client : queued) {
      const RawResponse response = client.receive();
      CHECK(response.body == "hello");
      CHECK(response.closes());
    }
    server->join();
  }

  TEST_CASE("shutdown: no request is lost under load") {
    for (const std::size_t loops : {std::size_t{1}, std::size_t{2}}) {
      ServerOptions options;
      options.loops = loops;
      TestServer server(&hello, std::move(options));
      std::atomic<int> answered{0};
      std::atomic<int> lost{0};
      std::vector<std::thread> clients;
      for (int i = 0; i < 16; ++i) {
        clients.emplace_back([&] { lost += count_lost_requests(server.port(), answered); });
      }
      CHECK(eventually([&] { return answered >= 500; }));
      server->shut_down();
      server->join();
      for (std::thread& client : clients)
        client.join();
      CHECK(lost == 0);
    }
  }

  TEST_CASE("shutdown: at the drain deadline handlers are cancelled with reason shutdown and answered with 503") {
    Gate gate;
    ServerOptions options;
    options.timeouts.drain = 150ms;
    TestServer server(gate.handler(), std::move(options));
    RawClient client = server.connect();
    client.send(get("/"));
    CHECK(eventually([&] { return gate.started == 1; }));
    const auto began = std::chrono::steady_clock::now();
    server->shut_down();
    const RawResponse response = client.receive();
    CHECK(std::chrono::steady_clock::now() - began >= 145ms);
    CHECK(response.status == 503);
    CHECK(response.closes());
    server->join();
    CHECK(gate.reason == static_cast<int>(CancelReason::Shutdown));
  }

  TEST_CASE("shutdown: a handler cancelled at the drain deadline is cancelled once, and may clean up") {
    ServerOptions options;
    options.timeouts.drain = 50ms;
    std::atomic<int> cancellations{0};
    std::atomic<bool> started{false};
    auto handler = [&](Request&) -> Async<Response> {
      started = true;
      for (int i = 0; i < 5; ++i) {
        try {
          co_await sleep(i == 0 ? Clock::duration(1h) : Clock::duration(100ms));
        } catch (const Cancelled&) {
          ++cancellations;
        }
      }
      co_return text("cleaned up");
    };
    TestServer server(handler, std::move(options));
    RawClient client = server.connect();
    client.send(get("/"));
    CHECK(eventually([&] { return started.load(); }));
    server->shut_down();
    CHECK(client.receive().body == "cleaned up");
    server->join();
    CHECK(cancellations == 1);
  }

  TEST_CASE("shutdown: at the drain deadline clients that never end are let go") {
    ServerOptions options;
    options.timeouts.drain = 300ms;
    options.timeouts.drain_idle = 50ms;
    auto handler = [](Request& request) -> Async<Response> {
      if (request.path() == "/large") co_return text(std::string(16 * 1024 * 1024, 'x'));
      const std::string_view body = co_await request.body();
      co_return text(std::string(body));
    };
    TestServer server(handler, std::move(options));
    RawClient in_head = server.connect();
    in_head.send("GET / HT");
    RawClient in_body = server.connect();
    in_body.send(post_head("/", 100));
    RawClient not_reading = server.connect();
    not_reading.send(get("/large"));
    std::this_thread::sleep_for(50ms);
    server->shut_down();
    server->join();  // the default time-outs are 10 to 60 s
    CHECK(server->connections() == 0);
  }

  TEST_CASE("shutdown: tasks that a finished handler left behind are cancelled at the drain deadline") {
    ServerOptions options;
    options.timeouts.drain = 100ms;
    std::atomic<bool> cancelled{false};
    auto child = [&]() -> Async<void> {
      try {
        co_await sleep(1h);
      } catch (const Cancelled&) {
        cancelled = true;
        throw;
      }
    };
    auto handler = [&](Request&) -> Async<Response> {
      create_task(child());
      co_return text("ok");
    };
    TestServer server(handler, std::move(options));
    RawClient client = server.connect();
    CHECK(client.request(get("/")).body == "ok");
    server->shut_down();
    server->join();
    CHECK(cancelled);
  }

  TEST_CASE("shutdown: tasks of a handler whose answer the client doesn't take are cancelled at the drain deadline") {
    ServerOptions options;
    options.timeouts.drain = 100ms;
    std::atomic<int> reason{-1};
    auto child = [&]() -> Async<void> {
      try {
        co_await sleep(1h);
      } catch (const Cancelled& cancelled) {
        reason = static_cast<int>(cancelled.reason());
        throw;
      }
    };
    auto handler = [&](Request&) -> Async<Response> {
      create_task(child());
      co_return text(std::string(16 * 1024 * 1024, 'x'));
    };
    TestServer server(handler, std::move(options));
    RawClient client = server.connect();
    client.send(get("/"));
    CHECK(client.something_arrives(10s));
    server->shut_down();
    server->join();
    CHECK(reason == static_cast<int>(CancelReason::Shutdown));
  }

  TEST_CASE("shutdown: a connection that is busy when drain_idle passes is closed soon after it becomes idle") {
    ServerOptions options;
    options.timeouts.drain_idle = 50ms;
    options.timeouts.drain = 1h;
    options.timeouts.keep_alive = 1h;
    Semaphore gate{0};
    auto child = [&]() -> Async<void> { const Permit permit = co_await gate.acquire(); };
    auto handler = [&](Request&) -> Async<Response> {
      create_task(child());
      co_return text("ok");
    };
    TestServer server(handler, std::move(options));
    RawClient client = server.connect();
    CHECK_FALSE(client.request(get("/")).closes());
    server->shut_down();
    std::this_thread::sleep_for(150ms);
    gate.release();
    CHECK(client.closed_silently());
    CHECK_FALSE(client.was_reset());
    server->join();
  }

  TEST_CASE("shutdown: a second one, or one before the loops run, does no harm") {
    TestServer server(&hello);
    server->shut_down();
    server->shut_down();
    server->join();
    server->shut_down();
    CHECK_FALSE(connects(server.port()));
  }

  TEST_CASE("stop: cancels handlers and ends at once, whatever clients do") {
    Gate gate;
    std::optional<TestServer> server(std::in_place, [&gate](Request& request) -> Async<Response> {
      if (request.path() == "/large") return Async<Response>::ready(text(std::string(16 * 1024 * 1024, 'x')));
      return gate.handler()(request);
    });
    RawClient waiting = server->connect();
    RawClient idle = server->connect();
    CHECK(idle.request("GET / HTTP/1.1\r\n\r\n").status == 400);
    RawClient not_reading = server->connect();
    not_reading.send(get("/large"));
    RawClient in_head = server->connect();
    in_head.send("GET / HT");
    std::this_thread::sleep_for(50ms);
    const auto began = std::chrono::steady_clock::now();
    server.reset();
    CHECK(std::chrono::steady_clock::now() - began < 5s);
    CHECK(waiting.closed_silently());
  }

  TEST_CASE("stop: a handler in progress on a connection that would be kept alive ends with it") {
    std::atomic<bool> started{false};
    std::atomic<int> cancelled{0};
    auto nap = [&]() -> Async<void> {
      try {
        co_await sleep(1h);
      } catch (const Cancelled&) {
        ++cancelled;
        throw;
      }
    };
    auto handler = [&](Request& request) -> Async<Response> {
      create_task(nap());
      started = true;
      if (request.path() == "/waits") co_await nap();
      co_return text("answered");
    };
    std::optional<TestServer> server(std::in_place, handler);
    RawClient client = server->connect();
    SUBCASE("in the handler") {
      client.send(get("/waits"));
    }
    SUBCASE("in a task that the handler left behind") {
      CHECK(client.request(get("/")).status == 200);
    }
    CHECK(eventually([&] { return started.load(); }));
    std::this_thread::sleep_for(50ms);
    const auto began = std::chrono::steady_clock::now();
    server.reset();
    CHECK(std::chrono::steady_clock::now() - began < 5s);
    CHECK(cancelled >= 1);
  }
}
