// SPDX-License-Identifier: BSL-1.0
#include "coroute/testing/replay_transport.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "coroute/client/client.hpp"
#include "coroute/testing/mock_transport.hpp"
#include "coroute/testing/recording_transport.hpp"
#include "support/async_test.hpp"
#include "support/client_outcome.hpp"
#include "support/temporary_file.hpp"

using namespace coroute;
using namespace coroute::test;

namespace {

/// Records GET /a twice and POST /b.
Async<void> record(const TemporaryFile& file) {
  const auto mock = std::make_shared<MockTransport>();
  Response with_cookie("first", "text/plain");
  with_cookie.headers.add("set-cookie", "session=1");
  mock->on("GET", "/a", {with_cookie, Response("second")});
  mock->on("POST", "/b", Response(std::string("\x00\xFF", 2)));
  const Client client{{.base_url = "http://h", .transport = std::make_shared<RecordingTransport>(file.path(), mock)}};
  co_await client.get("/a?x=1");
  co_await client.get("/a?x=1");
  co_await client.post("/b").body("question");
}

/// The answer, or what UnexpectedRequest says.
Async<std::string> reply_to(RequestBuilder request) {
  std::string reply;
  try {
    reply = co_await outcome_of(std::move(request));
  } catch (const UnexpectedRequest& error) {
    reply = error.what();
  }
  co_return reply;
}

}  // namespace

TEST_SUITE_BEGIN("testing");

ASYNC_TEST_CASE("replay_transport: answers as recorded, each recording once, in their order") {
  const TemporaryFile file;
  co_await record(file);
  const auto replay = std::make_shared<ReplayTransport>(file.path());
  const Client client{{.base_url = "http://h", .transport = replay}};
  CHECK(replay->unused() == std::vector<std::string>{"GET http://h/a?x=1", "GET http://h/a?x=1", "POST http://h/b"});
  const ClientResponse first = co_await client.get("/a?x=1");
  CHECK(first.text() == "first");
  CHECK(first.header("content-type") == "text/plain");
  CHECK_FALSE(first.header("set-cookie"));  // it was redacted
  CHECK(replay->unused().size() == 2);
  const std::string posted = co_await reply_to(client.post("/b").body("question"));
  CHECK(posted == std::string("200 \x00\xFF", 6));
  const std::string second = co_await reply_to(client.get("/a?x=1"));
  CHECK(second == "200 second");
  CHECK(replay->unused().empty());
  const std::string third = co_await reply_to(client.get("/a?x=1"));
  CHECK(third == "GET http://h/a?x=1: the cassette " + file.path() + " has this request only 2 times");
}

ASYNC_TEST_CASE("replay_transport: another method, URL or body is another request, and its error names it") {
  const TemporaryFile file;
  co_await record(file);
  const Client client{{.base_url = "http://h", .transport = std::make_shared<ReplayTransport>(file.path())}};
  const std::string nothing = ": the cassette " + file.path() + " has no such request";
  const std::string query = co_await reply_to(client.get("/a?x=2"));
  CHECK(query == "GET http://h/a?x=2" + nothing);
  const std::string method = co_await reply_to(client.del("/a?x=1"));
  CHECK(method == "DELETE http://h/a?x=1" + nothing);
  const std::string host = co_await reply_to(client.get("http://other/a?x=1"));
  CHECK(host == "GET http://other/a?x=1" + nothing);
  const std::string body = co_await reply_to(client.post("/b").body("another question"));
  CHECK(body == "POST http://h/b" + nothing);
}

ASYNC_TEST_CASE("replay_transport: without match_body any body will do") {
  const TemporaryFile file;
  co_await record(file);
  ReplayOptions options;
  options.match_body = false;
  const Client client{{.base_url = "http://h", .transport = std::make_shared<ReplayTransport>(file.path(), options)}};
  const std::string posted = co_await reply_to(client.post("/b").body("another question"));
  CHECK(posted.starts_with("200 "));
  const std::string again = co_await reply_to(client.post("/b").body("another question"));
  CHECK(again == "POST http://h/b: the cassette " + file.path() + " has this request only 1 time");
}

ASYNC_TEST_CASE("replay_transport: with allow_repeats the last recording goes on to answer") {
  const TemporaryFile file;
  co_await record(file);
  ReplayOptions options;
  options.allow_repeats = true;
  const Client client{{.base_url = "http://h", .transport = std::make_shared<ReplayTransport>(file.path(), options)}};
  std::string all;
  for (int i = 0; i < 4; ++i)
    all += co_await reply_to(client.get("/a?x=1")) + ", ";
  CHECK(all == "200 first, 200 second, 200 second, 200 second, ");
}

TEST_CASE("replay_transport: a file that isn't there is said when it is made") {
  CHECK_THROWS_WITH_AS(ReplayTransport("/no-such-file.json"), "cannot read the cassette /no-such-file.json",
                       std::runtime_error);
}

TEST_SUITE_END();
