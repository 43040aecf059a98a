// SPDX-License-Identifier: BSL-1.0
// Time-outs, the limit of connections, cancellation, and clients whose loops are many or end.
#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "coroute/asyncio/gather.hpp"
#include "coroute/asyncio/run.hpp"
#include "coroute/asyncio/sleep.hpp"
#include "coroute/asyncio/timeout.hpp"
#include "coroute/client/client.hpp"
#include "support/client_outcome.hpp"
#include "support/raw_server.hpp"
#include "support/test_server.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

const std::string ok_response = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// Answers each request after `delay`.
RawServer::Script answer_after(std::chrono::milliseconds delay) {
  return [delay](RawConnection& connection) {
    while (!connection.read_request().empty()) {
      std::this_thread::sleep_for(delay);
      connection.send(ok_response);
    }
  };
}

/// Accepts nothing and lets no SYN in: its queue is full.
class FullListener {
 public:
  FullListener() : listener_(RawServer::listen_on_loopback(0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(RawServer::port_of(listener_));
    for (int i = 0; i < 4; ++i) {
      const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      static_cast<void>(connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address));
      waiting_.push_back(socket);
    }
    std::this_thread::sleep_for(20ms);
  }
  ~FullListener() {
    for (const int socket : waiting_)
      close(socket);
    close(listener_);
  }
  FullListener(const FullListener&) = delete;
  FullListener& operator=(const FullListener&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(RawServer::port_of(listener_)); }

 private:
  int listener_;
  std::vector<int> waiting_;
};

/// Waits on the loop for what a server's thread brings about.
template <class Condition>
Async<bool> comes_true(Condition condition) {
  for (int i = 0; i < 5000 && !condition(); ++i)
    co_await sleep(1ms);
  co_return condition();
}

}  // namespace

TEST_SUITE_BEGIN("client");

TEST_CASE("client: connecting is bounded by timeout.connect, and by the total") {
  const FullListener full;
  const Client by_connect{{.base_url = full.url(), .timeout = {.connect = 100ms}}};
  const Client by_total{{.base_url = full.url(), .timeout = {.total = 100ms}}};
  run([](const Client& connect, const Client& total) -> Async<void> {
    const std::string first = co_await outcome_of(connect.get("/"));
    CHECK(first == "ConnectTimeout");
    const std::string second = co_await outcome_of(total.get("/"));
    CHECK(second == "TotalTimeout");
    std::string message;
    try {
      co_await connect.get("/x").timeout(50ms);
    } catch (const TotalTimeout& error) {
      message = error.what();
    }
    CHECK(message.ends_with("/x: not complete within 50 ms"));
  }(by_connect, by_total));
}

TEST_CASE("client: waiting for a free connection is bounded by timeout.pool") {
  RawServer server(answer_after(300ms));
  const Client client{{.base_url = server.url(), .timeout = {.pool = 50ms}, .limits = {.max_connections_per_host = 1}}};
  run([](const Client& http) -> Async<void> {
    auto first = create_task(outcome_of(http.get("/")));
    co_await sleep(20ms);
    const std::string second = co_await outcome_of(http.get("/"));
    CHECK(second == "PoolTimeout");
    const std::string held = co_await first;
    CHECK(held == "200 ok");
  }(client));
}

TEST_CASE("client: a peer that takes nothing of the request ends in WriteTimeout") {
  RawServer server([](RawConnection&) { std::this_thread::sleep_for(1s); });
  const Client client{{.base_url = server.url(), .timeout = {.write = 100ms}}};
  run([](const Client& http) -> Async<void> {
    const std::string outcome = co_await outcome_of(http.post("/").body(std::string(64 * 1024 * 1024, 'x')));
    CHECK(outcome == "WriteTimeout");
  }(client));
}

TEST_CASE("client: a peer that takes the request slowly is waited for as long as it takes something") {
  RawServer server([](RawConnection& connection) {
    connection.read_slowly(24 * 1024 * 1024, 30ms);
    connection.send(ok_response);
  });
  const Client client{{.base_url = server.url(), .timeout = {.write = 300ms}}};
  run([](const Client& http) -> Async<void> {
    const std::string outcome = co_await outcome_of(http.post("/").body(std::string(24 * 1024 * 1024, 'x')));
    CHECK(outcome == "200 ok");
  }(client));
}

TEST_CASE("client: the time between two pieces of a body is bounded by timeout.read") {
  RawServer server([](RawConnection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n");
    const std::chrono::milliseconds pause = connection.number == 0 ? 60ms : 10s;
    for (int i = 0; i < 10; ++i) {
      if (i > 0) connection.wait_for_close(pause);
      connection.send("ok");
    }
  });
  const Client client{{.base_url = server.url(), .timeout = {.read = 500ms}}};
  run([](const Client& http) -> Async<void> {
    const std::string slow = co_await outcome_of(http.get("/"));  // 600 ms altogether
    CHECK(slow == "200 okokokokokokokokokok");
    const std::string stuck = co_await outcome_of(http.get("/").header("connection", "close"));
    CHECK(stuck == "ReadTimeout");
  }(client));
}

