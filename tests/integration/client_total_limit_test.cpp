// SPDX-License-Identifier: BSL-1.0
// The limit of connections to all hosts together, over real sockets.
#include <doctest/doctest.h>

#include <string>

#include "coroute/asyncio/run.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/client/client.hpp"
#include "support/client_outcome.hpp"
#include "support/raw_server.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

/// Answers what has "/hold" as its path when the peer leaves, and everything else at once.
void answer_unless_held(RawConnection& connection) {
  while (true) {
    const std::string request = connection.read_request();
    if (request.empty()) return;
    if (request.starts_with("GET /hold")) return connection.wait_for_close();
    connection.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
  }
}

}  // namespace

TEST_SUITE_BEGIN("client");

TEST_CASE(
    "client: max_connections counts those to all hosts, and waiting for one is bounded by timeout.pool and total") {
  RawServer first(answer_unless_held);
  RawServer second(answer_unless_held);
  const Client client{{.timeout = {.pool = 60ms}, .limits = {.max_connections = 2}}};
  run([](const Client& http, std::string a, std::string b) -> Async<void> {
    const Task<std::string> held = create_task(outcome_of(http.get(a + "/hold").timeout(600ms)));
    const Task<std::string> also_held = create_task(outcome_of(http.get(a + "/hold").timeout(300ms)));
    co_await sleep(20ms);
    const std::string by_pool = co_await outcome_of(http.get(b + "/"));
    CHECK(by_pool == "PoolTimeout");
    const std::string by_total = co_await outcome_of(http.get(b + "/").timeout(10ms));
    CHECK(by_total == "TotalTimeout");
    const std::string end = co_await also_held;
    CHECK(end == "TotalTimeout");
    const std::string with_room = co_await outcome_of(http.get(b + "/"));
    CHECK(with_room == "200 ok");
    co_await held;
  }(client, first.url(), second.url()));
}

TEST_CASE("client: an idle connection to another host is closed for a new one when max_connections are open") {
  RawServer first(answer_unless_held);
  RawServer second(answer_unless_held);
  const Client client{{.limits = {.max_connections = 1}}};
  run([](const Client& http, std::string a, std::string b) -> Async<void> {
    for (const std::string& url : {a, a, b, b}) {
      const std::string outcome = co_await outcome_of(http.get(url));
      CHECK(outcome == "200 ok");
    }
  }(client, first.url(), second.url()));
  CHECK(first.accepted() == 1);
  CHECK(second.accepted() == 1);
  CHECK(eventually([&] { return first.open() == 0; }));
}

TEST_CASE("client: limits of 0 connections are refused") {
  CHECK_THROWS_WITH_AS(Client({.limits = {.max_connections = 0}}), "max_connections must not be 0",
                       std::invalid_argument);
}

TEST_SUITE_END();
