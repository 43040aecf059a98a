// SPDX-License-Identifier: BSL-1.0
#include "coroute/client/event_source.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "coroute/asyncio/event_loop.hpp"
#include "coroute/client/client.hpp"
#include "coroute/testing/mock_transport.hpp"
#include "support/async_test.hpp"
#include "support/client_outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::test::class_of;

namespace {

Response stream_of(std::string text) {
  return Response(std::move(text), "text/event-stream");
}

/// A client whose backend answers one after the other, the last from then on.
struct Source {
  explicit Source(std::vector<Response> answers) : backend(std::make_shared<MockTransport>()) {
    backend->on("GET", "/events", answers);
    backend->on("POST", "/events", std::move(answers));
  }
  Client client() const {
    return Client{{.base_url = "http://source", .retries = {.max_attempts = 1}, .transport = backend}};
  }
  /// Of each request, "-": none.
  std::string ids() const {
    std::string all;
    for (const TransportRequest& request : backend->requests())
      all.append(request.headers.get("last-event-id").value_or("-")).append(" ");
    return all;
  }

  std::shared_ptr<MockTransport> backend;
};

/// The data of all events, each with a space behind it, then how they ended.
Async<std::string> all_of(AsyncGenerator<ServerSentEvent> events) {
  std::string all;
  try {
    while (true) {
      const std::optional<ServerSentEvent> event = co_await events.next();
      if (!event) break;
      all += event->data() + ' ';
    }
    all += "end";
  } catch (const ClientError& error) {
    all += class_of(error);
  }
  co_return all;
}

EventSourceOptions reconnecting(std::size_t times) {
  EventSourceOptions options;
  options.max_reconnects = times;
  return options;
}

}  // namespace

TEST_SUITE_BEGIN("client");

ASYNC_TEST_CASE("event_source: asks for an event stream that is not from a cache, once the first event is awaited") {
  const Source source({stream_of("data: a\n\n")});
  const Client client = source.client();
  auto events = client.get("/events").query("x", 1).events();
  CHECK(source.backend->requests().empty());
  const auto event = co_await events.next();
  REQUIRE(event);
  CHECK(event->data() == "a");
  const TransportRequest request = source.backend->requests().at(0);
  CHECK(request.url.target() == "/events?x=1");
  CHECK(request.headers.get("accept") == "text/event-stream");
  CHECK(request.headers.get("cache-control") == "no-store");
}

ASYNC_TEST_CASE("event_source: a connection that ends is made again with the last id, until the answer is 204") {
  const Source source({stream_of("id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: lost\n"), stream_of("data: c\n\n"),
                       Response(Status::NoContent)});
  const Client client = source.client();
  const std::string outcome = co_await all_of(client.get("/events").events());
  CHECK(outcome == "a b c end");
  CHECK(source.ids() == "- 2 2 ");
}

ASYNC_TEST_CASE("event_source: an id that no field can carry is the user's to see, and is not sent") {
  const Source source({stream_of("id: 1\ndata: a\n\n"), stream_of("id: b\x01\ndata: b\n\n"),
                       stream_of("id: 3\ndata: c\n\n"), Response(Status::NoContent)});
  const Client client = source.client();
  auto events = client.get("/events").events();
  std::string ids;
  while (true) {
    const std::optional<ServerSentEvent> event = co_await events.next();
    if (!event) break;
    ids += event->id() + ' ';
  }
  CHECK(ids == "1 b\x01 3 ");
  CHECK(source.ids() == "- 1 - 3 ");
}

ASYNC_TEST_CASE("event_source: between connections it waits as long as the stream has set, within bounds") {
  const auto began = EventLoop::current().time();
  const auto time_for = [&](const std::string& stream, EventSourceOptions options) -> Async<Clock::duration> {
    const Source source({stream_of(stream), Response(Status::NoContent)});
    const Client client = source.client();
    const auto start = EventLoop::current().time();
    co_await all_of(client.get("/events").events(options));
    co_return EventLoop::current().time() - start;
  };
  const auto by_default = co_await time_for("data: a\n\n", {});
  CHECK(by_default >= 1s);
  CHECK(by_default <= 1250ms);
  const auto by_stream = co_await time_for("retry: 4000\n\n", {});
  CHECK(by_stream >= 4s);
  CHECK(by_stream <= 5s);
  EventSourceOptions bounded;
  bounded.max_retry = 10s;
  const auto by_bound = co_await time_for("retry: 999999999\n\n", bounded);
  CHECK(by_bound >= 10s);
  CHECK(by_bound <= 12500ms);
  CHECK(EventLoop::current().time() - began >= 15s);
}

