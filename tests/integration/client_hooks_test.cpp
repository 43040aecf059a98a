// SPDX-License-Identifier: BSL-1.0
// What hooks are told about real connections.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "coroute/asyncio/run.hpp"
#include "coroute/client/client.hpp"
#include "support/client_outcome.hpp"
#include "support/raw_server.hpp"
#include "support/test_certificates.hpp"

using namespace coroute;
using namespace coroute::test;
using namespace std::chrono_literals;

namespace {

struct Seen {
  bool is_reused;
  std::uint64_t bytes_sent;
  std::uint64_t bytes_received;
  std::string error;
  bool has_connect_time;
  bool has_tls_time;
};

class Watcher final : public ClientHooks {
 public:
  void on_request_start(const ClientTrace&) override { threads_agree_ &= std::this_thread::get_id() == thread_; }
  void on_connection(const ClientTrace& trace) override { reused.push_back(trace.is_connection_reused); }
  void on_request_end(const ClientTrace& trace) override {
    threads_agree_ &= std::this_thread::get_id() == thread_;
    const auto parts = trace.queue + trace.dns + trace.connect + trace.tls + trace.send + trace.head + trace.body;
    CHECK(parts == trace.total);
    ended.push_back({trace.is_connection_reused, trace.bytes_sent, trace.bytes_received, std::string(trace.error),
                     trace.connect > 0ns, trace.tls > 0ns});
  }
  bool threads_agree() const { return threads_agree_; }

  std::vector<bool> reused;
  std::vector<Seen> ended;

 private:
  std::thread::id thread_ = std::this_thread::get_id();
  bool threads_agree_ = true;
};

const std::string ok_response = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

void answer(RawConnection& connection) {
  while (!connection.read_request().empty())
    connection.send(ok_response);
}

ClientOptions watched_by(const std::shared_ptr<Watcher>& watcher) {
  ClientOptions options{.user_agent = "", .decompress = false};
  options.headers.add("accept", "x");
  options.hooks = watcher;
  return options;
}

}  // namespace

TEST_SUITE_BEGIN("client");

TEST_CASE("client hooks: a connection is made, then reused, and every byte of both directions counts") {
  RawServer server(answer);
  const auto watcher = std::make_shared<Watcher>();
  run([](Client http, std::string url) -> Async<void> {
    co_await http.get(url + "/1");
    co_await http.post(url + "/2").body("12345", "a/b");
  }(Client(watched_by(watcher)), server.url()));
  CHECK(watcher->reused == std::vector<bool>{false, true});
  REQUIRE(watcher->ended.size() == 2);
  const std::string head = " HTTP/1.1\r\nhost: " + server.url().substr(7) + "\r\naccept: x\r\n";
  CHECK(watcher->ended[0].bytes_sent == std::string("GET /1" + head + "\r\n").size());
  CHECK(watcher->ended[1].bytes_sent ==
        std::string("POST /2" + head + "content-type: a/b\r\ncontent-length: 5\r\n\r\n12345").size());
  CHECK(watcher->ended[0].bytes_received == ok_response.size());
  CHECK(watcher->ended[1].bytes_received == ok_response.size());
  CHECK(watcher->ended[1].error.empty());
  CHECK_FALSE(watcher->ended[1].has_connect_time);
  CHECK(watcher->threads_agree());
}

TEST_CASE("client hooks: TLS has a time of its own") {
  TestAuthority authority;
  const detail::TlsContext context({.identity = authority.issue()});
  RawServer server([&](RawConnection& connection) {
    if (connection.accept_tls(context)) answer(connection);
  });
  const auto watcher = std::make_shared<Watcher>();
  ClientOptions options = watched_by(watcher);
  options.tls = {.system_roots = false, .ca_files = {authority.file()}};
  run([](Client http, std::string url) -> Async<void> {
    co_await http.get(url);
    co_await http.get(url);
  }(Client(options), "https://localhost:" + std::to_string(server.port())));
  REQUIRE(watcher->ended.size() == 2);
  CHECK(watcher->ended[0].has_tls_time);
  CHECK_FALSE(watcher->ended[1].has_tls_time);
  CHECK(watcher->ended[1].bytes_received == ok_response.size());
}

TEST_CASE("client hooks: a stream that is dropped and one that is cut off end so") {
  RawServer server([](RawConnection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345");
    if (connection.number == 0) connection.wait_for_close();
  });
  const auto watcher = std::make_shared<Watcher>();
  run([](Client http, std::string url, const Watcher& seen) -> Async<void> {
    {
      auto dropped = co_await http.get(url).stream();
      co_await dropped.next();
      CHECK(seen.ended.empty());
    }
    CHECK(seen.ended.at(0).error == "Dropped");
    auto cut = co_await http.get(url).stream();
    bool failed = false;
    try {
      co_await cut.read();
    } catch (const ConnectionClosed&) {
      failed = true;
    }
    CHECK(failed);
  }(Client(watched_by(watcher)), server.url(), *watcher));
  REQUIRE(watcher->ended.size() == 2);
  CHECK(watcher->ended[1].error == "ConnectionClosed");
}

TEST_SUITE_END();
