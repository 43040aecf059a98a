// SPDX-License-Identifier: BSL-1.0
#include "client/event_stream_parser.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace coroute;
using namespace coroute::detail;
using namespace std::chrono_literals;

namespace {

std::string shown(const ServerSentEvent& event) {
  return '[' + std::string(event.event()) + '|' + event.data() + '|' + event.id() + ']';
}

void feed_all(EventStreamParser& parser, std::string_view bytes, std::string& events) {
  while (parser.feed(bytes))
    events += shown(parser.take_event());
}

/// The events of a stream, fed in two parts of which the first has `first` bytes.
std::string events_of(std::string_view stream, std::size_t first) {
  EventStreamParser parser(1000);
  std::string events;
  feed_all(parser, stream.substr(0, first), events);
  feed_all(parser, stream.substr(first), events);
  return events;
}

/// The same wherever the stream is cut, also into single bytes; else what was different.
std::string events_of(std::string_view stream) {
  const std::string whole = events_of(stream, stream.size());
  for (std::size_t first = 0; first < stream.size(); ++first) {
    const std::string cut = events_of(stream, first);
    if (cut != whole) return "cut at " + std::to_string(first) + ": " + cut + " instead of " + whole;
  }
  EventStreamParser parser(1000);
  std::string events;
  for (std::size_t i = 0; i < stream.size(); ++i)
    feed_all(parser, stream.substr(i, 1), events);
  return events == whole ? whole : "byte by byte: " + events + " instead of " + whole;
}

/// A stream with one event, of which data and the line being read have at most that many bytes.
bool is_too_large(const std::string& stream, std::size_t limit) {
  EventStreamParser parser(limit);
  std::string events;
  feed_all(parser, stream, events);
  CHECK(events.empty() == parser.is_too_large());
  return parser.is_too_large();
}

}  // namespace

TEST_SUITE_BEGIN("client");

TEST_CASE("event_stream_parser: the examples of the standard") {
  CHECK(events_of("data: This is the first message.\n\n"
                  "data: This is the second message, it\ndata: has two lines.\n\n"
                  "data: This is the third message.\n\n") ==
        "[message|This is the first message.|]"
        "[message|This is the second message, it\nhas two lines.|]"
        "[message|This is the third message.|]");
  CHECK(events_of("event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent: add\ndata: 113411\n\n") ==
        "[add|73857293|][remove|2153|][add|113411|]");
  CHECK(events_of(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n") ==
        "[message|first event|1][message|second event|]");
  CHECK(events_of("data\n\ndata\ndata\n\ndata:") == "[message||][message|\n|]");
  CHECK(events_of("data:test\n\ndata: test\n\n") == "[message|test|][message|test|]");
}

TEST_CASE("event_stream_parser: lines end with LF, CR LF or CR") {
  CHECK(events_of("data: a\r\ndata: b\r\n\r\n") == "[message|a\nb|]");
  CHECK(events_of("data: a\rdata: b\r\r") == "[message|a\nb|]");
  CHECK(events_of("data: a\r\n\rdata: b\n\r") == "[message|a|][message|b|]");
  CHECK(events_of("\r\n\n\rdata: a\n\n\n\n") == "[message|a|]");
}

TEST_CASE("event_stream_parser: an event is there as soon as its empty line's CR is") {
  EventStreamParser parser(1000);
  std::string events;
  feed_all(parser, "data: a\r\n\r", events);
  CHECK(events == "[message|a|]");
  feed_all(parser, "\ndata: b\r\n\r\n", events);
  CHECK(events == "[message|a|][message|b|]");
}

TEST_CASE("event_stream_parser: one byte order mark at the beginning is none of the text") {
  CHECK(events_of("\xEF\xBB\xBF"
                  "data: a\n\n") == "[message|a|]");
  CHECK(events_of("\xEF\xBB\xBF\xEF\xBB\xBF"
                  "data: a\n\ndata: b\n\n") == "[message|b|]");
  CHECK(events_of("\n\xEF\xBB\xBF"
                  "data: a\n\n") == "");
  CHECK(events_of("\xEF\xBB"
                  "data: a\n\n") == "");
}

TEST_CASE("event_stream_parser: comments, fields that nobody knows, and empty events are skipped") {
  CHECK(events_of(":\n:keep-alive\ndata: a\n: b\nfoo: bar\nDATA: c\n data: d\n\n") == "[message|a|]");
  CHECK(events_of("event: x\n\ndata: a\n\n") == "[message|a|]");
  CHECK(events_of("event: x\nevent: y\ndata: a\n\ndata: b\n\n") == "[y|a|][message|b|]");
  CHECK(events_of("event:\ndata: a\n\n") == "[message|a|]");
}

TEST_CASE("event_stream_parser: an event that the stream ends in the middle of is none") {
  CHECK(events_of("data: a\n\ndata: b\n") == "[message|a|]");
  CHECK(events_of("data: a") == "");
}

TEST_CASE("event_stream_parser: an id stays until another is set, one with NUL is none") {
  CHECK(events_of("id: 1\ndata: a\n\ndata: b\n\nid: 2\n\ndata: c\n\nid:\ndata: d\n\n") ==
        "[message|a|1][message|b|1][message|c|2][message|d|]");
  using namespace std::string_view_literals;
  CHECK(events_of("id: 1\nid: 2\0\ndata: a\n\n"sv) == "[message|a|1]");
}

TEST_CASE("event_stream_parser: the last id for a new connection is that of a complete event, and goes on in it") {
  EventStreamParser parser(1000, "7");
  std::string events;
  feed_all(parser, "data: a\n\nid: 8\ndata: b\n", events);
  CHECK(events == "[message|a|7]");
  CHECK(parser.last_event_id() == "7");
  feed_all(parser, "\n", events);
  CHECK(parser.last_event_id() == "8");
}

TEST_CASE("event_stream_parser: retry is a number of milliseconds and nothing else") {
  const auto retry_of = [](std::string_view stream) {
    EventStreamParser parser(1000);
    std::string events;
    feed_all(parser, stream, events);
    return parser.retry();
  };
  CHECK(retry_of("retry: 2500\n") == 2500ms);
  CHECK(retry_of("retry:0\n\n") == 0ms);
  CHECK(retry_of("retry: 1\nretry: 2\n") == 2ms);
  CHECK_FALSE(retry_of("retry: 2500"));
  for (const char* const bad : {"retry: -1\n", "retry: 1s\n", "retry: \n", "retry\n", "retry:  1\n", "retry: +1\n",
                                "retry: 99999999999999999999\n"}) {
    CAPTURE(bad);
    CHECK_FALSE(retry_of(bad));
  }
}

TEST_CASE("event_stream_parser: data and the line being read are limited together") {
  CHECK_FALSE(is_too_large("data: abcd\n\n", 11));
  CHECK_FALSE(is_too_large("data: abcd\n\n", 10));
  CHECK(is_too_large("data: abcd\n\n", 9));
  CHECK_FALSE(is_too_large("data: abcd\ndata: ef\n\n", 13));
  CHECK(is_too_large("data: abcd\ndata: ef\n\n", 12));
  CHECK(is_too_large("data: a\n: a comment counts, too\n\n", 20));
  EventStreamParser parser(10);
  std::string events;
  for (int i = 0; i < 100; ++i)
    feed_all(parser, ": comment\ndata: abc\n\n", events);  // each event alone
  CHECK_FALSE(parser.is_too_large());
  CHECK(events.size() == 100 * std::string("[message|abc|]").size());
}

TEST_SUITE_END();
