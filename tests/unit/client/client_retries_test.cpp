// SPDX-License-Identifier: BSL-1.0
// Which requests are sent again, when, and how often.
#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "coroute/asyncio/sleep.hpp"
#include "coroute/client/client.hpp"
#include "coroute/testing/mock_transport.hpp"
#include "support/async_test.hpp"
#include "support/client_outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::test::outcome_of;

namespace {

/// A client of `mock` that tries again at once.
Client patient_client(std::shared_ptr<MockTransport> mock, ClientRetries retries = {}) {
  retries.first_backoff = 0ms;
  return Client({.base_url = "http://h", .retries = std::move(retries), .transport = std::move(mock)});
}

}  // namespace

TEST_SUITE_BEGIN("client");

ASYNC_TEST_CASE("client retries: what was not sent is tried again, whatever its method") {
  std::string ended;
  for (const char* method : {"GET", "POST"}) {
    const auto mock = std::make_shared<MockTransport>();
    Client client = patient_client(mock, {.max_attempts = 3});
    mock->fail<ConnectError>(method, "/a").fail<ConnectTimeout>(method, "/b").fail<DnsTimeout>(method, "/c");
    mock->fail<TlsTimeout>(method, "/d");
    ended = co_await outcome_of(client.request(method, "/a"));
    CHECK(ended == "ConnectError");
    ended = co_await outcome_of(client.request(method, "/b"));
    CHECK(ended == "ConnectTimeout");
    ended = co_await outcome_of(client.request(method, "/c"));
    CHECK(ended == "DnsTimeout");
    ended = co_await outcome_of(client.request(method, "/d"));
    CHECK(ended == "TlsTimeout");
    CHECK(mock->requests().size() == 12);
  }
}

ASYNC_TEST_CASE("client retries: what may have been sent is tried again only when that does no harm") {
  const auto mock = std::make_shared<MockTransport>();
  Client client = patient_client(mock);
  for (const char* method : {"GET", "PUT", "DELETE", "POST", "PATCH"}) {
    mock->fail<ConnectionClosed>(method, "/closed").fail<HeadTimeout>(method, "/head");
    mock->fail<WriteTimeout>(method, "/write")
        .fail<ProtocolError>(method, "/garbage")
        .fail<TotalTimeout>(method, "/total");
    for (const char* path : {"/closed", "/head", "/write", "/garbage", "/total"})
      co_await outcome_of(client.request(method, path));
  }
  for (const char* method : {"GET", "PUT", "DELETE"}) {
    CHECK(mock->count(method, "/closed") == 2);
    CHECK(mock->count(method, "/head") == 2);
    CHECK(mock->count(method, "/write") == 2);
    CHECK(mock->count(method, "/garbage") == 1);
    CHECK(mock->count(method, "/total") == 1);
  }
  for (const char* method : {"POST", "PATCH"}) {
    for (const char* path : {"/closed", "/head", "/write", "/garbage", "/total"})
      CHECK(mock->count(method, path) == 1);
  }
}

ASYNC_TEST_CASE("client retries: a second attempt that succeeds is the answer") {
  std::string ended;
  int calls = 0;
  const auto mock = std::make_shared<MockTransport>([&calls](const TransportRequest& request) -> Async<Response> {
    if (++calls == 1) throw ConnectionClosed(MockTransport::label(request), "mocked");
    co_return text(request.body);
  });
  Client client = patient_client(mock);
  ended = co_await outcome_of(client.put("/").body("same body"));
  CHECK(ended == "200 same body");
  CHECK(calls == 2);
}

ASYNC_TEST_CASE("client retries: a generated body is sent once") {
  std::string ended;
  const auto mock = std::make_shared<MockTransport>();
  mock->fail<ConnectionClosed>("PUT", "/");
  Client client = patient_client(mock);
  auto pieces = []() -> AsyncGenerator<std::string> { co_yield "x"; };
  ended = co_await outcome_of(client.put("/").body(pieces()));
  CHECK(ended == "ConnectionClosed");
  CHECK(mock->requests().size() == 1);
}

