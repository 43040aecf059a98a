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

/// Gives a piece after each of these times.
AsyncGenerator<std::string> after(std::vector<Clock::duration> times) {
  int number = 0;
  for (const Clock::duration time : times) {
    if (time > 0s) co_await sleep(time);
    co_yield std::to_string(++number);
  }
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
  std::string all = co_await joined(detail::with_heartbeat(after({0s, 14s, 16s, 31s}), 15s, beat));
  CHECK(all == "1 2 beat 3 beat beat 4 ");
  all = co_await joined(detail::with_heartbeat(after({}), 15s, beat));
  CHECK(all.empty());
}

ASYNC_TEST_CASE("heartbeat: an error of the generator is passed on") {
  auto broken = []() -> AsyncGenerator<std::string> {
    co_await sleep(20s);
    throw std::runtime_error("broken");
    co_yield std::string();
  };
  std::string seen;
  auto pieces = detail::with_heartbeat(broken(), 15s, beat);
  try {
    while (const std::optional<std::string> piece = co_await pieces.next())
      seen += *piece;
  } catch (const std::runtime_error& error) {
    seen += std::string(" ") + error.what();
  }
  CHECK(seen == "beat broken");
}

ASYNC_TEST_CASE("heartbeat: the generator keeps its context variables from piece to piece") {
  const std::string all = co_await joined(detail::with_heartbeat(counting_in_its_context(), 15s, beat));
  CHECK(all == "1 2 3 ");
  CHECK(counter().get() == 0);
}

ASYNC_TEST_CASE("heartbeat: a cancellation reaches the generator, whose end is waited for") {
  std::string end;
  const Task<std::string> task = create_task(joined(detail::with_heartbeat(noting_its_end(end), 15s, beat)));
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
    auto pieces = detail::with_heartbeat(noting_its_end(end), 15s, beat);
    const std::optional<std::string> first = co_await pieces.next();
    CHECK(first == "first");
    co_await pieces.aclose();
    CHECK(end == "closed");
  }
  auto pieces = detail::with_heartbeat(noting_its_end(end), 15s, beat);
  std::optional<std::string> piece = co_await pieces.next();
  piece = co_await pieces.next();
  CHECK(piece == "beat");
  co_await pieces.aclose();
  CHECK(end == "cancelled");
}

TEST_SUITE_END();
