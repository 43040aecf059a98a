// SPDX-License-Identifier: BSL-1.0
#include "coroute/app/stream_answer.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/json.hpp"
#include "coroute/testing/test_client.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

struct Reading {
  std::string sensor;
  int value;
  std::optional<std::string> note;
};

struct Wanted {
  std::string sensor;
  int count;
};

AsyncGenerator<Reading> readings() {
  for (int i = 0; i < 2; ++i) {
    const Reading reading{"é", i, std::nullopt};
    co_yield reading;
  }
}

/// Its argument must live until the last item.
AsyncGenerator<Reading> wanted_readings(const Wanted& wanted) {
  for (int i = 0; i < wanted.count; ++i) {
    co_await sleep(1s);
    const Reading reading{wanted.sensor, i, std::nullopt};
    co_yield reading;
  }
}

AsyncGenerator<ServerSentEvent> events() {
  const Json item{{"a", 1}};
  co_yield item;
  co_yield ServerSentEvent().raw_data("raw").event("upd");
}

AsyncGenerator<std::string> words() {
  co_yield std::string("one ");
  co_yield std::string("two");
}

std::vector<std::string> notes;

AsyncGenerator<std::string> open_session() {
  notes.emplace_back("opened");
  co_yield std::string("session");
  notes.emplace_back("closed");
}

Json operation_of(App& app, std::string_view path) {
  return parse_json(app.openapi())["paths"][std::string(path)]["get"]["responses"]["200"]["content"];
}

}  // namespace

TEST_SUITE_BEGIN("app");

TEST_CASE("stream answer: a generator of models answers JSON Lines, an item at a time") {
  App app;
  app.get("/readings", readings);
  TestClient client(std::move(app));
  const TestResponse response = client.get("/readings");
  CHECK(response.header("content-type") == "application/jsonl");
  CHECK(response.pieces() == std::vector<std::string>{"{\"sensor\":\"é\",\"value\":0,\"note\":null}\n",
                                                      "{\"sensor\":\"é\",\"value\":1,\"note\":null}\n"});
}

TEST_CASE("stream answer: response model, output options and status hold for each item") {
  App app;
  app.get("/short", readings, {.status = 202, .output = {.exclude_none = true, .exclude = {"value"}}});
  TestClient client(std::move(app));
  const TestResponse response = client.get("/short");
  CHECK(response.status_code() == 202);
  CHECK(response.text() == "{\"sensor\":\"é\"}\n{\"sensor\":\"é\"}\n");
}

TEST_CASE("stream answer: events, and items as events, answer text/event-stream without caching") {
  App app;
  app.get("/events", events);
  app.get("/readings", readings, {.output = {.exclude_none = true}, .answer_as = AnswerAs::EventStream});
  app.get("/words", words, {.answer_as = AnswerAs::EventStream});
  TestClient client(std::move(app));
  const TestResponse response = client.get("/events");
  CHECK(response.header("content-type") == "text/event-stream; charset=utf-8");
  CHECK(response.header("cache-control") == "no-cache");
  CHECK(response.header("x-accel-buffering") == "no");
  CHECK(response.text() == "data: {\"a\":1}\n\nevent: upd\ndata: raw\n\n");
  CHECK(client.get("/readings").text() ==
        "data: {\"sensor\":\"é\",\"value\":0}\n\ndata: {\"sensor\":\"é\",\"value\":1}\n\n");
  CHECK(client.get("/words").text() == "data: \"one \"\n\ndata: \"two\"\n\n");
}

TEST_CASE("stream answer: a generator of text answers its pieces as they are") {
  App app;
  app.get("/words", words);
  app.get("/page", words, {.answer_as = AnswerAs::Html});
  TestClient client(std::move(app));
  CHECK(client.get("/words").header("content-type") == "text/plain; charset=utf-8");
  CHECK(client.get("/words").pieces() == std::vector<std::string>{"one ", "two"});
  CHECK(client.get("/page").header("content-type") == "text/html; charset=utf-8");
}