ASYNC_TEST_CASE("client retries: statuses are tried again when they are named, for idempotent methods") {
  std::string ended;
  const auto mock = std::make_shared<MockTransport>();
  mock->on("GET", "/", std::vector<Response>{Response(Status::ServiceUnavailable), text("well")});
  mock->on("POST", "/", Response(Status::ServiceUnavailable)).on("GET", "/never", Response(Status::ServiceUnavailable));
  Client client = patient_client(mock, {.max_attempts = 3, .statuses = {502, 503}});
  Client plain = patient_client(mock);
  ended = co_await outcome_of(client.get("/"));
  CHECK(ended == "200 well");
  ended = co_await outcome_of(client.post("/"));
  CHECK(ended == "503 ");
  CHECK(mock->count("POST", "/") == 1);
  ended = co_await outcome_of(client.get("/never"));
  CHECK(ended == "503 ");
  CHECK(mock->count("GET", "/never") == 3);
  ended = co_await outcome_of(plain.get("/never"));
  CHECK(ended == "503 ");
  CHECK(mock->count("GET", "/never") == 4);
}

ASYNC_TEST_CASE("client retries: Retry-After is waited for, one beyond the limit is the answer") {
  std::string ended;
  const auto mock = std::make_shared<MockTransport>();
  Response soon(Status::TooManyRequests);
  soon.headers.add("retry-after", "5");
  Response late(Status::TooManyRequests);
  late.headers.add("retry-after", "6");
  mock->on("GET", "/soon", std::vector<Response>{soon, text("well")});
  mock->on("GET", "/late", std::vector<Response>{late, text("well")});
  Client client = patient_client(mock, {.statuses = {429}});
  const Clock::time_point begin = EventLoop::current().time();
  ended = co_await outcome_of(client.get("/soon"));
  CHECK(ended == "200 well");
  CHECK(EventLoop::current().time() - begin == 5s);
  ended = co_await outcome_of(client.get("/late"));
  CHECK(ended == "429 ");
  CHECK(EventLoop::current().time() - begin == 5s);
}

ASYNC_TEST_CASE("client retries: there is none that the total limit doesn't leave time for") {
  std::string ended;
  const auto mock = std::make_shared<MockTransport>();
  Response soon(Status::TooManyRequests);
  soon.headers.add("retry-after", "2");
  mock->on("GET", "/", std::vector<Response>{soon, text("well")});
  Client client = patient_client(mock, {.statuses = {429}});
  ended = co_await outcome_of(client.get("/").timeout(2s));
  CHECK(ended == "429 ");
  CHECK(mock->requests().size() == 1);
}

ASYNC_TEST_CASE("client retries: pauses are random, up to twice as long each time, and bounded") {
  const auto mock = std::make_shared<MockTransport>();
  mock->fail<ConnectError>("GET", "/");
  Client client({.base_url = "http://h",
                 .retries = {.max_attempts = 6, .first_backoff = 100ms, .max_backoff = 400ms, .budget_burst = 1000},
                 .transport = mock});
  Clock::duration longest{};
  for (int i = 0; i < 100; ++i) {
    const Clock::time_point begin = EventLoop::current().time();
    co_await outcome_of(client.get("/"));
    longest = std::max(longest, EventLoop::current().time() - begin);
  }
  CHECK(longest <= 1500ms);  // 100 + 200 + 400 + 400 + 400
  CHECK(longest > 500ms);
}

ASYNC_TEST_CASE("client retries: a backend that is down gets the budget's share more, no multiples") {
  const auto mock = std::make_shared<MockTransport>();
  mock->fail<ConnectionClosed>("GET", "/");
  Client client = patient_client(mock, {.max_attempts = 5, .budget = 0.1, .budget_burst = 10});
  for (int i = 0; i < 1000; ++i)
    co_await outcome_of(client.get("/"));
  CHECK(mock->requests().size() <= 1110);
  CHECK(mock->requests().size() >= 1100);
}

ASYNC_TEST_CASE("client retries: cancelling ends the pause, too") {
  const auto mock = std::make_shared<MockTransport>();
  Response later(Status::TooManyRequests);
  later.headers.add("retry-after", "5");
  mock->on("GET", "/", later);
  Client client = patient_client(mock, {.statuses = {429}});
  const Task<ClientResponse> task = create_task(client.get("/").send());
  co_await sleep(1s);
  task.cancel();
  co_await sleep(0s);
  CHECK(task.cancelled());
}

TEST_SUITE_END();
