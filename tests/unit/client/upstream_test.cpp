// SPDX-License-Identifier: BSL-1.0
// What an Upstream lets through, where it sends it, and what it counts.
#include "coroute/client/upstream.hpp"

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "coroute/asyncio/deadline.hpp"
#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/task.hpp"
#include "coroute/testing/mock_transport.hpp"
#include "support/async_test.hpp"
#include "support/client_outcome.hpp"

using namespace coroute;
using namespace std::chrono_literals;
using coroute::test::outcome_of;

namespace {

/// Answers "ok" after some time, and counts; each host may be told to be slow or broken.
class Backend final : public Transport {
 public:
  struct Host {
    Clock::duration delay = 10ms;
    Status status = Status::Ok;
    bool is_down = false;
    int requests = 0;
    int in_progress = 0;
    int most_in_progress = 0;
  };
  Host& host(const std::string& name) { return hosts_[name]; }

  Async<Response> send(TransportRequest request) override {
    Host& host = hosts_[std::string(request.url.host())];
    const Entered entered(host);
    if (host.is_down) throw ConnectError(MockTransport::label(request), "mocked");
    co_await sleep(host.delay);
    Response response = text("ok");
    response.status = host.status;
    co_return response;
  }

 private:
  struct Entered {
    explicit Entered(Host& where) : host(where) {
      ++host.requests;
      host.most_in_progress = std::max(host.most_in_progress, ++host.in_progress);
    }
    ~Entered() { --host.in_progress; }
    Host& host;
  };
  std::map<std::string, Host> hosts_;
};

UpstreamOptions options_of(std::shared_ptr<Transport> transport, std::vector<std::string> addresses = {"http://a"}) {
  UpstreamOptions options;
  options.addresses = std::move(addresses);
  options.client.transport = std::move(transport);
  options.client.retries.max_attempts = 1;
  return options;
}

/// How so many requests end that are sent at once.
Async<std::map<std::string, int>> flood(const Upstream& upstream, int count) {
  std::vector<Async<std::string>> requests;
  for (int i = 0; i < count; ++i)
    requests.push_back(outcome_of(upstream.get("/")));
  const std::vector<std::string> outcomes = co_await gather(std::move(requests));
  std::map<std::string, int> counts;
  for (const std::string& outcome : outcomes)
    ++counts[outcome];
  co_return counts;
}

}  // namespace

TEST_SUITE_BEGIN("client");

ASYNC_TEST_CASE("upstream: never has more requests in progress than its limit, and the others wait") {
  const auto backend = std::make_shared<Backend>();
  UpstreamOptions options = options_of(backend);
  options.concurrency.limit = 3;
  Upstream upstream(options);
  const auto began = EventLoop::current().time();
  const auto counts = co_await flood(upstream, 9);
  CHECK(counts.at("200 ok") == 9);
  CHECK(backend->host("a").most_in_progress == 3);
  CHECK(EventLoop::current().time() - began == 30ms);
}

ASYNC_TEST_CASE("upstream: refuses what finds its queue full") {
  const auto backend = std::make_shared<Backend>();
  UpstreamOptions options = options_of(backend);
  options.concurrency.limit = 2;
  options.concurrency.max_queue = 3;
  Upstream upstream(options);
  auto counts = co_await flood(upstream, 5);
  CHECK(counts["200 ok"] == 5);
  counts = co_await flood(upstream, 8);
  CHECK(counts["200 ok"] == 5);
  CHECK(counts["UpstreamQueueFull"] == 3);
  CHECK(upstream.stats().queue_full == 3);
  CHECK(backend->host("a").requests == 10);
}

ASYNC_TEST_CASE("upstream: with a queue of none, what can't go at once is refused") {
  UpstreamOptions options = options_of(std::make_shared<Backend>());
  options.concurrency.limit = 1;
  options.concurrency.max_queue = 0;
  Upstream upstream(options);
  auto counts = co_await flood(upstream, 2);
  CHECK(counts["200 ok"] == 1);
  CHECK(counts["UpstreamQueueFull"] == 1);
}

ASYNC_TEST_CASE("upstream: waiting for a turn counts for the limits on time") {
  const auto backend = std::make_shared<Backend>();
  backend->host("a").delay = 1s;
  UpstreamOptions options = options_of(backend);
  options.concurrency.limit = 1;
  options.client.timeout.pool = 300ms;
  Upstream upstream(options);
  Task<std::string> first = create_task(outcome_of(upstream.get("/")));
  co_await sleep(1ms);
  std::string ended = co_await outcome_of(upstream.get("/"));
  CHECK(ended == "PoolTimeout");
  ended = co_await outcome_of(upstream.get("/").timeout(200ms));
  CHECK(ended == "TotalTimeout");
  ended = co_await first;
  CHECK(ended == "200 ok");
  CHECK(backend->host("a").requests == 1);
  CHECK(upstream.stats().addresses.at(0).failures == 0);
}

