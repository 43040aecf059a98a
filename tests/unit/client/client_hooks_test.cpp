// SPDX-License-Identifier: BSL-1.0
#include "coroute/client/hooks.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/client/client.hpp"
#include "coroute/testing/mock_transport.hpp"
#include "support/async_test.hpp"
#include "support/client_outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::test::outcome_of;

namespace {

/// Notes what it is told as text.
class Notes final : public ClientHooks {
 public:
  void on_request_start(const ClientTrace& trace) override { note("start", trace); }
  void on_connection(const ClientTrace& trace) override { note("connection", trace); }
  void on_response_head(const ClientTrace& trace) override { note("head", trace); }
  void on_request_end(const ClientTrace& trace) override {
    note("end", trace);
    if (!trace.error.empty()) text += ' ' + std::string(trace.error);
    if (trace.next == ClientTrace::Next::Retry) text += " retry";
    if (trace.next == ClientTrace::Next::Redirect) text += " redirect";
    last_head_time = trace.head;
    last_total = trace.total;
    last_sent = trace.bytes_sent;
    last_received = trace.bytes_received;
  }
  std::string take() { return std::exchange(text, {}); }

  std::string text;
  std::chrono::nanoseconds last_head_time{0};
  std::chrono::nanoseconds last_total{0};
  std::uint64_t last_sent = 0;
  std::uint64_t last_received = 0;

 private:
  void note(const char* what, const ClientTrace& trace) {
    if (!text.empty()) text += ", ";
    text.append(what).append(1, ' ').append(trace.method).append(1, ' ').append(trace.url);
    text += ' ' + std::to_string(trace.attempt) + '/' + std::to_string(trace.redirects);
    if (trace.status) text += ' ' + std::to_string(trace.status->code());
  }
};

class Throwing final : public ClientHooks {
 public:
  void on_request_start(const ClientTrace&) override { throw std::runtime_error("start"); }
  void on_response_head(const ClientTrace&) override { throw 7; }
  void on_request_end(const ClientTrace&) override { throw ConnectError("GET http://x", "hook"); }
};

struct Watched {
  std::shared_ptr<MockTransport> backend = std::make_shared<MockTransport>();
  std::shared_ptr<Notes> notes = std::make_shared<Notes>();
  Client client() const {
    ClientOptions options{.base_url = "http://h"};
    options.retries.statuses = {503};
    options.hooks = notes;
    options.transport = backend;
    return Client(options);
  }
};

Async<Response> slow_answer(const TransportRequest&) {
  co_await sleep(3s);
  co_return Response("hello");
}

}  // namespace

TEST_SUITE_BEGIN("client");

ASYNC_TEST_CASE("client hooks: are told of start, head and end, with the URL but not its query") {
  const Watched watched;
  watched.backend->on("POST", "/a", slow_answer);
  const Client client = watched.client();
  co_await client.post("/a?token=secret").body("1234567");
  CHECK(watched.notes->take() ==
        "start POST http://h/a 1/0, head POST http://h/a 1/0 200, end POST http://h/a 1/0 200");
  CHECK(watched.notes->last_head_time == 3s);
  CHECK(watched.notes->last_total == 3s);
  CHECK(watched.notes->last_sent == 7);
  CHECK(watched.notes->last_received == 5);
}

ASYNC_TEST_CASE("client hooks: each attempt starts and ends, and says what follows") {
  const Watched watched;
  watched.backend->on("GET", "/a", {Response(Status::ServiceUnavailable), Response("ok")});
  const Client client = watched.client();
  co_await client.get("/a");
  CHECK(watched.notes->take() ==
        "start GET http://h/a 1/0, head GET http://h/a 1/0 503, end GET http://h/a 1/0 503 retry, "
        "start GET http://h/a 2/0, head GET http://h/a 2/0 200, end GET http://h/a 2/0 200");
}

ASYNC_TEST_CASE("client hooks: a redirect is an attempt at another URL") {
  const Watched watched;
  watched.backend->on("POST", "/a", redirect("http://other/b?x", Status::SeeOther));
  watched.backend->on("GET", "/b", Response("ok"));
  const Client client = watched.client();
  co_await client.post("/a");
  CHECK(watched.notes->take() ==
        "start POST http://h/a 1/0, head POST http://h/a 1/0 303, end POST http://h/a 1/0 303 redirect, "
        "start GET http://other/b 1/1, head GET http://other/b 1/1 200, end GET http://other/b 1/1 200");
}

ASYNC_TEST_CASE("client hooks: an error is named by its type, whatever it is") {
  const Watched watched;
  watched.backend->fail<ConnectError>("POST", "/refused");
  watched.backend->on("GET", "/foreign", [](const TransportRequest&) -> Async<Response> {
    throw std::out_of_range("x");
    co_return Response();
  });
  watched.backend->on("GET", "/slow", slow_answer);
  const Client client = watched.client();
  const std::string refused = co_await outcome_of(client.post("/refused"));
  CHECK(refused == "ConnectError");
  CHECK(watched.notes->take() ==
        "start POST http://h/refused 1/0, end POST http://h/refused 1/0 ConnectError retry, "
        "start POST http://h/refused 2/0, end POST http://h/refused 2/0 ConnectError");
  bool thrown = false;
  try {
    co_await client.get("/foreign");
  } catch (const std::out_of_range&) {
    thrown = true;
  }
  CHECK(thrown);
  CHECK(watched.notes->take() == "start GET http://h/foreign 1/0, end GET http://h/foreign 1/0 std::out_of_range");
  const std::string late = co_await outcome_of(client.get("/slow").timeout(1s));
  CHECK(late == "TotalTimeout");
  CHECK(watched.notes->take() == "start GET http://h/slow 1/0, end GET http://h/slow 1/0 TotalTimeout");
  CHECK(watched.notes->last_total == 1s);
}

ASYNC_TEST_CASE("client hooks: a request that is cancelled ends, too") {
  const Watched watched;
  watched.backend->on("GET", "/slow", slow_answer);
  const Client client = watched.client();
  const Task<std::string> task = create_task(outcome_of(client.get("/slow")));
  co_await sleep(1s);
  task.cancel();
  co_await sleep(1s);
  CHECK(task.cancelled());
  CHECK(watched.notes->take() == "start GET http://h/slow 1/0, end GET http://h/slow 1/0 Cancelled");
}

ASYNC_TEST_CASE("client hooks: a stream ends when it has been read, once") {
  const Watched watched;
  watched.backend->on("GET", "/a", Response("ok"));
  const Client client = watched.client();
  {
    auto stream = co_await client.get("/a").stream();
    CHECK(watched.notes->take() == "start GET http://h/a 1/0, head GET http://h/a 1/0 200");
    const std::string body = co_await stream.read();
    CHECK(body == "ok");
    CHECK(watched.notes->take() == "end GET http://h/a 1/0 200");
  }
  CHECK(watched.notes->take().empty());
}

ASYNC_TEST_CASE("client hooks: what they throw does no harm") {
  const auto backend = std::make_shared<MockTransport>();
  backend->on("GET", "/a", Response("ok"));
  ClientOptions options{.base_url = "http://h"};
  options.hooks = std::make_shared<Throwing>();
  options.transport = backend;
  const Client client(options);
  const std::string outcome = co_await outcome_of(client.get("/a"));
  CHECK(outcome == "200 ok");
  CHECK(backend->count("GET", "/a") == 1);
}

TEST_SUITE_END();
