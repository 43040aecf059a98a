// SPDX-License-Identifier: BSL-1.0
// Snippets of framework/guide.md: answers that come piece by piece.
#include "coroute/coroute.hpp"
#include "coroute/json.hpp"
#include "coroute/testing/test_client.hpp"

#include "support/async_test.hpp"

using namespace coroute;
using namespace std::chrono_literals;

namespace {

namespace lines {
// [json_lines]
struct Reading {
  std::string sensor;
  double value;
};

AsyncGenerator<Reading> readings(Query<int, "count", defaults_to(3), le(1000)> count) {
  for (int i = 0; i < *count; ++i) {
    co_await sleep(1s);
    const Reading reading{"door", 20.5 + i};
    co_yield reading;
  }
}

App make_app() {
  App app;
  app.get("/readings", readings);                                      // application/jsonl
  app.get("/events", readings, {.answer_as = AnswerAs::EventStream});  // the same as server-sent events
  return app;
}
// [/json_lines]
}  // namespace lines

namespace events {
// [events]
const std::vector<std::string> news{"rain", "sun", "snow"};

AsyncGenerator<ServerSentEvent> follow(Header<std::optional<std::size_t>, "last-event-id"> last) {
  for (std::size_t i = last->has_value() ? **last + 1 : 0; i < news.size(); ++i) {
    co_await sleep(20s);
    co_yield ServerSentEvent().data(news[i]).event("weather").id(std::to_string(i));
  }
  co_yield ServerSentEvent().raw_data("[DONE]");
}

void add_events(App& app) {
  app.get("/news", follow, {.heartbeat = 15s});
}
// [/events]
}  // namespace events

namespace shutdown {
// [shutdown]
AsyncGenerator<ServerSentEvent> chat(Queue<std::string>& messages) {
  while (true) {
    const auto next = co_await race(messages.get(), shutdown_requested());
    if (next.index() == 1) break;
    co_yield std::get<0>(next);
  }
  co_yield ServerSentEvent().raw_data("come back in a moment").event("restart").retry(3s);
}
// [/shutdown]
}  // namespace shutdown

namespace responses {
// [stream]
AsyncGenerator<std::string> rows(std::string table) {
  co_yield std::string("id,name\n");
  for (int id = 1; id <= 3; ++id) {
    co_await sleep(10ms);  // where a database would be asked
    co_yield std::to_string(id) + "," + table + "\n";
  }
}

Async<Response> export_table(Path<std::string, "table"> table) {
  if (*table == "secrets") throw HttpException(403);
  Response response = stream(rows(*table), "text/csv; charset=utf-8");
  response.headers.set("content-disposition", "attachment; filename=\"" + *table + ".csv\"");
  co_return response;
}
// [/stream]
}  // namespace responses

namespace trailing {
// [trailers]
AsyncGenerator<std::string> all_rows(std::shared_ptr<Headers> trailers) {
  int count = 0;
  for (; count < 1000; ++count)
    co_yield std::to_string(count) + "\n";
  trailers->add("x-row-count", std::to_string(count));  // known only now
}

Response export_rows() {
  const auto trailers = std::make_shared<Headers>();
  Response response = stream(all_rows(trailers), "text/csv; charset=utf-8");
  response.headers.set("trailer", "x-row-count");
  response.set_trailers(trailers);
  return response;
}

Async<Json> import_rows(Request& request) {
  std::int64_t count = 0;
  while (const auto piece = co_await request.next_chunk())
    count += std::count(piece->begin(), piece->end(), '\n');
  const std::string announced(request.trailers().get("x-row-count").value_or(""));
  if (announced != std::to_string(count)) throw HttpException(400, "rows were lost on the way");
  co_return Json{{"rows", count}};
}
// [/trailers]
}  // namespace trailing

}  // namespace

TEST_SUITE_BEGIN("guide");

TEST_CASE("guide: a generator of models answers JSON Lines or events") {
  TestClient client(lines::make_app());
  CHECK(client.get("/readings?count=2").text() ==
        "{\"sensor\":\"door\",\"value\":20.5}\n{\"sensor\":\"door\",\"value\":21.5}\n");
  CHECK(client.get("/events?count=1").text() == "data: {\"sensor\":\"door\",\"value\":20.5}\n\n");
  CHECK(client.get("/readings?count=1001").status_code() == 422);
}

TEST_CASE("guide: events with an id go on where the client was") {
  App app;
  events::add_events(app);
  TestClient client(std::move(app));
  const TestResponse response = client.get("/news", {.headers = {{"last-event-id", "1"}}});
  CHECK(response.text() == ": ping\n\nevent: weather\ndata: \"snow\"\nid: 2\n\ndata: [DONE]\n\n");
}

TEST_CASE("guide: a generator says good-bye when the server shuts down") {
  Queue<std::string> messages;
  App app;
  app.get("/chat", [&] { return shutdown::chat(messages); });
  TestClient client(std::move(app));
  messages.put_nowait("hi");
  client.loop().call_later(5s, [&] { client.shut_down(); });
  CHECK(client.get("/chat").text() == "data: \"hi\"\n\nevent: restart\ndata: come back in a moment\nretry: 3000\n\n");
}

TEST_CASE("guide: a response is streamed, or refused before") {
  App app;
  app.get("/export/{table}", responses::export_table);
  TestClient client(std::move(app));
  CHECK(client.get("/export/users").text() == "id,name\n1,users\n2,users\n3,users\n");
  CHECK(client.get("/export/secrets").status_code() == 403);
}

TEST_CASE("guide: trailers stand behind the body, of an answer and of a request") {
  App app;
  app.get("/rows", trailing::export_rows);
  app.post("/rows", trailing::import_rows);
  TestClient client(std::move(app));
  const TestResponse exported = client.get("/rows");
  CHECK(exported.trailers().get("x-row-count") == "1000");
  const std::vector<std::string> chunks{"1\n", "2\n"};
  CHECK(client.post("/rows", {.chunks = chunks, .trailers = {{"x-row-count", "2"}}}).json()["rows"] == 2);
  CHECK(client.post("/rows", {.chunks = chunks, .trailers = {{"x-row-count", "3"}}}).status_code() == 400);
  CHECK(client.post("/rows", {.chunks = chunks}).status_code() == 400);
}

TEST_SUITE_END();
