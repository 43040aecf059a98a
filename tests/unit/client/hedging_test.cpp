// SPDX-License-Identifier: BSL-1.0
// A second request beside one that takes its time.
#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/client/upstream.hpp"
#include "coroute/testing/mock_transport.hpp"
#include "support/async_test.hpp"
#include "support/client_outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::test::outcome_of;

namespace {

/// What each request in turn takes, and how it ends.
struct Turn {
  Clock::duration delay;
  std::string answer;  ///< "": the connection closes instead.
};

class Turns final : public Transport {
 public:
  explicit Turns(std::vector<Turn> turns) : turns_(std::move(turns)) {}

  Async<Response> send(TransportRequest request) override {
    hosts.emplace_back(request.url.host());
    const Turn turn = turns_.at(std::min(hosts.size(), turns_.size()) - 1);
    const Ended counted(*this);
    co_await sleep(turn.delay);
    if (turn.answer.empty()) throw ConnectionClosed(MockTransport::label(request), "mocked");
    ++answered;
    co_return text(turn.answer);
  }

  std::vector<std::string> hosts;
  int answered = 0;
  int ended = 0;

 private:
  struct Ended {
    explicit Ended(Turns& all) : turns(all) {}
    ~Ended() { ++turns.ended; }
    Turns& turns;
  };
  std::vector<Turn> turns_;
};

Client hedging_client(std::shared_ptr<Turns> turns, ClientRetries retries = {.max_attempts = 1}) {
  return Client({.base_url = "http://h",
                 .retries = std::move(retries),
                 .hedging = {.after = 100ms},
                 .transport = std::move(turns)});
}

}  // namespace

TEST_SUITE_BEGIN("client");

ASYNC_TEST_CASE("hedging: a request that is quick has none beside it") {
  const auto turns = std::make_shared<Turns>(std::vector<Turn>{{99ms, "first"}});
  Client client = hedging_client(turns);
  const std::string ended = co_await outcome_of(client.get("/"));
  CHECK(ended == "200 first");
  CHECK(turns->hosts.size() == 1);
}

ASYNC_TEST_CASE("hedging: the second answer counts when it comes first, and the first request is given up") {
  const auto turns = std::make_shared<Turns>(std::vector<Turn>{{10s, "first"}, {50ms, "second"}});
  Client client = hedging_client(turns);
  const auto began = EventLoop::current().time();
  const std::string ended = co_await outcome_of(client.get("/"));
  CHECK(ended == "200 second");
  CHECK(EventLoop::current().time() - began == 150ms);
  CHECK(turns->ended == 2);
  CHECK(turns->answered == 1);
}

ASYNC_TEST_CASE("hedging: the first answer counts when it comes first all the same") {
  const auto turns = std::make_shared<Turns>(std::vector<Turn>{{120ms, "first"}, {50ms, "second"}});
  Client client = hedging_client(turns);
  const std::string ended = co_await outcome_of(client.get("/"));
  CHECK(ended == "200 first");
  CHECK(turns->ended == 2);
  CHECK(turns->answered == 1);
}

ASYNC_TEST_CASE("hedging: one that fails leaves it to the other, and the error is that of the first") {
  auto turns = std::make_shared<Turns>(std::vector<Turn>{{200ms, "first"}, {10ms, ""}});
  std::string ended = co_await outcome_of(hedging_client(turns).get("/"));
  CHECK(ended == "200 first");
  turns = std::make_shared<Turns>(std::vector<Turn>{{110ms, ""}, {50ms, "second"}});
  ended = co_await outcome_of(hedging_client(turns).get("/"));
  CHECK(ended == "200 second");
  turns = std::make_shared<Turns>(std::vector<Turn>{{110ms, ""}, {50ms, ""}});
  ended = co_await outcome_of(hedging_client(turns).get("/"));
  CHECK(ended == "ConnectionClosed");
}

ASYNC_TEST_CASE("hedging: one that fails before its time is no reason for a second") {
  const auto turns = std::make_shared<Turns>(std::vector<Turn>{{50ms, ""}});
  Client client = hedging_client(turns);
  const std::string ended = co_await outcome_of(client.get("/"));
  CHECK(ended == "ConnectionClosed");
  CHECK(turns->hosts.size() == 1);
}

ASYNC_TEST_CASE("hedging: is for requests that may be sent twice") {
  const auto turns = std::make_shared<Turns>(std::vector<Turn>{{500ms, "first"}});
  Client client = hedging_client(turns);
  std::string ended = co_await outcome_of(client.post("/").body("x"));
  CHECK(ended == "200 first");
  ended = co_await outcome_of(client.patch("/").body("x"));
  CHECK(turns->hosts.size() == 2);
  ended = co_await outcome_of(client.put("/").body("x"));
  CHECK(turns->hosts.size() == 4);
}

ASYNC_TEST_CASE("hedging: takes from the budget of retries, and stops when that is used up") {
  const auto turns = std::make_shared<Turns>(std::vector<Turn>{{500ms, "first"}});
  Client client = hedging_client(turns, {.max_attempts = 1, .budget = 0.5, .budget_burst = 3});
  std::string ended;
  for (int i = 0; i < 20; ++i)
    ended = co_await outcome_of(client.get("/"));
  CHECK(turns->hosts.size() >= 20 + 3 + 9);
  CHECK(turns->hosts.size() <= 20 + 3 + 10);
}

ASYNC_TEST_CASE("hedging: a second request is not tried again itself") {
  const auto turns = std::make_shared<Turns>(std::vector<Turn>{{500ms, "first"}, {10ms, ""}});
  Client client = hedging_client(turns, {.max_attempts = 5, .first_backoff = 0ms});
  const std::string ended = co_await outcome_of(client.get("/"));
  CHECK(ended == "200 first");
  CHECK(turns->hosts.size() == 2);
}

ASYNC_TEST_CASE("hedging: both have the deadline of the first, and end when the caller is cancelled") {
  auto turns = std::make_shared<Turns>(std::vector<Turn>{{10s, "late"}});
  Client client = hedging_client(turns);
  const auto began = EventLoop::current().time();
  const std::string ended = co_await outcome_of(client.get("/").timeout(1s));
  CHECK(ended == "TotalTimeout");
  CHECK(EventLoop::current().time() - began == 1s);
  CHECK(turns->ended == 2);
  Task<std::string> task = create_task(outcome_of(client.get("/")));
  co_await sleep(200ms);
  task.cancel();
  co_await sleep(1ms);
  CHECK(task.cancelled());
  CHECK(turns->ended == 4);
}

ASYNC_TEST_CASE("hedging: an upstream sends the second request to another address, and counts it") {
  const auto turns = std::make_shared<Turns>(std::vector<Turn>{{300ms, "x"}});
  UpstreamOptions options;
  options.addresses = {"http://a", "http://b"};
  options.client.transport = turns;
  options.client.hedging.after = 100ms;
  options.client.retries.budget = 1;
  Upstream upstream(options);
  for (int i = 0; i < 5; ++i)
    co_await outcome_of(upstream.get("/"));
  CHECK(turns->hosts.size() == 10);
  for (std::size_t i = 0; i + 1 < turns->hosts.size(); i += 2)
    CHECK(turns->hosts[i] != turns->hosts[i + 1]);
  CHECK(upstream.stats().hedges == 5);
}

TEST_SUITE_END();