ASYNC_TEST_CASE("upstream: who is cancelled while waiting leaves its place") {
  const auto backend = std::make_shared<Backend>();
  UpstreamOptions options = options_of(backend);
  options.concurrency.limit = 1;
  options.concurrency.max_queue = 1;
  Upstream upstream(options);
  Task<std::string> first = create_task(outcome_of(upstream.get("/")));
  Task<std::string> second = create_task(outcome_of(upstream.get("/")));
  co_await sleep(1ms);
  CHECK(upstream.stats().in_progress == 1);
  CHECK(upstream.stats().waiting == 1);
  second.cancel();
  co_await sleep(1ms);
  CHECK(upstream.stats().waiting == 0);
  std::string ended = co_await outcome_of(upstream.get("/"));
  CHECK(ended == "200 ok");
  ended = co_await first;
  CHECK(backend->host("a").requests == 2);
}

ASYNC_TEST_CASE("upstream: a streamed answer keeps its place until it is let go") {
  UpstreamOptions options = options_of(std::make_shared<Backend>());
  options.concurrency.limit = 1;
  options.concurrency.max_queue = 0;
  Upstream upstream(options);
  {
    ClientStream stream = co_await upstream.get("/").stream();
    CHECK(stream.status() == Status::Ok);
    const std::string refused = co_await outcome_of(upstream.get("/"));
    CHECK(refused == "UpstreamQueueFull");
  }
  const std::string ended = co_await outcome_of(upstream.get("/"));
  CHECK(ended == "200 ok");
}

ASYNC_TEST_CASE("upstream: opens the circuit of a backend that fails, and closes it when it is well again") {
  const auto backend = std::make_shared<Backend>();
  UpstreamOptions options = options_of(backend);
  options.breaker.min_requests = 5;
  options.breaker.open_for = 1s;
  Upstream upstream(options);
  backend->host("a").status = Status::BadGateway;
  auto counts = co_await flood(upstream, 5);
  CHECK(counts["502 ok"] == 5);
  counts = co_await flood(upstream, 100);
  CHECK(counts["CircuitOpen"] == 100);
  CHECK(backend->host("a").requests == 5);
  CHECK(upstream.stats().circuit_open == 100);
  CHECK(upstream.stats().addresses.at(0).circuit == CircuitState::open);
  CHECK(upstream.stats().addresses.at(0).circuit_opened == 1);

  co_await sleep(1s);
  counts = co_await flood(upstream, 10);  // one on trial, which fails
  CHECK(counts["502 ok"] == 1);
  CHECK(counts["CircuitOpen"] == 9);
  backend->host("a").status = Status::Ok;
  co_await sleep(2s);
  std::string ended = co_await outcome_of(upstream.get("/"));
  CHECK(ended == "200 ok");
  counts = co_await flood(upstream, 10);
  CHECK(counts["200 ok"] == 10);
}

ASYNC_TEST_CASE("upstream: an open circuit says how long to wait") {
  const auto backend = std::make_shared<Backend>();
  backend->host("a").is_down = true;
  UpstreamOptions options = options_of(backend);
  options.name = "inventory";
  options.breaker.min_requests = 1;
  options.breaker.open_for = 1s;
  Upstream upstream(options);
  std::string ended = co_await outcome_of(upstream.get("/"));
  CHECK(ended == "ConnectError");
  co_await sleep(400ms);
  try {
    co_await upstream.get("/stock?id=1");
    FAIL("it is open");
  } catch (const CircuitOpen& error) {
    CHECK(error.retry_after() == 600ms);
    CHECK(std::string(error.what()) ==
          "GET http://a/stock: too many requests to inventory have failed; the next trial is in 600 ms");
  }
}