TEST_CASE("stream answer: arguments and dependencies live until the last item") {
  notes.clear();
  App app;
  app.post("/readings", wanted_readings);
  app.get("/session", [](const Depends<open_session>& session) -> AsyncGenerator<std::string> {
    co_await sleep(1s);
    notes.push_back(*session);
    co_yield std::string(*session);
  });
  TestClient client(std::move(app));
  CHECK(client.post("/readings", {.json = Json{{"sensor", std::string(100, 's')}, {"count", 2}}}).text() ==
        "{\"sensor\":\"" + std::string(100, 's') + "\",\"value\":0,\"note\":null}\n{\"sensor\":\"" +
            std::string(100, 's') + "\",\"value\":1,\"note\":null}\n");
  CHECK(client.get("/session").text() == "session");
  CHECK(notes == std::vector<std::string>{"opened", "session", "closed"});
}

TEST_CASE("stream answer: a coroutine may look first, and refuse with an answer of its own") {
  App app;
  app.get("/{sensor}", [](Path<std::string, "sensor"> sensor) -> Async<AsyncGenerator<Reading>> {
    co_await sleep(1s);
    if (*sensor != "s1") throw HttpException(Status::NotFound, "no such sensor");
    co_return readings();
  });
  TestClient client(std::move(app));
  CHECK(client.get("/s2").text() == R"({"detail":"no such sensor"})");
  CHECK(client.get("/s1").pieces().size() == 2);
}

TEST_CASE("stream answer: what the request has wrong is answered before the generator is called") {
  App app;
  app.get("/count", [](Query<int, "to"> to) -> AsyncGenerator<int> {
    for (int i = 0; i < *to; ++i)
      co_yield i;
  });
  TestClient client(std::move(app));
  CHECK(client.get("/count?to=x").status_code() == 422);
  CHECK(client.get("/count?to=3").text() == "0\n1\n2\n");
}

TEST_CASE("stream answer: the heartbeat of a route is its own, 0 for none") {
  const auto slow = []() -> AsyncGenerator<ServerSentEvent> {
    co_await sleep(20s);
    co_yield 1;
  };
  App app;
  app.get("/usual", slow);
  app.get("/often", slow, {.heartbeat = 9s});
  app.get("/never", slow, {.heartbeat = 0s});
  TestClient client(std::move(app));
  CHECK(client.get("/usual").text() == ": ping\n\ndata: 1\n\n");
  CHECK(client.get("/often").text() == ": ping\n\n: ping\n\ndata: 1\n\n");
  CHECK(client.get("/never").text() == "data: 1\n\n");
}

TEST_CASE("stream answer: events end when the server shuts down, each route with its own grace") {
  const auto quiet = []() -> AsyncGenerator<ServerSentEvent> {
    co_yield 1;
    co_await sleep(5s);
    co_yield 2;
  };
  App app;
  app.get("/usual", quiet);
  app.get("/patient", quiet, {.shutdown_grace = 6s});
  TestClient client(std::move(app));
  client.shut_down();
  CHECK(client.get("/usual").text() == "data: 1\n\n");
  CHECK(client.get("/patient").text() == "data: 1\n\ndata: 2\n\n");
}

TEST_CASE("stream answer: the last event id of a client that comes back is a header parameter") {
  App app;
  app.get("/events", [](Header<std::optional<int>, "last-event-id"> last) -> AsyncGenerator<ServerSentEvent> {
    const int next = last->value_or(0) + 1;
    co_yield ServerSentEvent(next).id(std::to_string(next));
  });
  TestClient client(std::move(app));
  CHECK(client.get("/events", {.headers = {{"last-event-id", "41"}}}).text() == "data: 42\nid: 42\n\n");
}

TEST_CASE("stream answer: documents describe the items") {
  App app;
  app.get("/readings", readings);
  app.get("/as-events", readings, {.answer_as = AnswerAs::EventStream});
  app.get("/events", events);
  app.get("/words", words);
  Json content = operation_of(app, "/readings");
  CHECK(content["application/jsonl"]["itemSchema"]["$ref"] == "#/components/schemas/Reading");
  content = operation_of(app, "/as-events");
  CHECK(content["text/event-stream"]["itemSchema"]["properties"]["data"]["contentSchema"]["$ref"] ==
        "#/components/schemas/Reading");
  content = operation_of(app, "/events");
  CHECK(content["text/event-stream"]["itemSchema"]["properties"]["data"]["type"] == "string");
  content = operation_of(app, "/words");
  CHECK(content["text/plain"]["schema"]["type"] == "string");
}

TEST_SUITE_END();
