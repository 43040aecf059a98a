// SPDX-License-Identifier: BSL-1.0
#include "coroute/middleware/timeout.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/deadline.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/testing/test_client.hpp"
#include "support/around.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::around;

namespace {

Handler sleeping(Clock::duration time) {
  return around(TimeoutMiddleware(2s), [time]() -> Async<std::string> {
    co_await sleep(time);
    co_return "slept";
  });
}

}  // namespace

TEST_SUITE("middleware") {
  TEST_CASE("timeout: a handler has less than the limit") {
    TestClient quick(sleeping(1999ms));
    CHECK(quick.get("/").text() == R"("slept")");
    for (const Clock::duration time : {2000ms, 2001ms}) {
      TestClient slow(sleeping(time));
      const TestResponse response = slow.get("/");
      CHECK(response.status_code() == 504);
      CHECK(response.text() == R"({"detail":"Gateway Timeout"})");
      CHECK(response.elapsed() == 2s);
    }
  }

  TEST_CASE("timeout: the handler is cancelled, and what it has started is") {
    const auto ended = std::make_shared<std::string>();
    const auto until_cancelled = [ended](const char* name) -> Async<> {
      const auto log = ended;
      try {
        co_await sleep(1h);
      } catch (const Cancelled&) {
        log->append(name);
        throw;
      }
    };
    TestClient client(around(TimeoutMiddleware(2s), [until_cancelled]() -> Async<> {
      const auto wait = until_cancelled;
      const Task<> task = create_task(wait("task "));
      co_await wait("handler ");
    }));
    CHECK(client.get("/").status_code() == 504);
    CHECK(ended->find("task ") != std::string::npos);
    CHECK(ended->find("handler ") != std::string::npos);
  }

  TEST_CASE("timeout: the handler knows its deadline") {
    TestClient client(around(TimeoutMiddleware(2s), []() -> Async<bool> {
      co_await sleep(500ms);
      co_return time_left() == 1500ms;
    }));
    CHECK(client.get("/").text() == "true");
  }

  TEST_CASE("timeout: a time-out of the handler's own is its own") {
    TestClient client(around(TimeoutMiddleware(2s), []() -> Async<> { co_await timeout(1s, sleep(1h)); }));
    CHECK_THROWS_AS(client.get("/"), TimeoutError);
  }

  TEST_CASE("timeout: cleanup may take longer, the answer waits for it") {
    TestClient client(around(TimeoutMiddleware(2s), []() -> Async<> {
      bool cancelled = false;
      try {
        co_await sleep(1h);
      } catch (const Cancelled&) {
        cancelled = true;
      }
      CHECK(cancelled);
      co_await sleep(3s);
      throw Cancelled(CancelReason::Deadline);
    }));
    const TestResponse response = client.get("/");
    CHECK(response.status_code() == 504);
    CHECK(response.elapsed() == 5s);
  }

  TEST_CASE("timeout: a handler that does not wait is not limited") {
    TestClient client(around(TimeoutMiddleware(1ns), [] { return 1; }));
    CHECK(client.get("/").text() == "1");
  }

  TEST_CASE("timeout: a WebSocket has a limit until it is accepted, and afterwards neither limit nor deadline") {
    const auto accept_after = [](Clock::duration time, Clock::duration deadline) {
      return [time, deadline](WebSocket& ws) -> Async<void> {
        co_await sleep(time);
        CHECK(time_left() == deadline);
        co_await ws.accept();
        CHECK_FALSE(time_left().has_value());
        co_await sleep(1h);
        co_await ws.send_text("still here");
        co_await timeout(1s, sleep(1h));
      };
    };
    App app;
    app.use(TimeoutMiddleware(5s));
    app.websocket("/one", accept_after(4s, 1s));
    app.websocket("/two", accept_after(1s, 1s), {.middleware = {TimeoutMiddleware(2s)}});
    app.websocket("/late", accept_after(6s, 0s));
    TestClient client(std::move(app));
    for (const char* const path : {"/one", "/two"}) {
      CAPTURE(path);
      TestWebSocket ws = client.websocket_connect(path);
      CHECK(ws.receive_text() == "still here");
      CHECK_THROWS_AS(ws.receive(), TimeoutError);  // the handler's own
    }
    CHECK_THROWS_AS(client.websocket_connect("/late"), WebSocketHandshakeError);
  }

  TEST_CASE("timeout: no time at all is refused at once") {
    CHECK_THROWS_AS(TimeoutMiddleware(0s), std::invalid_argument);
    CHECK_THROWS_AS(TimeoutMiddleware(-1s), std::invalid_argument);
  }
}