TEST_CASE("client: a limit of 0 is none") {
  RawServer server(answer_after(50ms));
  const Client client{{.base_url = server.url(), .timeout = {.connect = 0ms, .dns = 0ms, .head = 0ms, .total = 0ms}}};
  run([](const Client& http) -> Async<void> {
    const std::string first = co_await outcome_of(http.get("/"));
    CHECK(first == "200 ok");
    const std::string second = co_await outcome_of(http.get("/").timeout(10ms));
    CHECK(second == "TotalTimeout");
  }(client));
}

TEST_CASE("client: a host gets max_connections_per_host connections, the other requests wait their turn") {
  std::atomic<int> now{0};
  std::atomic<int> most{0};
  RawServer server([&](RawConnection& connection) {
    while (!connection.read_request().empty()) {
      most = std::max(most.load(), ++now);
      std::this_thread::sleep_for(10ms);
      --now;
      connection.send(ok_response);
    }
  });
  const Client client{{.base_url = server.url(), .limits = {.max_connections_per_host = 2}}};
  run([](const Client& http) -> Async<void> {
    std::vector<RequestBuilder> requests;
    for (int i = 0; i < 7; ++i)
      requests.push_back(http.get("/"));
    const auto responses = co_await gather(std::move(requests));
    CHECK(responses.size() == 7);
    for (const ClientResponse& response : responses)
      CHECK(response.text() == "ok");
  }(client));
  CHECK(server.accepted() == 2);
  CHECK(most <= 2);
}

TEST_CASE("client: waiting for a connection is bounded by the total, and another host doesn't wait") {
  RawServer slow([](RawConnection& connection) { connection.wait_for_close(); });
  RawServer fast(answer_after(0ms));
  const Client client{{.limits = {.max_connections_per_host = 1}}};
  run([](const Client& http, const std::string& slow_url, const std::string& fast_url) -> Async<void> {
    const Task<std::string> first = create_task(outcome_of(http.get(slow_url).timeout(300ms)));
    co_await sleep(1ms);
    std::string message;
    try {
      co_await http.get(slow_url).timeout(50ms);
    } catch (const TotalTimeout& error) {
      message = error.what();
    }
    CHECK(message.ends_with("no free connection within 50 ms"));
    const std::string other = co_await outcome_of(http.get(fast_url));
    CHECK(other == "200 ok");
    const std::string outcome = co_await first;
    CHECK(outcome == "TotalTimeout");
  }(client, slow.url(), fast.url()));
}

TEST_CASE("client: cancelling a request anywhere closes its connection, the next one works") {
  const std::vector<std::string> begun{"", "HTTP/1.1 200 OK\r\nconte",
                                       "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhel",
                                       "HTTP/1.1 200 OK\r\n\r\nhello"};
  for (const std::string& bytes : begun) {
    CAPTURE(bytes);
    RawServer server([&](RawConnection& connection) {
      if (connection.read_request().empty()) return;
      connection.send(connection.number == 0 ? bytes : ok_response);
      connection.wait_for_close();
    });
    const Client client{{.base_url = server.url()}};
    run([](const Client& http, const RawServer& upstream) -> Async<void> {
      const Task<ClientResponse> task = create_task(http.get("/").send());
      bool came = co_await comes_true([&] { return upstream.accepted() == 1; });
      CHECK(came);
      co_await sleep(10ms);
      CHECK(task.cancel());
      came = co_await comes_true([&] { return task.done() && upstream.open() == 0; });
      CHECK(came);
      CHECK(task.cancelled());
      const std::string outcome = co_await outcome_of(http.get("/"));
      CHECK(outcome == "200 ok");
      CHECK(upstream.accepted() == 2);
    }(client, server));
  }
}

TEST_CASE("client: a request can be cancelled while it connects and while it sends") {
  const FullListener full;
  RawServer deaf([](RawConnection& connection) {
    std::this_thread::sleep_for(100ms);
    connection.close_by_reset();
  });
  const Client client;
  run([](const Client& http, const std::string& full_url, const std::string& deaf_url) -> Async<void> {
    int timeouts = 0;
    try {
      co_await timeout(20ms, http.get(full_url));
    } catch (const TimeoutError&) {
      ++timeouts;
    }
    try {
      co_await timeout(20ms, http.post(deaf_url).body(std::string(20'000'000, 'x')));
    } catch (const TimeoutError&) {
      ++timeouts;
    }
    CHECK(timeouts == 2);
  }(client, full.url(), deaf.url()));
}

