// SPDX-License-Identifier: BSL-1.0
#include "coroute/testing/left_behind.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/event.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/json.hpp"
#include "coroute/testing/test_client.hpp"
#include "support/async_test.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

Async<void> send_mail(std::string& end, Clock::duration delay = 1h) {
  try {
    co_await sleep(delay);
    end = "sent";
  } catch (const Cancelled& cancelled) {
    end = to_string(cancelled.reason());
    throw;
  }
}

App spawning(std::string& end, Clock::duration delay = 1h) {
  App app;
  app.post("/items", [&end, delay] {
    App::spawn(send_mail(end, delay), "mail");
    return 1;
  });
  return app;
}

Async<void> sleep_long() {
  co_await sleep(1h);
}

/// What `close` finds; nothing: it is content.
std::optional<LeftBehind> closed(TestClient& client) {
  try {
    client.close();
  } catch (const LeftBehind& left) {
    return left;
  }
  return std::nullopt;
}

bool has(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_SUITE("testing") {
  TEST_CASE("left behind: a client without leftovers closes in silence, again and again") {
    TestClient client([](Request&) { return Async<Response>::ready(Response()); });
    client.get("/");
    client.close();
    client.close();
  }

  TEST_CASE("left behind: a closed client refuses to work") {
    TestClient client([](Request&) { return Async<Response>::ready(Response()); });
    client.set_cookie({.name = "a", .max_age = 60s});
    client.advance(59s);
    client.close();
    CHECK_THROWS_AS(client.get("/"), RuntimeError);
    CHECK_THROWS_AS(client.advance(1s), RuntimeError);
    CHECK_THROWS_AS(client.loop(), RuntimeError);
    CHECK(client.cookies().contains("a"));
  }

  TEST_CASE("left behind: a spawned task is named with its stack and the request that started it") {
    std::string end;
    TestClient client(spawning(end));
    client.post("/items");
    const std::optional<LeftBehind> left = closed(client);
    REQUIRE(left);
    REQUIRE(left->tasks().size() == 1);
    CHECK(left->tasks()[0].task.name == "mail");
    CHECK(left->tasks()[0].task.waits_for == "sleep");
    CHECK(left->tasks()[0].started_in == "POST /items");
    REQUIRE(left->tasks()[0].task.stack.size() == 1);
    CHECK(has(std::string(left->tasks()[0].task.stack[0].function), "send_mail"));
    CHECK(left->callbacks() == 0);
    const std::string text = left->what();
    CHECK(text.starts_with("left behind by the test: 1 task\n"));
    CHECK(has(text, "task 'mail', started in POST /items, waits for sleep\n    at "));
    CHECK(has(text, "left_behind_test.cpp:"));
  }

  TEST_CASE("left behind: it is cancelled") {
    std::string end;
    TestClient client(spawning(end));
    client.post("/items");
    CHECK(end.empty());
    CHECK(closed(client));
    CHECK(end == to_string(CancelReason::Shutdown));
    CHECK_FALSE(closed(client));
  }

  TEST_CASE("left behind: a spawned task that the test gave time is not") {
    std::string end;
    TestClient client(spawning(end, 10s));
    client.post("/items");
    client.advance(10s);
    CHECK(end == "sent");
    CHECK_FALSE(closed(client));
  }

  TEST_CASE("left behind: what needs no time but a turn gets it") {
    std::string end;
    TestClient client(spawning(end, 0s));
    client.post("/items");
    CHECK_FALSE(closed(client));
    CHECK(end == "sent");
  }

  TEST_CASE("left behind: one that never rests is found all the same") {
    TestClient client([](Request&) {
      App::spawn([]() -> Async<void> {
        while (true)
          co_await sleep(0s);
      }());
      return Async<Response>::ready(Response());
    });
    client.get("/");
    const std::optional<LeftBehind> left = closed(client);
    REQUIRE(left);
    CHECK(left->tasks().size() == 1);
  }

  TEST_CASE("left behind: tasks of spawned tasks are told with the request too") {
    TestClient client([](Request&) {
      App::spawn(
          []() -> Async<void> {
            const Task<void> inner = create_task(sleep_long(), "inner");
            co_await inner;
          }(),
          "outer");
      return Async<Response>::ready(Response());
    });
    client.get("/deep?secret");
    const std::optional<LeftBehind> left = closed(client);
    REQUIRE(left);
    REQUIRE(left->tasks().size() == 2);
    CHECK(left->tasks()[0].task.name == "outer");
    CHECK(left->tasks()[1].task.name == "inner");
    CHECK(left->tasks()[1].started_in == "GET /deep");
    CHECK(std::string(left->what()).starts_with("left behind by the test: 2 tasks\n"));
    CHECK_FALSE(has(left->what(), "secret"));
  }

  TEST_CASE("left behind: tasks that the test itself left on the client's loop count") {
    TestClient client([](Request&) { return Async<Response>::ready(Response()); });
    const auto leaving = []() -> Async<void> {
      create_task(sleep_long(), "mine");
      co_return;
    };
    client.run(leaving());
    const std::optional<LeftBehind> left = closed(client);
    REQUIRE(left);
    REQUIRE(left->tasks().size() == 1);
    CHECK(left->tasks()[0].started_in.empty());
    CHECK(has(left->what(), "task 'mine', waits for sleep"));
  }

  TEST_CASE("left behind: callbacks that still wait for their time count") {
    int calls = 0;
    TestClient client([&](Request&) {
      EventLoop::current().call_later(1s, [&] { ++calls; });
      return Async<Response>::ready(Response());
    });
    client.get("/");
    client.get("/");
    const std::optional<LeftBehind> left = closed(client);
    REQUIRE(left);
    CHECK(left->tasks().empty());
    CHECK(left->callbacks() == 2);
    CHECK(left->what() == std::string("left behind by the test: 2 callbacks of call_later or call_at"));
    CHECK(calls == 0);
  }

  TEST_CASE("left behind: tasks and callbacks are told together") {
    const LeftBehind left({LeftTask{}}, 1);
    CHECK(std::string(left.what()).starts_with("left behind by the test: 1 task and 1 callback of call_later"));
  }

  TEST_CASE("left behind: a task that can't be cancelled does not hang the test") {
    static Event& never = *new Event;
    static auto& kept = *new std::vector<AnyTask>;  // so that what nobody can end is no leak
    TestClient client([](Request&) {
      kept.push_back(App::spawn(
          []() -> Async<void> {
            while (true) {
              try {
                co_await never.wait();
              } catch (const Cancelled&) {
                continue;
              }
            }
          }(),
          "stubborn"));
      return Async<Response>::ready(Response());
    });
    client.get("/");
    const std::optional<LeftBehind> left = closed(client);
    REQUIRE(left);
    REQUIRE(left->tasks().size() == 1);
    CHECK(left->tasks()[0].task.name == "stubborn");
    CHECK(left->tasks()[0].task.waits_for == "Event.wait");
  }

  TEST_CASE("left behind: the destructor tells the callback") {
    std::string end;
    std::vector<std::string> told;
    {
      TestClientOptions options;
      options.on_left_behind = [&](const LeftBehind& left) { told.push_back(left.tasks().at(0).task.name); };
      TestClient client(spawning(end), std::move(options));
      client.post("/items");
    }
    CHECK(told == std::vector<std::string>{"mail"});
    CHECK(end == to_string(CancelReason::Shutdown));
  }

  TEST_CASE("left behind: without a callback the destructor throws, so that the test fails") {
    std::string end;
    const auto test = [&] {
      TestClient client(spawning(end));
      client.post("/items");
    };
    CHECK_THROWS_AS(test(), LeftBehind);
    CHECK(end == to_string(CancelReason::Shutdown));
  }

  TEST_CASE("left behind: what the callback throws leaves the destructor") {
    std::string end;
    const auto test = [&] {
      TestClientOptions options;
      options.on_left_behind = [](const LeftBehind&) { throw 42; };
      TestClient client(spawning(end), std::move(options));
      client.post("/items");
    };
    CHECK_THROWS_AS(test(), int);
  }

  TEST_CASE("left behind: another exception on its way goes first") {
    std::vector<std::string> reports;
    set_exception_handler([&](const ExceptionContext& context) {
      reports.push_back(context.message + ": " + describe_exception(context.error));
    });
    std::string end;
    const auto test = [&] {
      TestClient client(spawning(end));
      client.post("/items");
      throw std::out_of_range("the test's own");
    };
    CHECK_THROWS_AS(test(), std::out_of_range);
    set_exception_handler({});
    REQUIRE(reports.size() == 1);
    CHECK(has(reports[0], "a TestClient was destroyed: "));
    CHECK(has(reports[0], "task 'mail'"));
  }

  TEST_CASE("left behind: a client is not closed while it runs") {
    TestClient client([&](Request&) -> Async<Response> {
      CHECK_THROWS_AS(client.close(), RuntimeError);
      co_return text("ok");
    });
    CHECK(client.get("/").text() == "ok");
  }

  // --- on a loop that is not the client's own ---

  ASYNC_TEST_CASE("left behind: on another's loop only what handlers started counts") {
    std::string end;
    const Task<void> mine = create_task(sleep_long(), "mine");
    std::optional<LeftBehind> left;
    {
      TestClient client(spawning(end));
      co_await client.async_post("/items");
      EventLoop::current().call_later(1s, [] {});
      left = closed(client);
    }
    REQUIRE(left);
    REQUIRE(left->tasks().size() == 1);
    CHECK(left->tasks()[0].started_in == "POST /items");
    CHECK(left->callbacks() == 0);
    co_await sleep(0s);
    CHECK(end == to_string(CancelReason::Shutdown));
    CHECK_FALSE(mine.done());
    mine.cancel();
  }

  ASYNC_TEST_CASE("left behind: two clients on one loop don't mistake each other's tasks") {
    std::string end;
    std::string other_end;
    TestClient client(spawning(end));
    TestClient other(spawning(other_end, 1s));
    co_await client.async_post("/items");
    co_await other.async_post("/items");
    const std::optional<LeftBehind> left = closed(client);
    REQUIRE(left);
    CHECK(left->tasks().size() == 1);
    co_await sleep(1s);
    CHECK(other_end == "sent");
    CHECK_FALSE(closed(other));
  }

  ASYNC_TEST_CASE("left behind: a request still in progress counts") {
    TestClient client([](Request&) -> Async<Response> {
      co_await sleep(1h);
      co_return Response();
    });
    const Task<TestResponse> task = create_task(client.async_get("/slow").send());
    co_await sleep(1s);
    const std::optional<LeftBehind> left = closed(client);
    REQUIRE(left);
    REQUIRE(left->tasks().size() == 1);
    CHECK(left->tasks()[0].task.name == "GET /slow");
    const TestResponse response = co_await task;
    CHECK(response.status_code() == 503);
  }

  ASYNC_TEST_CASE("left behind: what the handler captured lives until its tasks have ended") {
    auto captured = std::make_shared<std::string>("alive");
    const std::weak_ptr<std::string> watch = captured;
    std::string end;
    {
      TestClientOptions options;
      options.on_left_behind = [](const LeftBehind&) {};
      TestClient client(
          [captured = std::move(captured), &end](Request&) {
            App::spawn([](const std::string& used, std::string& to) -> Async<void> {
              try {
                co_await sleep(1h);
              } catch (const Cancelled&) {
                to = used;
                throw;
              }
            }(*captured, end));
            return Async<Response>::ready(Response());
          },
          std::move(options));
      co_await client.async_get("/");
    }
    CHECK_FALSE(watch.expired());
    co_await sleep(1s);
    CHECK(end == "alive");
    CHECK(watch.expired());
  }
}
