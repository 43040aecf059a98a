// SPDX-License-Identifier: BSL-1.0
#include "coroute/params/server_sent_event.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "client/event_stream_parser.hpp"
#include "coroute/asyncio/context.hpp"
#include "coroute/asyncio/event_loop.hpp"
#include "coroute/asyncio/race.hpp"
#include "coroute/asyncio/shutdown.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/json.hpp"
#include "support/async_test.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

struct Reading {
  std::string sensor;
  double value;
};

constexpr const char* beat = "beat";

AsyncGenerator<std::string> after_each(std::vector<Clock::duration> times) {
  int number = 0;
  for (const Clock::duration time : times) {
    if (time > 0s) co_await sleep(time);
    co_yield std::to_string(++number);
  }
}

/// Gives a piece after each of these times. No initializer list, which g++ 12 has not beside co_await.
template <class... Times>
AsyncGenerator<std::string> after(Times... times) {
  return after_each(std::vector<Clock::duration>{times...});
}

Async<std::string> joined(AsyncGenerator<std::string> pieces) {
  std::string all;
  while (const std::optional<std::string> piece = co_await pieces.next())
    all += *piece + ' ';
  co_return all;
}

AsyncGenerator<std::string> noting_its_end(std::string& end) {
  bool is_closed = false;
  try {
    co_yield "first"s;
    co_await sleep(1h);
  } catch (const Cancelled&) {
    end = "cancelled";
    throw;
  } catch (const GeneratorExit&) {
    is_closed = true;
  }
  if (!is_closed) co_return;
  co_await sleep(1s);
  end = "closed";
}

const ContextVar<int>& counter() {
  static const ContextVar<int> variable("counter", 0);
  return variable;
}

AsyncGenerator<std::string> counting_in_its_context() {
  for (int i = 0; i < 3; ++i) {
    counter().set(counter().get() + 1);
    co_await sleep(1s);
    co_yield std::to_string(counter().get());
  }
}

}  // namespace

TEST_SUITE_BEGIN("params");

TEST_CASE("server-sent event: a plain item is compact JSON, a text a JSON string") {
  CHECK(ServerSentEvent(Json{{"a", 1}, {"b", "é"}}).encode() == "data: {\"a\":1,\"b\":\"é\"}\n\n");
  CHECK(ServerSentEvent(Reading{"s", 1}).encode() == "data: {\"sensor\":\"s\",\"value\":1.0}\n\n");
  CHECK(ServerSentEvent("hi").encode() == "data: \"hi\"\n\n");
  CHECK(ServerSentEvent("line\nend"s).encode() == "data: \"line\\nend\"\n\n");
  CHECK(ServerSentEvent(7).encode() == "data: 7\n\n");
}

TEST_CASE("server-sent event: fields come in FastAPI's order, each line of data and comment on one of its own") {
  const ServerSentEvent event =
      ServerSentEvent().raw_data("one\ntwo\r\nthree\rfour\n").comment("c1\nc2").retry(1500ms).id("7").event("upd");
  CHECK(event.encode() ==
        ": c1\n: c2\nevent: upd\ndata: one\ndata: two\ndata: three\ndata: four\nid: 7\nretry: 1500\n\n");
  CHECK(ServerSentEvent().encode() == "\n");
  CHECK(ServerSentEvent().raw_data("").encode() == "\n");
  CHECK(ServerSentEvent().raw_data("\n").encode() == "data: \n\n");
  CHECK(ServerSentEvent().retry(0ms).encode() == "retry: 0\n\n");
}

TEST_CASE("server-sent event: data that is no model is written as Python's json.dumps does") {
  CHECK(ServerSentEvent().data(Json{{"k", "v, w: \"x\\"}, {"n", {1, 2}}}).encode() ==
        "data: {\"k\": \"v, w: \\\"x\\\\\", \"n\": [1, 2]}\n\n");
  CHECK(ServerSentEvent().data("é ߿ € 😀").encode() == "data: \"\\u00e9 \\u07ff \\u20ac \\ud83d\\ude00\"\n\n");
  CHECK(ServerSentEvent().data(Reading{"é", 1}).encode() == "data: {\"sensor\":\"é\",\"value\":1.0}\n\n");
}

TEST_CASE("server-sent event: what would break out of its line is refused") {
  CHECK_THROWS_AS(ServerSentEvent().event("a\ndata: b"), std::invalid_argument);
  CHECK_THROWS_AS(ServerSentEvent().event("a\r"), std::invalid_argument);
  CHECK_THROWS_AS(ServerSentEvent().id("1\n"), std::invalid_argument);
  CHECK_THROWS_AS(ServerSentEvent().id("1\0"s), std::invalid_argument);
  CHECK_THROWS_AS(ServerSentEvent().retry(-1ms), std::invalid_argument);
}

TEST_CASE("server-sent event: what is sent is what a client gets") {
  const std::string sent = ServerSentEvent().raw_data("one\ntwo").event("upd").id("7").comment("c").encode() +
                           ServerSentEvent(Json{{"a", 1}}).encode();
  std::string_view bytes = sent;
  detail::EventStreamParser parser(1024);
  REQUIRE(parser.feed(bytes));
  const ServerSentEvent first = parser.take_event();
  CHECK(first.event() == "upd");
  CHECK(first.data() == "one\ntwo");
  CHECK(first.id() == "7");
  REQUIRE(parser.feed(bytes));
  const ServerSentEvent second = parser.take_event();
  CHECK(second.event() == "message");
  CHECK(second.data() == "{\"a\":1}");
  CHECK(second.id() == "7");
}

