// SPDX-License-Identifier: BSL-1.0
// What a request leaves to be done when its answer has been sent.
#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/semaphore.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "support/exception_reports.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

/// What happened, told to the test's thread.
class Log {
 public:
  void note(const std::string& what) {
    const std::lock_guard lock(mutex_);
    all_ += what + ";";
  }
  std::string all() const {
    const std::lock_guard lock(mutex_);
    return all_;
  }

 private:
  mutable std::mutex mutex_;
  std::string all_;
};

/// Waits for `gate`, and says how that ended.
Async<> wait_noting(Log& log, Semaphore& gate, std::string name) {
  try {
    const Permit permit = co_await gate.acquire();
  } catch (const Cancelled& cancelled) {
    log.note(name + ": " + to_string(cancelled.reason()));
    throw;
  }
  log.note(name + " ends");
}

struct Teardown {
  Log log;
  Semaphore gate{0};
};
Teardown* teardown = nullptr;

AsyncGenerator<int> open_slowly() {
  co_yield 1;
  co_await wait_noting(teardown->log, teardown->gate, "teardown");
}

}  // namespace

TEST_SUITE("server") {
  TEST_CASE("after the response: work goes on when the client has left, its tasks are cancelled") {
    Log log;
    Semaphore gate{0};
    Semaphore never{0};
    TestServer server([&](Request& request) -> Async<Response> {
      create_task(wait_noting(log, never, "task"));
      request.add_after_response(wait_noting(log, gate, "work"));
      request.add_after_response(wait_noting(log, gate, "more work"));
      co_return text("answer");
    });
    RawClient client = server.connect();
    CHECK(client.request(get("/")).body == "answer");
    client.close();
    CHECK(eventually([&] { return log.all() == "task: disconnect;"; }));
    gate.release();
    gate.release();
    CHECK(eventually([&] { return server->connections() == 0; }));
    CHECK(log.all() == "task: disconnect;work ends;more work ends;");
  }

  TEST_CASE("after the response: the teardown of a dependency goes on when the client has left") {
    Teardown state;
    teardown = &state;
    Semaphore never{0};
    App app;
    app.get("/", [&](Depends<open_slowly>) {
      create_task(wait_noting(state.log, never, "task"));
      return "answer";
    });
    Server server(std::move(app).service(), {.host = "127.0.0.1", .port = 0, .loops = 1});
    server.start();
    RawClient client(server.port());
    CHECK(client.request(get("/")).status == 200);
    client.close();
    CHECK(eventually([&] { return state.log.all() == "task: disconnect;"; }));
    state.gate.release();
    CHECK(eventually([&] { return server.connections() == 0; }));
    CHECK(state.log.all() == "task: disconnect;teardown ends;");
    server.stop();
    server.join();
  }

  TEST_CASE("after the response: a request pipelined behind work is answered to a client that sends no more") {
    Semaphore gate{0};
    Log log;
    TestServer server([&](Request& request) -> Async<Response> {
      if (request.path() == "/first") request.add_after_response(wait_noting(log, gate, "work"));
      co_return text(std::string(request.path()));
    });
    RawClient client = server.connect();
    client.send(get("/first") + get("/second"));
    client.half_close();
    CHECK(client.receive().body == "/first");
    CHECK_FALSE(client.something_arrives(250ms));
    gate.release();
    CHECK(client.receive().body == "/second");
  }

  TEST_CASE("after the response: at the drain deadline each work is cancelled, and so are the tasks") {
    const ExceptionReports reports;
    Log log;
    Semaphore never{0};
    ServerOptions options;
    options.timeouts.drain = 100ms;
    TestServer server(
        [&](Request& request) -> Async<Response> {
          create_task(wait_noting(log, never, "task"));
          request.add_after_response(wait_noting(log, never, "work"));
          request.add_after_response(wait_noting(log, never, "more work"));
          co_return text("answer");
        },
        std::move(options));
    RawClient client = server.connect();
    client.send(get("/") + get("/"));
    CHECK(client.receive().body == "answer");
    server->shut_down();
    server->join();
    CHECK(log.all().ends_with("more work: shutdown;"));
    CHECK(log.all().find("task: shutdown;") != std::string::npos);
    CHECK(reports.messages().size() == 2);
    CHECK(client.closed_silently());
  }

  TEST_CASE("after the response: a handler cancelled at the drain deadline may leave work, which is cancelled, too") {
    const ExceptionReports reports;
    Log log;
    Semaphore never{0};
    ServerOptions options;
    options.timeouts.drain = 50ms;
    std::atomic<bool> started{false};
    TestServer server(
        [&](Request& request) -> Async<Response> {
          request.add_after_response(wait_noting(log, never, "work"));
          started = true;
          co_await wait_noting(log, never, "handler");
          co_return text("answer");
        },
        std::move(options));
    RawClient client = server.connect();
    client.send(get("/"));
    CHECK(eventually([&] { return started.load(); }));
    server->shut_down();
    CHECK(client.receive().status == 503);
    server->join();
    CHECK(log.all() == "handler: shutdown;work: shutdown;");
  }

  TEST_CASE("after the response: at the drain deadline a task that waits for the body is cancelled, beside the work") {
    const ExceptionReports reports;
    Log log;
    Semaphore never{0};
    ServerOptions options;
    options.timeouts.drain = 100ms;
    auto read_body = [&](Request& request) -> Async<> {
      try {
        while (const std::optional<std::string_view> piece = co_await request.next_chunk())
          log.note("piece");
      } catch (const Cancelled& cancelled) {
        log.note(std::string("body: ") + to_string(cancelled.reason()));
        throw;
      }
    };
    TestServer server(
        [&](Request& request) -> Async<Response> {
          create_task(read_body(request));
          request.add_after_response(wait_noting(log, never, "work"));
          co_return text("answer");
        },
        std::move(options));
    RawClient client = server.connect();
    client.send(post_head("/", 10));
    CHECK(client.receive().body == "answer");
    server->shut_down();
    server->join();
    CHECK(log.all().find("body: shutdown;") != std::string::npos);
    CHECK(log.all().find("work: shutdown;") != std::string::npos);
  }

  TEST_CASE("stop: what a request left ends before the request does") {
    const ExceptionReports reports;
    Log log;
    Semaphore never{0};
    auto child = [&](Request& request) -> Async<> {
      log.note("task begins");
      try {
        co_await wait_noting(log, never, "task");
      } catch (const Cancelled&) {
      }
      co_await sleep(50ms);
      log.note(std::string(request.target()));
    };
    std::optional<TestServer> server(std::in_place, [&](Request& request) -> Async<Response> {
      create_task(child(request));
      request.add_after_response(wait_noting(log, never, "work"));
      request.add_after_response(wait_noting(log, never, "more work"));
      co_return text("answer");
    });
    RawClient client = server->connect();
    CHECK(client.request(get("/seen")).body == "answer");
    CHECK(eventually([&] { return log.all() == "task begins;"; }));
    server.reset();
    CHECK(log.all().find("more work: shutdown;") != std::string::npos);
    CHECK(log.all().ends_with("/seen;"));
  }
}