ASYNC_TEST_CASE("upstream: errors that say nothing about the backend are none of its failures") {
  const auto backend = std::make_shared<Backend>();
  backend->host("a").status = Status::NotFound;
  UpstreamOptions options = options_of(backend);
  options.breaker.min_requests = 1;
  options.client.limits.max_body_bytes = 1;
  Upstream upstream(options);
  std::string ended = co_await outcome_of(upstream.get("/"));
  CHECK(ended == "ResponseTooLarge");
  ended = co_await outcome_of(upstream.get("/").max_body_bytes(10));
  CHECK(ended == "404 ok");
  Task<std::string> left = create_task(outcome_of(upstream.get("/")));
  co_await sleep(5ms);
  left.cancel();
  co_await sleep(5ms);
  const UpstreamStats stats = upstream.stats();
  CHECK(stats.addresses.at(0).circuit == CircuitState::closed);
  CHECK(stats.addresses.at(0).requests == 1);
  CHECK(stats.addresses.at(0).failures == 0);
  CHECK(stats.in_progress == 0);
  CHECK(stats.addresses.at(0).in_progress == 0);
}

ASYNC_TEST_CASE("upstream: a backend that answers too late fails, one whose caller had no time left doesn't") {
  const auto backend = std::make_shared<Backend>();
  backend->host("a").delay = 1s;
  Upstream upstream(options_of(backend));
  std::string ended = co_await outcome_of(upstream.get("/").timeout(100ms));
  CHECK(ended == "TotalTimeout");
  CHECK(upstream.stats().addresses.at(0).failures == 1);
  try {
    co_await with_deadline(100ms, outcome_of(upstream.get("/")));
    FAIL("there is no time");
  } catch (const TimeoutError&) {
  }
  CHECK(upstream.stats().addresses.at(0).failures == 1);
}

ASYNC_TEST_CASE("upstream: shares requests among addresses, and gives a slow one less") {
  const auto backend = std::make_shared<Backend>();
  backend->host("slow").delay = 100ms;
  Upstream upstream(options_of(backend, {"http://a", "http://slow", "http://b"}));
  for (int i = 0; i < 30; ++i)
    co_await flood(upstream, 10);
  CHECK(backend->host("a").requests + backend->host("b").requests + backend->host("slow").requests == 300);
  CHECK(backend->host("a").requests > 60);
  CHECK(backend->host("b").requests > 60);
  CHECK(backend->host("slow").requests > 0);
  CHECK(backend->host("slow").requests < 60);
}

ASYNC_TEST_CASE("upstream: leaves out an address that is down, and goes back to it") {
  const auto backend = std::make_shared<Backend>();
  UpstreamOptions options = options_of(backend, {"http://a", "http://b"});
  options.breaker.min_requests = 2;
  options.client.retries.max_attempts = 2;
  options.client.retries.first_backoff = 0ms;
  Upstream upstream(options);
  backend->host("b").is_down = true;
  for (int i = 0; i < 20; ++i) {
    auto counts = co_await flood(upstream, 4);
    CHECK(counts["200 ok"] == 4);  // the second attempt goes to the other address
  }
  CHECK(backend->host("b").requests < 10);
  backend->host("b").is_down = false;
  co_await sleep(30s);
  for (int i = 0; i < 40; ++i)
    co_await flood(upstream, 4);
  CHECK(upstream.stats().addresses.at(1).circuit == CircuitState::closed);
  CHECK(backend->host("b").requests > 20);
}

ASYNC_TEST_CASE("upstream: paths are appended to what each address has, and other URLs are refused") {
  const auto mock = std::make_shared<MockTransport>();
  mock->on("GET", "http://a/one/x?q=1", text("1")).on("GET", "http://b/two/x?q=1", text("2"));
  Upstream upstream(options_of(mock, {"http://a/one/", "http://b/two"}));
  std::map<std::string, int> seen;
  for (int i = 0; i < 50; ++i)
    ++seen[co_await outcome_of(upstream.get("/x").query("q", 1))];
  CHECK(seen["200 1"] > 0);
  CHECK(seen["200 2"] > 0);
  const std::string ended = co_await outcome_of(upstream.get("http://c/x"));
  CHECK(ended == "InvalidUrl");
}

ASYNC_TEST_CASE("upstream: a redirect on the same host stays there, one to another host is not the upstream's") {
  const auto mock = std::make_shared<MockTransport>();
  mock->on("GET", "/start", redirect("/next")).on("GET", "/next", text("here"));
  mock->on("GET", "/away", redirect("http://elsewhere/x")).on("GET", "http://elsewhere/x", text("there"));
  Upstream upstream(options_of(mock, {"http://a", "http://b", "http://c"}));
  for (int i = 0; i < 10; ++i) {
    const ClientResponse here = co_await upstream.get("/start");
    CHECK(here.text() == "here");
    const auto sent = mock->requests();
    CHECK(sent[sent.size() - 2].url.host() == sent.back().url.host());
  }
  std::string ended = co_await outcome_of(upstream.get("/away"));
  CHECK(ended == "200 there");
  std::uint64_t requests = 0;
  for (const UpstreamAddressStats& address : upstream.stats().addresses)
    requests += address.requests;
  CHECK(requests == 21);
}