ASYNC_TEST_CASE("heartbeat: beats fill each pause that is longer than the interval") {
  std::string all = co_await joined(detail::with_heartbeat(after(0s, 14s, 16s, 31s), {.heartbeat = 15s}, beat));
  CHECK(all == "1 2 beat 3 beat beat 4 ");
  all = co_await joined(detail::with_heartbeat(after(), {.heartbeat = 15s}, beat));
  CHECK(all.empty());
}

ASYNC_TEST_CASE("heartbeat: an error of the generator is passed on") {
  auto broken = []() -> AsyncGenerator<std::string> {
    co_await sleep(20s);
    throw std::runtime_error("broken");
    co_yield std::string();
  };
  std::string seen;
  auto pieces = detail::with_heartbeat(broken(), {.heartbeat = 15s}, beat);
  try {
    while (const std::optional<std::string> piece = co_await pieces.next())
      seen += *piece;
  } catch (const std::runtime_error& error) {
    seen += std::string(" ") + error.what();
  }
  CHECK(seen == "beat broken");
}

ASYNC_TEST_CASE("heartbeat: the generator keeps its context variables from piece to piece") {
  const std::string all = co_await joined(detail::with_heartbeat(counting_in_its_context(), {.heartbeat = 15s}, beat));
  CHECK(all == "1 2 3 ");
  CHECK(counter().get() == 0);
}

ASYNC_TEST_CASE("heartbeat: a cancellation reaches the generator, whose end is waited for") {
  std::string end;
  const Task<std::string> task =
      create_task(joined(detail::with_heartbeat(noting_its_end(end), {.heartbeat = 15s}, beat)));
  co_await sleep(40s);
  task.cancel();
  bool cancelled = false;
  try {
    co_await task;
  } catch (const Cancelled&) {
    cancelled = true;
  }
  CHECK(cancelled);
  CHECK(end == "cancelled");
}

ASYNC_TEST_CASE("heartbeat: closing it closes the generator, or cancels it when it waits") {
  std::string end;
  {
    auto pieces = detail::with_heartbeat(noting_its_end(end), {.heartbeat = 15s}, beat);
    const std::optional<std::string> first = co_await pieces.next();
    CHECK(first == "first");
    co_await pieces.aclose();
    CHECK(end == "closed");
  }
  auto pieces = detail::with_heartbeat(noting_its_end(end), {.heartbeat = 15s}, beat);
  std::optional<std::string> piece = co_await pieces.next();
  piece = co_await pieces.next();
  CHECK(piece == "beat");
  co_await pieces.aclose();
  CHECK(end == "cancelled");
}

/// As a server does, a while after the stream has begun.
Async<std::string> joined_with_shutdown_after(Clock::duration time, AsyncGenerator<std::string> pieces) {
  EventLoop& loop = EventLoop::current();
  loop.call_later(time, [&loop] { detail::announce_shutdown(loop); });
  std::string all = co_await joined(std::move(pieces));
  co_return all;
}

ASYNC_TEST_CASE("event stream: when the server shuts down it ends after the grace without an event") {
  std::string end;
  const Clock::time_point began = EventLoop::current().time();
  const std::string all =
      co_await joined_with_shutdown_after(20s, detail::with_heartbeat(noting_its_end(end), {.heartbeat = 15s}, beat));
  CHECK(all == "first beat ");
  CHECK(end == "cancelled");
  CHECK(EventLoop::current().time() - began == 21s);
}

ASYNC_TEST_CASE("event stream: while events come in time it outlasts the shutdown") {
  EventStreamOptions options;
  options.shutdown_grace = 3s;
  std::string all =
      co_await joined_with_shutdown_after(1s, detail::with_heartbeat(after(2s, 2s, 2999ms, 1s), options, beat));
  CHECK(all == "1 2 3 4 ");
  all = co_await joined(detail::with_heartbeat(after(2s, 3001ms), options, beat));
  CHECK(all == "1 ");
}

ASYNC_TEST_CASE("event stream: heartbeats go on during the grace, and a grace without end is none") {
  EventStreamOptions options;
  options.heartbeat = 15s;
  options.shutdown_grace = 40s;
  std::string all = co_await joined_with_shutdown_after(1s, detail::with_heartbeat(after(60s), options, beat));
  CHECK(all == "beat beat ");
  options.shutdown_grace = std::chrono::milliseconds::max();
  all = co_await joined(detail::with_heartbeat(after(31s), options, beat));
  CHECK(all == "beat beat 1 ");
}

ASYNC_TEST_CASE("event stream: a generator that is told of the shutdown gives a last event") {
  auto until_told = []() -> AsyncGenerator<std::string> {
    const auto first = co_await race(sleep(1h), shutdown_requested());
    const std::string last = first.index() == 1 ? "bye" : "an hour";
    co_yield last;
  };
  EventStreamOptions options;
  options.heartbeat = 0ms;
  const std::string all = co_await joined_with_shutdown_after(20s, detail::with_heartbeat(until_told(), options, beat));
  CHECK(all == "bye ");
}

ASYNC_TEST_CASE("event stream: one that is dropped at a beat ends what it waits for") {
  std::string end;
  {
    auto pieces = detail::with_heartbeat(noting_its_end(end), {.heartbeat = 15s}, beat);
    std::optional<std::string> piece = co_await pieces.next();
    piece = co_await pieces.next();
    CHECK(piece == beat);
  }
  co_await sleep(1s);
  CHECK(end == "cancelled");
}

TEST_SUITE_END();
