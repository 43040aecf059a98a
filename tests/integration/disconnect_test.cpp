// SPDX-License-Identifier: BSL-1.0
// Clients that leave, and what becomes of their handlers and of the tasks that these created.
#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>

#include "coroute/asyncio/semaphore.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

/// What became of the handlers, told to the test's thread.
struct Fate {
  std::atomic<int> started{0};
  std::atomic<int> finished{0};
  std::atomic<int> disconnected{0};
  std::atomic<int> cancelled_otherwise{0};

  void note(const Cancelled& cancelled) {
    ++(cancelled.reason() == CancelReason::Disconnect ? disconnected : cancelled_otherwise);
  }
};

Async<void> sleep_noting(Fate& fate, Clock::duration time) {
  ++fate.started;
  try {
    co_await sleep(time);
  } catch (const Cancelled& cancelled) {
    fate.note(cancelled);
    throw;
  }
  ++fate.finished;
}

}  // namespace

TEST_SUITE("server") {
  TEST_CASE("disconnect: the handler of a client that closes or resets is cancelled with reason disconnect") {
    Fate fate;
    std::atomic<int> records{0};
    ServerOptions options;
    options.on_access = [&](const AccessRecord& record) {
      if (record.client_left && record.status.code() == 499) ++records;
    };
    auto handler = [&](Request&) -> Async<Response> {
      co_await sleep_noting(fate, 1h);
      co_return text("late");
    };
    TestServer server(handler, std::move(options));
    RawClient client = server.connect();
    client.send(get("/"));
    CHECK(eventually([&] { return fate.started == 1; }));
    SUBCASE("closes") {
      client.close();
    }
    SUBCASE("resets") {
      client.reset();
    }
    SUBCASE("closes after a while") {
      std::this_thread::sleep_for(100ms);
      client.close();
    }
    CHECK(eventually([&] { return server->connections() == 0; }));
    CHECK(fate.disconnected == 1);
    CHECK(fate.cancelled_otherwise == 0);
    CHECK(records == 1);
  }

  TEST_CASE("disconnect: a handler whose body breaks off is cancelled with reason disconnect") {
    Fate fate;
    auto handler = [&](Request& request) -> Async<Response> {
      ++fate.started;
      try {
        const std::string_view body = co_await request.body();
        co_return text(std::string(body));
      } catch (const Cancelled& cancelled) {
        fate.note(cancelled);
        throw;
      }
    };
    TestServer server(handler);
    RawClient client = server.connect();
    client.send(post_head("/", 100) + "part");
    CHECK(eventually([&] { return fate.started == 1; }));
    SUBCASE("closes") {
      client.close();
    }
    SUBCASE("resets") {
      client.reset();
    }
    SUBCASE("closes its sending side") {
      client.half_close();
    }
    CHECK(eventually([&] { return server->connections() == 0; }));
    CHECK(fate.disconnected == 1);
  }

  TEST_CASE("disconnect: a request can ask not to be cancelled") {
    Fate fate;
    auto handler = [&](Request& request) -> Async<Response> {
      request.set_cancel_on_disconnect(false);
      co_await sleep_noting(fate, 150ms);
      co_return text("done");
    };
    TestServer server(handler);
    RawClient client = server.connect();
    client.send(get("/"));
    CHECK(eventually([&] { return fate.started == 1; }));
    client.close();
    CHECK(eventually([&] { return server->connections() == 0; }));
    CHECK(fate.finished == 1);
    CHECK(fate.disconnected == 0);
  }

  TEST_CASE("disconnect: a handler that runs shorter than disconnect_watch is not cancelled") {
    Fate fate;
    ServerOptions options;
    options.timeouts.disconnect_watch = 5s;
    auto handler = [&](Request&) -> Async<Response> {
      co_await sleep_noting(fate, 300ms);
      co_return text("done");
    };
    TestServer server(handler, std::move(options));
    RawClient client = server.connect();
    client.send(get("/"));
    CHECK(eventually([&] { return fate.started == 1; }));
    client.close();
    CHECK(eventually([&] { return fate.finished == 1; }));
    CHECK(fate.disconnected == 0);
  }

  TEST_CASE("disconnect: a client that only closes its sending side still gets quick answers") {
    auto handler = [](Request& request) -> Async<Response> {
      if (request.path() == "/waits") co_await sleep(5ms);
      co_return text(std::string(request.path()));
    };
    ServerOptions options;
    options.timeouts.disconnect_watch = 5s;
    TestServer server(handler, std::move(options));
    RawClient client = server.connect();
    client.send(get("/quick") + get("/waits") + get("/last"));
    client.half_close();
    for (const char* body : {"/quick", "/waits", "/last"})
      CHECK(client.receive().body == body);
    CHECK(client.closed_silently());
    CHECK_FALSE(client.was_reset());
  }

  TEST_CASE("disconnect: a large answer reaches a client that only closed its sending side") {
    auto handler = [](Request&) -> Async<Response> { co_return text(std::string(4 * 1024 * 1024, 'x')); };
    TestServer server(handler);
    RawClient client = server.connect();
    client.send(get("/"));
    client.half_close();
    CHECK(client.receive().body.size() == 4 * 1024 * 1024);
  }

  TEST_CASE("disconnect: a client that leaves between requests is forgotten") {
    auto handler = [](Request&) -> Async<Response> { co_return text("hello"); };
    TestServer server(handler);
    RawClient client = server.connect();
    CHECK(client.request(get("/")).status == 200);
    CHECK(server->connections() == 1);
    SUBCASE("idle") {}
    SUBCASE("within a head") {
      client.send("GET / HT");
    }
    client.close();
    CHECK(eventually([&] { return server->connections() == 0; }));
  }

  TEST_CASE("disconnect: a client that leaves within its answer ends the connection") {
    auto handler = [](Request&) -> Async<Response> { co_return text(std::string(16 * 1024 * 1024, 'x')); };
    TestServer server(handler);
    RawClient client = server.connect();
    client.send(get("/") + get("/"));
    CHECK(client.something_arrives(10s));
    SUBCASE("closes") {
      client.close();
    }
    SUBCASE("resets") {
      client.reset();
    }
    CHECK(eventually([&] { return server->connections() == 0; }));
  }

  TEST_CASE("tasks of a request: end before the next request begins, and don't hold its answer back") {
    Semaphore gate{0};
    std::atomic<int> ended{0};
    std::atomic<int> ended_before_second{-1};
    auto child = [&]() -> Async<void> {
      const Permit permit = co_await gate.acquire();
      ++ended;
    };
    auto handler = [&](Request& request) -> Async<Response> {
      if (request.path() == "/first") {
        create_task(child());
        create_task(child());
      } else {
        ended_before_second = ended.load();
      }
      co_return text(std::string(request.path()));
    };
    TestServer server(handler);
    RawClient client = server.connect();
    client.send(get("/first") + get("/second"));
    CHECK(client.receive().body == "/first");
    CHECK_FALSE(client.something_arrives(50ms));
    gate.release();
    CHECK(client.receive().body == "/second");
    CHECK(ended_before_second == 2);
  }

  TEST_CASE("tasks of a request: grandchildren belong to it too") {
    std::atomic<bool> ended{false};
    auto grandchild = [&]() -> Async<void> {
      co_await sleep(50ms);
      ended = true;
    };
    auto child = [&]() -> Async<void> {
      create_task(grandchild());
      co_return;
    };
    std::atomic<bool> ended_before_second{false};
    auto handler = [&](Request& request) -> Async<Response> {
      if (request.path() == "/first") {
        create_task(child());
      } else {
        ended_before_second = ended.load();
      }
      co_return text("ok");
    };
    TestServer server(handler);
    RawClient client = server.connect();
    client.send(get("/first") + get("/second"));
    client.receive();
    client.receive();
    CHECK(ended_before_second);
  }

  TEST_CASE("tasks of a request: are cancelled when the client leaves") {
    Fate fate;
    std::atomic<bool> answered{false};
    auto handler = [&](Request& request) -> Async<Response> {
      create_task(sleep_noting(fate, 1h));
      create_task(sleep_noting(fate, 1h));
      if (request.path() == "/waits") co_await sleep(1h);
      answered = true;
      co_return text("ok");
    };
    TestServer server(handler);
    RawClient client = server.connect();
    SUBCASE("while the handler runs") {
      client.send(get("/waits"));
      CHECK(eventually([&] { return fate.started == 2; }));
      client.close();
    }
    SUBCASE("after the answer") {
      CHECK(client.request(get("/")).body == "ok");
      CHECK(eventually([&] { return fate.started == 2; }));
      client.close();
    }
    CHECK(eventually([&] { return server->connections() == 0; }));
    CHECK(fate.finished == 0);
    CHECK(fate.disconnected + fate.cancelled_otherwise == 2);
  }

  TEST_CASE("tasks of a request: are cancelled when the answer can't be sent") {
    Fate fate;
    ServerOptions options;
    options.timeouts.write = 100ms;
    auto handler = [&](Request& request) -> Async<Response> {
      create_task(sleep_noting(fate, 1h));
      co_await sleep(1ms);  // it begins
      if (request.path() == "/late") std::this_thread::sleep_for(200ms);
      co_return text(std::string(16 * 1024 * 1024, 'x'));
    };
    TestServer server(handler, std::move(options));
    RawClient client = server.connect();
    SUBCASE("the client takes nothing of it") {
      client.send(get("/"));
    }
    SUBCASE("the client has reset the connection") {
      client.send(get("/late"));
      std::this_thread::sleep_for(50ms);
      client.reset();
    }
    CHECK(eventually([&] { return fate.disconnected == 1; }));
    CHECK(eventually([&] { return server->connections() == 0; }));
  }

  TEST_CASE("tasks of a request: are cancelled when the handler throws, before the next request") {
    Fate fate;
    std::atomic<int> cancelled_before_second{-1};
    auto handler = [&](Request& request) -> Async<Response> {
      if (request.path() == "/second") {
        cancelled_before_second = fate.cancelled_otherwise.load();
        co_return text("second");
      }
      create_task(sleep_noting(fate, 1h));
      co_await sleep(1ms);
      throw HttpException(Status::Conflict, "no");
    };
    TestServer server(handler);
    RawClient client = server.connect();
    client.send(get("/first") + get("/second"));
    CHECK(client.receive().status == 409);
    CHECK(client.receive().body == "second");
    CHECK(fate.started == 1);
    CHECK(cancelled_before_second == 1);
  }

  TEST_CASE("tasks of a request: may use the request until they have ended") {
    std::string seen;
    auto child = [&](Request& request) -> Async<void> {
      co_await sleep(50ms);
      seen = std::string(request.target());
    };
    auto handler = [&](Request& request) -> Async<Response> {
      create_task(child(request));
      co_return text("ok");
    };
    {
      TestServer server(handler);
      RawClient client = server.connect();
      CHECK(client.request(get("/seen?by=child", "connection: close\r\n")).body == "ok");
      CHECK(client.closed_silently());
    }
    CHECK(seen == "/seen?by=child");
  }
}
