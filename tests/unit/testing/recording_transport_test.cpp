// SPDX-License-Identifier: BSL-1.0
#include "coroute/testing/recording_transport.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/client/client.hpp"
#include "coroute/json.hpp"
#include "coroute/testing/mock_transport.hpp"
#include "support/async_test.hpp"
#include "support/client_outcome.hpp"
#include "support/temporary_file.hpp"
#include "testing/cassette.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;
using coroute::detail::Cassette;

namespace {

std::shared_ptr<MockTransport> backend() {
  auto mock = std::make_shared<MockTransport>();
  Response login("welcome", "text/plain");
  login.headers.add("set-cookie", "session=secret-3");
  login.headers.add("x-trace", "7");
  mock->on("POST", "/login", login);
  mock->on("GET", "/json", json(Json{{"a", 1}}));
  mock->on("GET", "/slow", [](const TransportRequest&) -> Async<Response> {
    co_await sleep(5s);
    co_return Response("slow");
  });
  mock->fail<ConnectError>("GET", "/down");
  return mock;
}

}  // namespace

TEST_SUITE_BEGIN("testing");

ASYNC_TEST_CASE("recording_transport: writes requests and answers when it ends, without credentials") {
  const TemporaryFile file;
  const auto mock = backend();
  {
    const Client client{{.base_url = "http://h", .transport = std::make_shared<RecordingTransport>(file.path(), mock)}};
    const ClientResponse answer =
        co_await client.post("/login?x=1").body("name").bearer_auth("secret-1").cookie("old", "secret-2");
    CHECK(answer.text() == "welcome");
    CHECK(answer.header("set-cookie") == "session=secret-3");
    CHECK(file.read() == Cassette().to_text());
  }
  CHECK(mock->requests().at(0).headers.get("authorization") == "Bearer secret-1");
  CHECK(file.read().find("secret") == std::string::npos);
  const Cassette cassette = Cassette::load(file.path());
  REQUIRE(cassette.interactions.size() == 1);
  const auto& recorded = cassette.interactions[0];
  CHECK(recorded.label() == "POST http://h/login?x=1");
  CHECK(recorded.request_body == "name");
  CHECK(recorded.request_headers.get("authorization") == "[redacted]");
  CHECK(recorded.request_headers.get("host") == "h");
  CHECK(recorded.status == Status::Ok);
  CHECK(recorded.response_headers.get("x-trace") == "7");
  CHECK(recorded.response_body == "welcome");
}

ASYNC_TEST_CASE("recording_transport: other fields can be redacted, and none") {
  const TemporaryFile file;
  {
    const Client client{{.base_url = "http://h",
                         .transport = std::make_shared<RecordingTransport>(file.path(), backend(),
                                                                           std::vector<std::string>{"x-api-key"})}};
    co_await client.post("/login").header("x-api-key", "secret-4");
  }
  CHECK(file.read().find("secret-4") == std::string::npos);
  CHECK(file.read().find("session=secret-3") != std::string::npos);
}

ASYNC_TEST_CASE("recording_transport: recordings stand in the order of the requests, save writes those answered") {
  const TemporaryFile file;
  const auto recording = std::make_shared<RecordingTransport>(file.path(), backend());
  const Client client{{.base_url = "http://h", .transport = recording}};
  const Task<std::string> slow = create_task(outcome_of(client.get("/slow")));
  co_await sleep(1s);
  co_await client.get("/json");
  recording->save();
  CHECK(Cassette::load(file.path()).interactions.size() == 1);
  co_await slow;
  recording->save();
  const Cassette cassette = Cassette::load(file.path());
  REQUIRE(cassette.interactions.size() == 2);
  CHECK(cassette.interactions[0].label() == "GET http://h/slow");
  CHECK(cassette.interactions[1].response_headers.get("content-type") == "application/json");
}

ASYNC_TEST_CASE("recording_transport: answers may have fields that are not UTF-8") {
  const TemporaryFile file;
  auto mock = std::make_shared<MockTransport>();
  Response answer("ok");
  answer.headers.add("x-name", "caf\xE9");
  mock->on("GET", "/", answer);
  {
    const Client client{{.base_url = "http://h", .transport = std::make_shared<RecordingTransport>(file.path(), mock)}};
    co_await client.get("/");
  }
  const Cassette cassette = Cassette::load(file.path());
  REQUIRE(cassette.interactions.size() == 1);
  CHECK(cassette.interactions[0].response_headers.get("x-name") == "caf\xE9");
}

ASYNC_TEST_CASE("recording_transport: what fails is not recorded, and compression is not asked for") {
  const TemporaryFile file;
  const auto mock = backend();
  const auto recording = std::make_shared<RecordingTransport>(file.path(), mock);
  const Client client{{.base_url = "http://h", .retries = {.max_attempts = 1}, .transport = recording}};
  const std::string down = co_await outcome_of(client.get("/down"));
  CHECK(down == "ConnectError");
  CHECK_FALSE(mock->requests().at(0).headers.contains("accept-encoding"));
  recording->save();
  CHECK(Cassette::load(file.path()).interactions.empty());
}

TEST_CASE("recording_transport: a file that can't be written is said at once, later by save") {
  CHECK_THROWS_AS(RecordingTransport("/no-such-folder/x", backend()), std::runtime_error);
  CHECK_THROWS_AS(RecordingTransport("x", nullptr), std::invalid_argument);
  auto file = std::make_unique<TemporaryFile>();
  const RecordingTransport recording(file->path(), backend());
  file.reset();
  CHECK_THROWS_AS(recording.save(), std::runtime_error);
}

TEST_SUITE_END();