ASYNC_TEST_CASE("event_source: max_reconnects in a row without an event end it, an event begins the count again") {
  const Source silent({stream_of(": nothing\n\n")});
  const Client client = silent.client();
  const auto began = EventLoop::current().time();
  const std::string outcome = co_await all_of(client.get("/events").events(reconnecting(3)));
  CHECK(outcome == "end");
  CHECK(silent.backend->requests().size() == 4);
  CHECK(EventLoop::current().time() - began >= 7s);  // 1 + 2 + 4
  const Source some({stream_of(""), stream_of("data: a\n\n"), stream_of(""), stream_of("data: b\n\n"), stream_of("")});
  const Client other = some.client();
  const std::string more = co_await all_of(other.get("/events").events(reconnecting(2)));
  CHECK(more == "a b end");
  CHECK(some.backend->requests().size() == 6);
}

ASYNC_TEST_CASE("event_source: max_reconnects of 0 and reconnect = false are one connection") {
  const Source source({stream_of("data: a\n\n")});
  const Client client = source.client();
  const std::string none_left = co_await all_of(client.get("/events").events(reconnecting(0)));
  CHECK(none_left == "a end");
  EventSourceOptions once;
  once.reconnect = false;
  const std::string only = co_await all_of(client.get("/events").events(once));
  CHECK(only == "a end");
  CHECK(source.backend->requests().size() == 2);
}

ASYNC_TEST_CASE("event_source: what may pass is tried again, and is the error when it doesn't") {
  for (const int status : {500, 502, 503, 504}) {
    const Source passing({Response(Status(status)), stream_of("data: a\n\n"), Response(Status::NoContent)});
    const Client client = passing.client();
    const std::string outcome = co_await all_of(client.get("/events").events());
    CHECK(outcome == "a end");
    const Source lasting({Response(Status(status))});
    const Client hopeless = lasting.client();
    const std::string failure = co_await all_of(hopeless.get("/events").events(reconnecting(2)));
    CHECK(failure == "HttpStatusError");
    CHECK(lasting.backend->requests().size() == 3);
  }
  const Source unreachable({Response()});
  MockTransport& backend = *unreachable.backend;
  backend.fail<ConnectError>("GET", "/events");
  const Client client = unreachable.client();
  const std::string failure = co_await all_of(client.get("/events").events(reconnecting(1)));
  CHECK(failure == "ConnectError");
  CHECK(backend.requests().size() == 2);
}

ASYNC_TEST_CASE("event_source: what won't pass is an error at once") {
  for (const int status : {400, 401, 403, 404, 501}) {
    const Source source({Response(Status(status))});
    const Client client = source.client();
    const std::string outcome = co_await all_of(client.get("/events").events());
    CHECK(outcome == "HttpStatusError");
    CHECK(source.backend->requests().size() == 1);
  }
  for (const int status : {201, 206, 304}) {
    const Source source({Response("data: a\n\n", "text/event-stream", Status(status))});
    const Client client = source.client();
    const std::string outcome = co_await all_of(client.get("/events").events());
    CHECK(outcome == "EventStreamError");
  }
}

ASYNC_TEST_CASE("event_source: the content type must be text/event-stream, whatever its parameters and capitals") {
  for (const char* const good : {"text/event-stream", "Text/Event-Stream;charset=utf-8", "text/event-stream ; x=y"}) {
    const Source source({Response("data: a\n\n", good), Response(Status::NoContent)});
    const Client client = source.client();
    const std::string outcome = co_await all_of(client.get("/events").events());
    CHECK(outcome == "a end");
  }
  for (const char* const bad : {"", "text/html", "text/event-streams", "application/json"}) {
    const Source source({Response("data: a\n\n", bad)});
    const Client client = source.client();
    std::string what;
    auto events = client.get("/events").events();
    try {
      co_await events.next();
    } catch (const EventStreamError& error) {
      what = error.what();
    }
    CHECK(what ==
          std::string("GET http://source/events: the answer is no event stream: its content type is '") + bad + "'");
  }
}

ASYNC_TEST_CASE("event_source: a request that isn't idempotent is sent once") {
  const Source source({stream_of("data: a\n\n")});
  const Client client = source.client();
  const std::string outcome = co_await all_of(client.post("/events").body("ask").events());
  CHECK(outcome == "a end");
  CHECK(source.backend->requests().size() == 1);
  CHECK(source.backend->requests().at(0).body == "ask");
}

ASYNC_TEST_CASE("event_source: an event over max_event_bytes is ResponseTooLarge, one at it is not") {
  EventSourceOptions options;
  options.max_event_bytes = 10;
  const Source source({stream_of("data: abcd\n\ndata: abcde\n\n")});
  const Client client = source.client();
  const std::string outcome = co_await all_of(client.get("/events").events(options));
  CHECK(outcome == "abcd ResponseTooLarge");
  CHECK(source.backend->requests().size() == 1);
}

TEST_SUITE_END();
