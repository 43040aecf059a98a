// SPDX-License-Identifier: BSL-1.0
// Streamed answers as a TestClient gets them.
#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "coroute/app/app.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "coroute/client/client.hpp"
#include "coroute/testing/app_transport.hpp"
#include "coroute/testing/recording_transport.hpp"
#include "coroute/testing/replay_transport.hpp"
#include "coroute/testing/test_client.hpp"
#include "support/async_test.hpp"
#include "support/client_outcome.hpp"
#include "support/temporary_file.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::test::outcome_of;

namespace {

using Log = std::vector<std::string>;

AsyncGenerator<std::string> count_to(int last, Clock::duration pause = 1s) {
  for (int i = 1; i <= last; ++i) {
    co_await sleep(pause);
    co_yield std::to_string(i) + ";";
  }
}

AsyncGenerator<std::string> break_after(std::string piece) {
  co_yield std::move(piece);
  throw std::runtime_error("broken in the middle");
}

AsyncGenerator<std::string> noting_its_end(Log& log) {
  try {
    while (true) {
      co_yield std::string("tick");
      co_await sleep(1s);
    }
  } catch (const Cancelled& cancelled) {
    log.push_back(cancelled.reason() == CancelReason::Disconnect ? "client left" : "cancelled");
    throw;
  }
}

AsyncGenerator<std::string> summed(std::vector<std::string> pieces, std::shared_ptr<Headers> trailers) {
  std::size_t sum = 0;
  for (std::string& piece : pieces) {
    sum += piece.size();
    co_yield std::move(piece);
  }
  trailers->add("X-Sum", std::to_string(sum));
}

/// Gives the body back, with the number of its bytes behind it; says what came behind the request's.
App make_summing() {
  App app;
  app.route({Method::Post, Method::Head}, "/sum", [](Request& request) -> Async<Response> {
    const std::string before = request.trailers().empty() ? "" : "too early ";
    std::string body(co_await request.body());
    auto trailers = std::make_shared<Headers>();
    const std::string sum(request.trailers().get("x-sum").value_or("none"));
    Response response = stream(summed({before + body}, trailers), {}, Status::Ok, body.size());
    response.set_trailers(trailers);
    response.headers.set("x-sent", sum);
    co_return response;
  });
  return app;
}

AsyncGenerator<std::string> in_brackets(AsyncGenerator<std::string> inner) {
  while (std::optional<std::string> piece = co_await inner.next())
    co_yield "[" + *piece + "]";
}

Log events;

AsyncGenerator<int> open_connection() {
  events.emplace_back("opened");
  co_yield 1;
  events.emplace_back("closed");
}

AsyncGenerator<std::string> rows() {
  events.emplace_back("first");
  co_yield std::string("row");
  co_await sleep(1s);
  events.emplace_back("last");
}

Async<> note_work() {
  events.emplace_back("work");
  co_return;
}

}  // namespace

TEST_SUITE_BEGIN("testing");

TEST_CASE("test client: a streamed answer is collected, and its pieces can be looked at one by one") {
  App app;
  app.get("/count", [](Request&) -> Async<Response> { co_return stream(count_to(3), "text/plain"); });
  TestClient client(std::move(app));
  const TestResponse response = client.get("/count");
  CHECK(response.text() == "1;2;3;");
  CHECK(response.pieces() == Log{"1;", "2;", "3;"});
  CHECK(response.header("content-type") == "text/plain");
  CHECK_FALSE(response.header("content-length").has_value());
  CHECK(response.elapsed() == 3s);
}

TEST_CASE("test client: an announced length is among the fields, and a body of another length is an error") {
  App app;
  app.get("/right", [](Request&) { return stream(count_to(2), {}, Status::Ok, 4); });
  app.get("/short", [](Request&) { return stream(count_to(2), {}, Status::Ok, 5); });
  app.get("/long", [](Request&) { return stream(count_to(2), {}, Status::Ok, 3); });
  TestClient client(std::move(app));
  CHECK(client.get("/right").header("content-length") == "4");
  CHECK_THROWS_AS(client.get("/short"), RuntimeError);
  CHECK_THROWS_AS(client.get("/long"), RuntimeError);
}

TEST_CASE("test client: trailers go behind the body of a request, and come behind that of an answer") {
  TestClient client(make_summing());
  const TestResponse response = client.post("/sum", {.chunks = {"ab", "cde"}, .trailers = {{"x-sum", "5"}}});
  CHECK(response.text() == "abcde");
  CHECK(response.header("x-sent") == "5");
  CHECK(response.trailers().size() == 1);
  CHECK((*response.trailers().begin()).name == "x-sum");
  CHECK(response.trailers().get("x-sum") == "5");
  CHECK_FALSE(response.header("x-sum").has_value());
  CHECK_FALSE(response.header("content-length").has_value());
  const TestResponse plain = client.post("/sum", {.body = "abc"});
  CHECK(plain.header("x-sent") == "none");
  CHECK(client.post("/sum", {.chunks = {""}, .trailers = {{"x-sum", "0"}}}).header("x-sent") == "0");
  CHECK(client.head("/sum").trailers().empty());
}