ASYNC_TEST_CASE("upstream: an adaptive limit grows as far as the backend goes along") {
  const auto backend = std::make_shared<Backend>();
  UpstreamOptions options = options_of(backend);
  options.concurrency.limit = 5;
  options.concurrency.adaptive = true;
  options.concurrency.max_limit = 30;
  Upstream upstream(options);
  for (int i = 0; i < 20; ++i)
    co_await flood(upstream, 100);
  CHECK(upstream.stats().limit == 30);
  CHECK(backend->host("a").most_in_progress == 30);
}

ASYNC_TEST_CASE("upstream: an adaptive limit falls to its least while the backend refuses, and no permit is lost") {
  const auto backend = std::make_shared<Backend>();
  UpstreamOptions options = options_of(backend);
  options.concurrency.limit = 50;
  options.concurrency.adaptive = true;
  options.concurrency.min_limit = 4;
  options.breaker.enabled = false;
  Upstream upstream(options);
  backend->host("a").status = Status::TooManyRequests;
  for (int i = 0; i < 40; ++i)
    co_await flood(upstream, 100);
  CHECK(upstream.stats().limit == 4);
  backend->host("a").most_in_progress = 0;
  co_await flood(upstream, 20);
  CHECK(backend->host("a").most_in_progress == 4);
  backend->host("a").status = Status::Ok;
  for (int i = 0; i < 100; ++i)
    co_await flood(upstream, 100);
  CHECK(upstream.stats().limit > 20);
}

ASYNC_TEST_CASE("upstream: says how it is") {
  const auto backend = std::make_shared<Backend>();
  UpstreamOptions options = options_of(backend, {"http://a/", "http://b"});
  options.name = "inventory";
  options.concurrency.limit = 7;
  Upstream upstream(options);
  co_await flood(upstream, 1);
  const UpstreamStats stats = upstream.stats();
  CHECK(stats.name == "inventory");
  CHECK(stats.limit == 7);
  CHECK(stats.addresses.at(0).address == "http://a");
  CHECK(stats.addresses.at(0).latency_ms + stats.addresses.at(1).latency_ms == doctest::Approx(10).epsilon(0.01));
  CHECK(stats.addresses.at(0).requests + stats.addresses.at(1).requests == 1);
  CHECK(Upstream(options_of(backend)).stats().name == "http://a");
}

TEST_CASE("upstream: options that can't be used are refused") {
  const auto refused = [](auto change) {
    UpstreamOptions options = options_of(nullptr);
    change(options);
    try {
      Upstream upstream(options);
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK(refused([](UpstreamOptions&) {}) == "accepted");
  CHECK(refused([](UpstreamOptions& options) { options.addresses.clear(); }) == "an upstream needs an address");
  CHECK(refused([](UpstreamOptions& options) { options.client.base_url = "http://x"; }) ==
        "an upstream has addresses in place of client.base_url");
  CHECK(refused([](UpstreamOptions& options) { options.concurrency.limit = 0; }) == "concurrency.limit must not be 0");
  CHECK(refused([](UpstreamOptions& options) { options.concurrency.min_limit = 0; }) ==
        "concurrency.min_limit must not be 0");
  CHECK(refused([](UpstreamOptions& options) { options.concurrency.max_limit = 4; }) ==
        "concurrency.min_limit must not be above max_limit");
  CHECK(refused([](UpstreamOptions& options) { options.breaker.failure_ratio = 0; }) ==
        "breaker.failure_ratio is above 0 and at most 1");
  CHECK(refused([](UpstreamOptions& options) { options.breaker.failure_ratio = 1.1; }) ==
        "breaker.failure_ratio is above 0 and at most 1");
  CHECK(refused([](UpstreamOptions& options) { options.breaker.min_requests = 0; }) ==
        "breaker.min_requests must not be 0");
  CHECK(refused([](UpstreamOptions& options) { options.breaker.trial_requests = 0; }) ==
        "breaker.trial_requests must not be 0");
  CHECK(refused([](UpstreamOptions& options) { options.breaker.window = 0ms; }) ==
        "breaker.window and open_for must not be 0");
  CHECK(refused([](UpstreamOptions& options) { options.breaker.max_open_for = 10ms; }) ==
        "breaker.open_for must not be above max_open_for");
  UpstreamOptions bad_address = options_of(nullptr, {"ftp://x"});
  CHECK_THROWS_AS(Upstream{bad_address}, InvalidUrl);
}

TEST_SUITE_END();