TEST_CASE("client: a cancelled waiter leaves the queue, those behind it go on") {
  RawServer server(answer_after(30ms));
  const Client client{{.base_url = server.url(), .limits = {.max_connections_per_host = 1}}};
  run([](const Client& http) -> Async<void> {
    const Task<ClientResponse> first = create_task(http.get("/").send());
    const Task<ClientResponse> second = create_task(http.get("/").send());
    const Task<ClientResponse> third = create_task(http.get("/").send());
    co_await sleep(5ms);
    second.cancel();
    const auto a = co_await first;
    const auto c = co_await third;
    CHECK(a.text() + c.text() == "okok");
    CHECK(second.cancelled());
  }(client));
  CHECK(server.accepted() == 1);
}

TEST_CASE("client: a client that ends inside its loop closes its connections at once") {
  RawServer server(answer_after(0ms));
  run([](const RawServer& upstream) -> Async<void> {
    {
      const Client client{{.base_url = upstream.url()}};
      co_await gather(client.get("/"), client.get("/"));
      CHECK(upstream.open() == 2);
    }
    const bool closed = co_await comes_true([&] { return upstream.open() == 0; });
    CHECK(closed);
  }(server));
}

TEST_CASE("client: a request in progress survives its client, its connection is closed afterwards") {
  RawServer server(answer_after(50ms));
  run([](const RawServer& upstream) -> Async<void> {
    std::optional<Client> client(std::in_place, ClientOptions{.base_url = upstream.url()});
    const Task<ClientResponse> task = create_task(client->get("/").send());
    co_await sleep(10ms);
    client.reset();
    const auto response = co_await task;
    CHECK(response.text() == "ok");
    const bool closed = co_await comes_true([&] { return upstream.open() == 0; });
    CHECK(closed);
  }(server));
}

TEST_CASE("client: one client serves one loop after the other; the end of a loop closes its connections") {
  RawServer server(answer_after(0ms));
  const Client client{{.base_url = server.url()}};
  for (std::size_t round = 1; round <= 3; ++round) {
    run([](const Client& http) -> Async<void> {
      co_await http.get("/");
      co_await http.get("/");
    }(client));
    CHECK(server.accepted() == round);
    CHECK(eventually([&] { return server.open() == 0; }));
  }
}

TEST_CASE("client: one client is used by several loops at once, each with connections of its own") {
  TestServer server([](Request& request) -> Async<Response> { co_return text(std::string(request.target())); });
  const Client client{{.base_url = "http://localhost:" + std::to_string(server.port())}};
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&client, &good, t] {
      run([](const Client& http, std::atomic<int>& count, int thread) -> Async<void> {
        for (int i = 0; i < 50; ++i) {
          const std::string path = '/' + std::to_string(thread) + '/' + std::to_string(i);
          const auto [a, b] = co_await gather(http.get(path), http.get(path));
          if (a.text() == path && b.text() == path) ++count;
        }
      }(client, good, t));
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  CHECK(good == 200);
}

TEST_CASE("client: handlers on all loops of a server share one, which may end before or after the server") {
  RawServer upstream(answer_after(0ms));
  for (const bool client_ends_first : {true, false}) {
    CAPTURE(client_ends_first);
    auto client = std::make_unique<Client>(ClientOptions{.base_url = upstream.url()});
    ServerOptions options;
    options.loops = 2;
    auto front = std::make_unique<TestServer>(
        [&http = *client](Request&) -> Async<Response> {
          const auto [a, b] = co_await gather(http.get("/a"), http.get("/b"));
          co_return text(a.text() + b.text());
        },
        std::move(options));
    for (int i = 0; i < 16; ++i)
      CHECK(front->request("GET / HTTP/1.1\r\nhost: x\r\n\r\n").body == "okok");
    CHECK(upstream.open() >= 2);
    if (client_ends_first) {
      client.reset();
      CHECK(eventually([&] { return upstream.open() == 0; }));  // closed by the loops, which still run
      front.reset();
    } else {
      front.reset();
      CHECK(eventually([&] { return upstream.open() == 0; }));
      client.reset();
    }
  }
}

TEST_CASE("client: a client may end on one thread while loops on others end too") {
  RawServer upstream(answer_after(0ms));
  for (int round = 0; round < 50; ++round) {
    auto client = std::make_unique<Client>(ClientOptions{.base_url = upstream.url()});
    std::atomic<int> ready{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 2; ++t) {
      threads.emplace_back([&ready, http = client.get()] {
        run([](const Client& shared, std::atomic<int>& count) -> Async<void> {
          co_await shared.get("/");
          ++count;
        }(*http, ready));
      });
    }
    CHECK(eventually([&] { return ready == 2; }));
    client.reset();
    for (std::thread& thread : threads)
      thread.join();
  }
  CHECK(eventually([&] { return upstream.open() == 0; }));
}

TEST_SUITE_END();