TEST_CASE("test client: trailers without chunks, and fields that can't be trailers, are refused") {
  TestClient client(make_summing());
  CHECK_THROWS_WITH_AS(client.post("/sum", {.body = "x", .trailers = {{"x-sum", "1"}}}),
                       "trailers need a body sent in chunks", RuntimeError);
  CHECK_THROWS_WITH_AS(client.post("/sum", {.chunks = {"x"}, .trailers = {{"Authorization", "1"}}}),
                       "the field 'Authorization' can't be a trailer: it has to be known before the body",
                       std::invalid_argument);
  App app;
  app.get("/bad", [](Request&) {
    Response response = stream(count_to(1));
    return std::move(response.set_trailers(std::make_shared<const Headers>(Headers{{"content-type", "a/b"}})));
  });
  TestClient bad(std::move(app));
  CHECK_THROWS_AS(bad.get("/bad"), std::invalid_argument);
}

TEST_CASE("test client: HEAD and a status without a body don't begin the generator") {
  Log log;
  App app;
  app.route({Method::Get, Method::Head}, "/ticks", [&](Request&) { return stream(noting_its_end(log)); });
  app.get("/none", [&](Request&) { return stream(noting_its_end(log), {}, Status::NoContent); });
  TestClient client(std::move(app));
  CHECK(client.head("/ticks").text().empty());
  CHECK(client.get("/none").status_code() == 204);
  CHECK(log.empty());
}

TEST_CASE("test client: what the generator throws reaches the test, or breaks the answer off as a server would") {
  const auto make_app = [] {
    App app;
    app.get("/broken", [](Request&) { return stream(break_after("part")); });
    return app;
  };
  TestClient client(make_app());
  CHECK_THROWS_WITH_AS(client.get("/broken"), "broken in the middle", std::runtime_error);
  TestClient remote(make_app(), {.raise_server_exceptions = false});
  CHECK_THROWS_AS(remote.get("/broken"), ConnectionClosed);
}

TEST_CASE("test client: a middleware can wrap the pieces") {
  App app;
  app.get("/count", [](Request&) { return stream(count_to(2)); });
  app.use([](Request& request, const Handler& next) -> Async<Response> {
    Response response = co_await next(request);
    if (response.is_streamed()) response.set_stream(in_brackets(response.take_stream()));
    co_return response;
  });
  TestClient client(std::move(app));
  CHECK(client.get("/count").text() == "[1;][2;]");
}

TEST_CASE("test client: dependencies of scope request stay open until the stream and the work after it have ended") {
  events.clear();
  App app;
  app.get("/rows", [](Request& request, Depends<open_connection>) {
    request.add_after_response(note_work());
    return stream(rows());
  });
  TestClient client(std::move(app));
  CHECK(client.get("/rows").text() == "row");
  CHECK(events == Log{"opened", "first", "last", "work", "closed"});
}

ASYNC_TEST_CASE("test client: a client that leaves cancels the generator") {
  Log log;
  App app;
  app.get("/ticks", [&](Request&) { return stream(noting_its_end(log)); });
  TestClient client(std::move(app));
  bool timed_out = false;
  try {
    co_await timeout(10s, client.async_get("/ticks").send());
  } catch (const TimeoutError&) {
    timed_out = true;
  }
  CHECK(timed_out);
  CHECK(log == Log{"client left"});
}

ASYNC_TEST_CASE("app transport: a client gets streamed answers, and sees one that breaks off") {
  App app;
  app.get("/count", [](Request&) { return stream(count_to(3), "text/plain"); });
  app.get("/broken", [](Request&) { return stream(break_after("part")); });
  Client client{{.base_url = "http://counter", .transport = std::make_shared<AppTransport>(std::move(app))}};
  std::string ended = co_await outcome_of(client.get("/count"));
  CHECK(ended == "200 1;2;3;");
  ended = co_await outcome_of(client.get("/broken"));
  CHECK(ended == "ConnectionClosed");
}

ASYNC_TEST_CASE("app transport: trailers are carried both ways, by a recording and its replay too") {
  const test::TemporaryFile file;
  for (const bool replays : {false, true}) {
    const std::shared_ptr<Transport> application = std::make_shared<AppTransport>(make_summing());
    std::shared_ptr<Transport> transport;
    if (replays) {
      transport = std::make_shared<ReplayTransport>(file.path());
    } else {
      transport = std::make_shared<RecordingTransport>(file.path(), application);
    }
    ClientOptions options;
    options.base_url = "http://sums";
    options.transport = transport;
    const Client client(std::move(options));
    auto trailers = std::make_shared<Headers>();
    std::vector<std::string> pieces{"ab", "cde"};
    RequestBuilder request = client.post("/sum").body(summed(std::move(pieces), trailers)).trailers(trailers);
    const ClientResponse response = co_await std::move(request);
    CHECK(response.text() == "abcde");
    CHECK(response.header("x-sent") == "5");
    CHECK(response.trailers().size() == 1);
    CHECK(response.trailers().get("x-sum") == "5");
  }
}

TEST_SUITE_END();
