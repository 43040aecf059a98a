// SPDX-License-Identifier: BSL-1.0
// Request bodies; the rest of a request is in request_test.cpp.
#include "coroute/http/request.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "coroute/asyncio/task.hpp"
#include "coroute/json.hpp"
#include "support/async_test.hpp"
#include "support/test_request.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::testing::TestRequest;

namespace {

struct BodyOutcome {
  std::string body;
  int status = 200;
};

/// Awaited outside of any assertion.
Async<BodyOutcome> read_body(Request& request) {
  BodyOutcome outcome;
  try {
    const std::string_view body = co_await request.body();
    outcome.body = body;
  } catch (const HttpException& error) {
    outcome.status = error.status().code();
  }
  co_return outcome;
}

/// The value as text, or the detail of the error.
Async<std::string> read_json(Request& request) {
  std::string outcome;
  try {
    const Json value = co_await request.json();
    outcome = to_json_text(value);
  } catch (const HttpException& error) {
    outcome = std::to_string(error.status().code()) + " " + error.detail_json();
  }
  co_return outcome;
}

std::string json_of(std::string_view content_type, std::string body) {
  TestRequest request("POST", "/");
  if (!content_type.empty()) request.header("content-type", content_type);
  request.body({std::move(body)});
  return run(read_json(*request), {.virtual_time = true});
}

}  // namespace

TEST_SUITE("http") {
  ASYNC_TEST_CASE("request: without a body source the body is empty") {
    TestRequest request;
    const BodyOutcome outcome = co_await read_body(*request);
    CHECK(outcome.status == 200);
    CHECK(outcome.body.empty());
    const auto chunk = co_await request->next_chunk();
    CHECK_FALSE(chunk.has_value());
    request->set_max_body_bytes(1);
  }

  ASYNC_TEST_CASE("request: a body that comes in pieces is joined and may be read again") {
    TestRequest request("POST");
    request.body({"hel", "", "lo ", "world"}, 10ms);
    const auto began = EventLoop::current().time();
    const BodyOutcome first = co_await read_body(*request);
    CHECK(EventLoop::current().time() - began == 50ms);
    CHECK(first.body == "hello world");
    const std::string_view second = co_await request->body();
    const std::string_view third = co_await request->body();
    CHECK(second == "hello world");
    CHECK(third.data() == second.data());
    CHECK(EventLoop::current().time() - began == 50ms);
    CHECK(request.source().buffered_calls() == 1);
  }

  TEST_CASE("request: a body that is in memory costs no coroutine") {
    TestRequest request("POST");
    request.body({"hello", " world"}, 0ms, true);
    CHECK(detail::AsyncAccess::is_ready_value(request->body()));
    const BodyOutcome outcome = run(read_body(*request), {.virtual_time = true});
    CHECK(outcome.body == "hello world");
    CHECK(request.source().buffered_calls() == 1);
  }

  ASYNC_TEST_CASE("request: a body may have as many bytes as the limit and not more") {
    for (const bool in_memory : {false, true}) {
      for (const std::uint64_t limit : {12U, 11U, 10U, 0U}) {
        TestRequest request("POST");
        request.body({"hello ", "world"}, 0ms, in_memory);
        request->set_max_body_bytes(limit);
        const BodyOutcome outcome = co_await read_body(*request);
        CAPTURE(limit);
        CHECK(outcome.status == (limit >= 11 ? 200 : 413));
        CHECK(outcome.body == (limit >= 11 ? "hello world" : ""));
      }
    }
  }

  ASYNC_TEST_CASE("request: pieces are only read when they are asked for") {
    TestRequest request("POST");
    request.body({"one", "two", "three"});
    std::vector<std::string> pieces;
    while (true) {
      CHECK(request.source().pieces_read() == pieces.size());
      const auto piece = co_await request->next_chunk();
      if (!piece) break;
      pieces.emplace_back(*piece);
    }
    CHECK(pieces == std::vector<std::string>{"one", "two", "three"});
    const auto after = co_await request->next_chunk();
    CHECK_FALSE(after.has_value());
  }

  ASYNC_TEST_CASE("request: a body whose reading was cancelled can be read on") {
    TestRequest request("POST");
    request.body({"one ", "two ", "three"}, 10ms);
    Task<BodyOutcome> task = create_task(read_body(*request));
    co_await sleep(25ms);
    CHECK(request.source().pieces_read() == 2);
    task.cancel();
    bool cancelled = false;
    try {
      co_await task;
    } catch (const Cancelled&) {
      cancelled = true;
    }
    CHECK(cancelled);
    const BodyOutcome outcome = co_await read_body(*request);
    CHECK(outcome.body == "one two three");
  }

  TEST_CASE("request: a JSON body is read for every JSON content type") {
    for (const std::string_view type : {"application/json", "Application/JSON", "application/json; charset=utf-8",
                                        "application/json;v=1", "application/problem+json", "application/x+JSON"}) {
      CAPTURE(type);
      CHECK(json_of(type, R"({"b":1,"a":[2]})") == R"({"b":1,"a":[2]})");
    }
    CHECK(json_of("application/json", "null") == "null");
    CHECK(json_of("application/json", " 7 ") == "7");
  }

  TEST_CASE("request: a body that isn't said to be JSON is answered with 422") {
    for (const std::string_view type : {"", "text/plain", "application/jsonx", "application/+json", "text/json",
                                        "application/x-www-form-urlencoded", "text/x+json", "xapplication/json"}) {
      CAPTURE(type);
      CHECK(
          json_of(type, R"({"a":1})") ==
          R"(422 [{"type":"model_attributes_type","loc":["body"],"msg":"Input should be a valid dictionary or object )"
          R"(to extract fields from","input":"{\"a\":1}"}])");
    }
  }

  TEST_CASE("request: the body that isn't JSON is given back as it came, also percent signs") {
    const std::string answer = json_of("text/plain", "a%41%zz+\xFF");
    CHECK(answer.ends_with("\"input\":\"a%41%zz+\xEF\xBF\xBD\"}]"));
  }

  TEST_CASE("request: a missing JSON body is answered with 422") {
    CHECK(json_of("application/json", "") ==
          R"(422 [{"type":"missing","loc":["body"],"msg":"Field required","input":null}])");
    TestRequest request;
    CHECK(run(read_json(*request), {.virtual_time = true}).starts_with("422 [{\"type\":\"missing\""));
  }

  TEST_CASE("request: broken JSON is answered with 422 and the place") {
    const std::string answer = json_of("application/json", R"({"a":})");
    CHECK(
        answer.starts_with(R"(422 [{"type":"json_invalid","loc":["body",5],"msg":"JSON decode error","input":{},"ctx":)"
                           R"({"error":")"));
    CHECK(json_of("application/json", "\"\xC3\xA9\" x").starts_with(R"(422 [{"type":"json_invalid","loc":["body",4])"));
    CHECK(json_of("application/json", R"({"a":1,"a":2})").ends_with(R"("ctx":{"error":"duplicate key \"a\""}}])"));
  }

  TEST_CASE("request: a JSON body that is not UTF-8 is answered with 400, whatever else is wrong with it") {
    for (const std::string_view body : {"\"\xFF\"", "{\"a\xC3\":1}", "[1,\xFF", "\xEF"}) {
      CAPTURE(body);
      CHECK(json_of("application/json", std::string(body)) == R"(400 "There was an error parsing the body")");
    }
  }

  TEST_CASE("request: a JSON body over the limit is answered with 413") {
    TestRequest request("POST");
    request.json("[1,2,3]");
    request->set_max_body_bytes(6);
    CHECK(run(read_json(*request), {.virtual_time = true}) == R"(413 "Content Too Large")");
  }
}
